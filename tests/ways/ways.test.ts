/**
 * Patches under every way of treating line numbers: a folder each, with a small tree, one patch or a series, what it shows
 * (case.txt), and in expected.txt what each way says: functions and data with verdict and reason, refusals, notices.
 *
 * Directives: `flags` for the compiler, `notices` whose codes are told too. HOTSPLICE_UPDATE=1 writes the expected texts;
 * read what changed.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HotpatchRun } from '../../src/flows/hotpatch/hotpatch.ts'
import type { Way } from '../../src/lines/way.ts'
import { verdictReason } from '../../src/select/words.ts'
import { quiet } from '../../src/trees/index.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { createHotpatch } from '../support/opened.ts'
import { sampled } from '../support/sampled.ts'
import { caseFolder, makeTree, readCases, type WayCase } from './read.ts'

const update = process.env.HOTSPLICE_UPDATE === '1'
const WAYS: readonly Way[] = ['ignore', 'neutral', 'mask', 'table', 'auto']

describe.skipIf(!hasGcc)(`every way${withoutGcc}`, () => {
  let work = ''
  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'hotsplice-ways-'))
  })
  afterAll(() => rmSync(work, { recursive: true, force: true }))

  test.for([...sampled(readCases())])('$name', { timeout: 60_000 }, async one => {
    const tree = join(work, one.name)
    makeTree(one, tree)
    const said = new Map<string, Way[]>()
    for (const lines of WAYS) {
      const options = { tree, target: 'process', jobs: 2, progress: quiet, cacheFolder: join(work, 'cache') } as const
      const text = textOf(await createHotpatch({ ...options, lines, patches: one.patches }), one)
      said.set(text, [...(said.get(text) ?? []), lines])
    }
    const text = [...said].map(([what, ways]) => `${ways.join(', ')}:\n${what}`).join('\n')
    const file = join(caseFolder, one.name, 'expected.txt')
    if (update) writeFileSync(file, text)
    expect(text).toBe(existsSync(file) ? readFileSync(file, 'utf8') : 'no expected text yet')
  })
})

function textOf({ units, selection, refusals, notices }: HotpatchRun, { directives }: WayCase): string {
  const included = new Set(selection.pieces.map(({ address, piece }) => `${address.unit} ${piece.id}`))
  const judged = units.flatMap(({ unit, verdicts }, at) =>
    [...verdicts.functions, ...verdicts.data, ...verdicts.unnamed].flatMap(({ name, verdict, patched }) => {
      if (verdict.kind === 'same') return []
      const { code } = verdictReason(verdict)
      const taken = patched !== undefined && included.has(`${at} ${patched.id}`) ? ', included' : ''
      return [`${unit} ${name}: ${verdict.kind}${code === verdict.kind ? '' : ` (${code})`}${taken}`]
    }),
  )
  const told = directives.get('notices')?.split(' ') ?? []
  const lines = [
    ...judged.sort(),
    ...refusals.map(({ code, unit, symbol }) => `refused ${code}: ${unit} ${symbol}`).sort(),
    ...notices.filter(({ code }) => told.includes(code)).map(({ code, text }) => `${code}: ${text}`),
  ]
  return lines.length === 0 ? '  nothing\n' : lines.map(line => `  ${line}\n`).join('')
}
