/** Names of others that would act on a terminal, through every command that can be given one. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runHere } from '../../tests/support/run-here.ts'
import { toyPayload } from '../../tests/verify/toy.ts'
import { emptyReport, type RunReport } from '../report/model.ts'

/** As bytes, all of one length, so that they fit where a name of a toy stands. */
const NAMES = {
  'an escape sequence': '\x1b[31m_',
  'C1 in UTF-8': '\xc2\x9b31m_',
  'a lone byte of C1': '\x9b31m__',
  'text turned around': '\xe2\x80\xae___',
  'a line of its own': '\nok: _',
} as const

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  mkdirSync(join(folder, 'tree'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

function report(name: string): RunReport {
  const reasons = [{ code: 'size', text: `${name} has another size` }]
  const entry = { unit: `${name}.o`, name, symbols: [name], verdict: 'changed', included: true, reasons } as const
  const refusal = { code: 'init-code', unit: `${name}.o`, symbol: name, text: `${name} is gone`, hint: `see ${name}` }
  return { ...emptyReport('build', '0'), outcome: 'refused', functions: [entry], refusals: [refusal] }
}

const octal = (bytes: string) => [...bytes].map(char => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`).join('')

describe.for(Object.entries(NAMES))('%s', ([, bytes]) => {
  const text = Buffer.from(bytes, 'latin1').toString('utf8')

  beforeAll(() => {
    const payload = Buffer.from(toyPayload())
      .toString('latin1')
      .replaceAll('new_f1', bytes)
      .replaceAll('toy_hook', `${bytes}ok`)
    writeFileSync(join(folder, 'a.livepatch'), payload, 'latin1')
    writeFileSync(join(folder, 'a.json'), JSON.stringify(report(bytes)))
    writeFileSync(
      join(folder, 'a.patch'),
      `--- "a/${octal(bytes)}.c"\n+++ "b/${octal(bytes)}.c"\n@@ -1 +1 @@\n-a\n+b\n`,
    )
    writeFileSync(join(folder, `script`), `${bytes}\n`, 'latin1')
  })

  test.for([
    ['dump', '@a.livepatch'],
    ['inspect', '@a.livepatch'],
    ['verify', '@a.livepatch', '--symbols', '@a.livepatch'],
    ['explain', '@a.json'],
    ['explain', '@a.json', 'none'],
    ['translate', '@a.json'],
    ['neutralize', '--tree', '@tree', '--patch', '@a.patch'],
    ['neutralize', '--tree', '@tree', '--patch', 'TEXT'],
    ['build', '--tree', '@tree', '--patch', '@a.patch', '--target', 'process', '-o', '@o.livepatch'],
    ['rehearse', '@a.livepatch', '--hypervisor', 'none', '--script', '@script'],
    ['diff', '@a.livepatch', 'TEXT'],
    ['sign', 'TEXT', '--key', 'TEXT', '--cert', 'TEXT', '-o', 'x'],
    ['list', '--host', 'TEXT'],
    ['TEXT'],
    ['--TEXT'],
  ])('%j', async args => {
    const run = await runHere(args.map(arg => arg.replace('TEXT', text).replace(/^@/, `${folder}/`)))
    const all = run.stdout + run.stderr
    expect(all).not.toBe('')
    expect(all).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cf}]/u)
    expect(run.status).toBeLessThanOrEqual(2)
    // A line that begins with a name's own words.
    if (args[0] !== 'TEXT' && !args.includes('TEXT')) expect(all).not.toMatch(/^ok: _/m)
  })

  test('JSON and files stay exact', async () => {
    const run = await runHere(['inspect', join(folder, 'a.livepatch'), '--json', join(folder, 'out.json')])
    expect(run).toMatchObject({ status: 0, stderr: '' })
    expect(readFileSync(join(folder, 'out.json'), 'utf8')).toContain(JSON.stringify(`${bytes}ok`))
  })
})
