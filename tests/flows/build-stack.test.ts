/** A payload that goes upon others, or takes their place: what it must keep of them, asked by `build`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { build } from '../../src/flows/build.ts'
import { quiet } from '../../src/trees/index.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'

const BASE = `static int used[3];
int allowed(int who, int amount) { return used[who] + amount <= 40; }
int give_back(int who, int amount) { used[who] -= amount; return used[who]; }
`
const ONE = BASE.replace('<= 40', '<= 39')
const TWO = ONE.replace('used[who] -= amount;', 'static unsigned asked; used[who] -= amount + (asked++ > 99);')
const TWO_ALONE = TWO.replace('<= 39', '<= 40')

const folder = mkdtempSync(join(tmpdir(), 'hotsplice-build-stack-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function asked(text: string, more: { on?: string[]; besides?: string[]; loses?: string[] } = {}) {
  const { report, payload } = await build({
    tree: folder,
    target: 'process',
    patches: [{ name: 'a.patch', text: createTwoFilesPatch('a/quota.c', 'b/quota.c', BASE, text, '', '') }],
    lines: 'auto',
    cacheFolder: join(folder, 'cache'),
    jobs: 1,
    progress: quiet,
    signal: new AbortController().signal,
    version: '1',
    output: 'a.livepatch',
    ...more,
  })
  const refused = report.refusals.map(({ code, symbol }) => `${code} ${symbol}`)
  return {
    payload,
    came: refused.length > 0 ? refused : [report.outcome],
    hints: report.refusals.map(({ hint }) => hint),
  }
}

describe.skipIf(!hasGcc)(`payloads that are applied already${withoutGcc}`, () => {
  const [one, two] = [join(folder, 'one.livepatch'), join(folder, 'two.livepatch')]

  beforeAll(async () => {
    mkdirSync(join(folder, 'cache'))
    writeFileSync(join(folder, 'quota.c'), BASE)
    const words = ['gcc', '-O2', '-c', 'quota.c', '-o', 'quota.o']
    const entries = [{ directory: folder, file: 'quota.c', arguments: words }]
    writeFileSync(join(folder, 'compile_commands.json'), JSON.stringify(entries))
    for (const [file, text, more] of [
      [one, ONE, {}],
      [two, TWO, { on: [one] }],
    ] as const) {
      const { payload, came } = await asked(text, more as { on?: string[] })
      expect(came).toEqual(['built'])
      writeFileSync(file, payload ?? '')
    }
  })

  test('upon it, with a text that has its change no more', async () => {
    expect((await asked(TWO_ALONE, { on: [one] })).came).toEqual(['left-below allowed'])
    expect((await asked(ONE, { on: [one, two] })).came).toEqual(['left-below give_back'])
  })

  test('upon it, where all is taken back: to do nothing would leave it', async () => {
    const nothing = await asked(`${BASE}/* the same */\n`, { on: [one] })
    expect([nothing.came, nothing.payload]).toEqual([['left-below allowed'], undefined])
    expect((await asked(`${BASE}/* the same */\n`)).came).toEqual(['nothing-to-do'])
  })

  test('in its place: what it holds is lost only where that is said', async () => {
    const [lost = ''] = (await asked(ONE, { besides: [one, two] })).came
    expect(lost).toMatch(/^replace-loses-data quota\.c#.*asked/)
    const variable = lost.replace('replace-loses-data ', '')
    for (const loses of [[variable], ['all']]) {
      expect((await asked(ONE, { besides: [one, two], loses })).came).toEqual(['built'])
    }
    expect((await asked(ONE, { besides: [one] })).came).toEqual(['built'])
  })

  test('upon some and in the place of others is no request', async () => {
    await expect(asked(TWO, { on: [one], besides: [two] })).rejects.toMatchObject({ code: 'cli/usage' })
  })
})
