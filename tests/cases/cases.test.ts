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
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { UnitVerdicts } from '../../src/compare/compare.ts'
import { diffObjects } from '../../src/flows/diff.ts'
import { loaderOf, targetOf as onMachine, type TargetName } from '../../src/loaders/loaders.ts'
import { select } from '../../src/select/select.ts'
import { compile, hasGcc, withoutGcc } from '../support/gcc.ts'
import { RULES } from '../support/judge.ts'
import { missedDifferences } from './missed.ts'
import { symbolsOf, textFrom } from './objects.ts'
import { caseFolder, flagsOf, readCases, targetOf } from './read.ts'

const update = process.env.HOTSPLICE_UPDATE === '1'

describe.skipIf(!hasGcc)(`small cases${withoutGcc}`, () => {
  test.for(readCases())('$name', (one, { skip }) => {
    const { name, directives, before, after } = one
    const made = (text: string) => compile(text, flagsOf(one), 'input.c')
    const [original, changed] = [made(before), made(after)]
    const wanted = directives.get('produces')
    if (wanted !== undefined && !symbolsOf(original).has(wanted)) skip(`this gcc makes no ${wanted}`)
    const target = targetOf(one)
    const verdicts = diffObjects({ original, patched: changed, target })
    check(name, 'verdicts', verdictsText(verdicts))
    check(name, 'selection', selectionText(verdicts, target))
    const shift = Number(directives.get('shift') ?? 0)
    if (shift > 0) {
      const object = made(`#line ${1 + shift}\n${before}`)
      check(
        name,
        'masked',
        verdictsText(diffObjects({ original, patched: changed, shifted: { object, shift }, target })),
      )
    }
    // binutils' text is the judge of what differs: ours may call more of it changed, never less.
    expect(missedDifferences(verdicts, textFrom(original), textFrom(changed))).toEqual([])
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

function selectionText(verdicts: UnitVerdicts, name: TargetName): string {
  const target = onMachine(loaderOf(name), RULES.target.machine.number)
  const { pieces, refusals } = select([{ unit: 'input.o', fileSymbol: 'input.c', verdicts }], { ...RULES, target })
  return asText([
    ...pieces.map(({ role, piece }) => `${role} ${piece.name}`),
    ...refusals.map(({ code, symbol }) => `refused ${code} ${symbol}`),
  ])
}

const asText = (lines: readonly string[]) => (lines.length === 0 ? 'nothing\n' : `${[...lines].sort().join('\n')}\n`)
