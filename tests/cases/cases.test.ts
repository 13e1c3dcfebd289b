/**
 * Small cases: a folder each, with the source, the change, what it shows (case.txt), and what is expected by view.
 *
 *   expected/verdicts.txt   every function and data object that is not the same, as `--lines ignore` sees it
 *   expected/masked.txt     likewise, with line numbers told by a shifted compile (directive `shift`)
 *   expected/selection.txt  what the payload would hold, and what is refused
 *
 * Directives: `flags` for the compiler, `shift` by how many lines, `table` (xen or process), `produces` a symbol without
 * which this compiler does not show the case. HOTSPLICE_UPDATE=1 writes the expected texts; read what changed.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { UnitVerdicts } from '../../src/compare/compare.ts'
import { diffObjects } from '../../src/diff.ts'
import { select } from '../../src/select/select.ts'
import { compile, hasGcc, withoutGcc } from '../support/gcc.ts'
import { RULES } from '../support/judge.ts'
import { readObject } from '../xen/oracle/binutils.ts'
import { type ObjectText, textOf } from '../xen/oracle/functions.ts'
import { caseFolder, flagsOf, readCases, tableOf } from './read.ts'

const update = process.env.HOTSPLICE_UPDATE === '1'

describe.skipIf(!hasGcc)(`small cases${withoutGcc}`, () => {
  test.for(readCases())('$name', (one, { skip }) => {
    const { name, directives, before, after } = one
    const made = (text: string) => compile(text, flagsOf(one), 'input.c')
    const [original, changed] = [made(before), made(after)]
    const wanted = directives.get('produces')
    if (wanted !== undefined && !symbolsOf(original).has(wanted)) skip(`this gcc makes no ${wanted}`)
    const table = tableOf(one)
    const verdicts = diffObjects({ original, patched: changed, table })
    check(name, 'verdicts', verdictsText(verdicts))
    check(name, 'selection', selectionText(verdicts, table))
    const shift = Number(directives.get('shift') ?? 0)
    if (shift > 0) {
      const object = made(`#line ${1 + shift}\n${before}`)
      check(
        name,
        'masked',
        verdictsText(diffObjects({ original, patched: changed, shifted: { object, shift }, table })),
      )
    }
    // binutils' text is the judge of which functions differ: ours may call more of them changed, never fewer. Where a
    // constant differs, it is that which is said and refused.
    const ours = namesOfDifferent(verdicts)
    const missed = differing(textFrom(original), textFrom(changed)).filter(one => !ours.has(one))
    const isConstant = verdicts.data.some(({ verdict }) => verdict.kind === 'changed')
    expect(isConstant ? [] : missed).toEqual([])
  })
})

function check(name: string, view: string, text: string): void {
  const file = join(caseFolder, name, 'expected', `${view}.txt`)
  if (update) {
    mkdirSync(join(caseFolder, name, 'expected'), { recursive: true })
    writeFileSync(file, text)
  }
  expect(text, `${name}: ${view}`).toBe(existsSync(file) ? readFileSync(file, 'utf8') : 'no expected text yet')
}

function verdictsText({ functions, data, unnamed }: UnitVerdicts): string {
  const lines = (kind: string, list: UnitVerdicts['functions']) =>
    list.filter(({ verdict }) => verdict.kind !== 'same').map(({ name, verdict }) => `${kind} ${name}: ${verdict.kind}`)
  return asText([...lines('function', functions), ...lines('data', data), ...lines('unnamed', unnamed)])
}

function selectionText(verdicts: UnitVerdicts, table: 'xen' | 'process'): string {
  const { pieces, refusals } = select([{ unit: 'input.o', fileSymbol: 'input.c', verdicts }], { ...RULES, table })
  return asText([
    ...pieces.map(({ role, piece }) => `${role} ${piece.name}`),
    ...refusals.map(({ code, symbol }) => `refused ${code} ${symbol}`),
  ])
}

/** Aliases included. */
function namesOfDifferent({ functions, correlation }: UnitVerdicts): Set<string> {
  const { symbols } = correlation.patched.object
  return new Set(
    functions
      .filter(({ verdict }) => verdict.kind !== 'same')
      .flatMap(({ name, patched: piece }) => [name, ...(piece?.symbols ?? []).map(id => symbols[id]?.name ?? '')])
      .map(familyOf),
  )
}

const asText = (lines: readonly string[]) => (lines.length === 0 ? 'nothing\n' : `${[...lines].sort().join('\n')}\n`)
const familyOf = (name: string) => name.replace(/\..*/, '')

function textFrom(object: Uint8Array): ObjectText {
  return withFile(object, file => textOf(readObject(file)))
}

function symbolsOf(object: Uint8Array): Set<string> {
  return withFile(object, file => new Set(readObject(file).symbols.map(({ name }) => name)))
}

function withFile<T>(object: Uint8Array, use: (file: string) => T): T {
  const work = mkdtempSync(join(tmpdir(), 'hotsplice-object-'))
  try {
    writeFileSync(join(work, 'unit.o'), object)
    return use(join(work, 'unit.o'))
  } finally {
    rmSync(work, { recursive: true })
  }
}

function differing(before: ObjectText, after: ObjectText): string[] {
  const names = new Set([...before.functions.keys(), ...after.functions.keys()])
  return [...names].filter(name => before.functions.get(name) !== after.functions.get(name))
}
