/** A report as text for people: what is in, what is left out and why, what stands in the way and the way out. */
import type { Reason, Refusal } from '../base/refusal.ts'
import { type Ink, PLAIN } from './ink.ts'
import type { Entry, IncludedPiece, RunReport } from './model.ts'

/** Entries that a list shows before it says how many more there are. */
const SHOWN = 40

/**
 * A report in words: what is in, what is left out and why, what stands in the way and the way out.
 *
 * @param report the report of a build or a comparison
 * @param ink how to emphasise; `PLAIN` unless given
 * @returns the text, each line ended
 * @throws never
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { readReport, summary } from 'hotsplice/report'
 *
 * const report = readReport(await readFile('fix.json', 'utf8'), 'fix.json')
 * assert.match(summary(report), /in the payload: 1 function/)
 * ```
 */
export function summary(report: RunReport, ink: Ink = PLAIN): string {
  const sections = [
    ...(report.command === 'build' ? buildSections(report, ink) : diffSections(report, ink)),
    refusalSection(report.refusals, ink),
    report.explanation === null ? [] : [report.explanation.text],
    reasonSection('warning', report.warnings, ink.warn),
    reasonSection('notice', report.notices, ink.faint),
    [verdictLine(report, ink)],
  ]
  return `${sections
    .flatMap(lines => (lines.length === 0 ? [] : [...lines, '']))
    .join('\n')
    .trimEnd()}\n`
}

function buildSections(report: RunReport, ink: Ink): readonly (readonly string[])[] {
  const functions = report.functions.filter(entry => entry.included)
  const left = [...report.functions, ...report.data].filter(entry => !entry.included)
  return [
    entrySection(`in the payload: ${counted(functions.length, 'function')}`, functions, ink),
    othersLine(report.pieces),
    entrySection(`left out, though not the same: ${left.length}`, left, ink),
  ]
}

function diffSections({ functions, data }: RunReport, ink: Ink): readonly (readonly string[])[] {
  return [
    entrySection(counted(functions.length, 'function'), functions, ink),
    entrySection(counted(data.length, 'data object'), data, ink),
  ]
}

const BROUGHT = [
  ['new-data', 'new data object'],
  ['content', 'string or constant'],
  ['entry', 'special-section entry'],
  ['chunk', 'run of fixup or replacement code'],
  ['hook', 'hook'],
] as const

/** What came along with the functions, by role. */
function othersLine(pieces: readonly IncludedPiece[]): readonly string[] {
  const list = BROUGHT.flatMap(([role, what]) => {
    const count = pieces.filter(piece => piece.role === role).length
    return count === 0 ? [] : [counted(count, what)]
  })
  return list.length === 0 ? [] : [`with them: ${list.join(', ')}`]
}

function entrySection(title: string, entries: readonly Entry[], ink: Ink): readonly string[] {
  if (entries.length === 0) return []
  const shown = entries.slice(0, SHOWN)
  const width = Math.max(...shown.map(entry => entry.name.length))
  const lines = [ink.strong(title)]
  let unit = ''
  for (const entry of shown) {
    if (entry.unit !== unit) lines.push(`  ${ink.faint(entry.unit)}`)
    unit = entry.unit
    lines.push(
      `    ${entry.name.padEnd(width)}  ${entry.verdict}: ${entry.reasons.map(reason => reason.text).join('; ')}`,
    )
  }
  if (entries.length > SHOWN) lines.push(`    … and ${entries.length - SHOWN} more; --json FILE has all`)
  return lines
}

function refusalSection(refusals: readonly Refusal[], ink: Ink): readonly string[] {
  if (refusals.length === 0) return []
  const lines = refusals.flatMap(({ code, unit, text, hint }) => [
    `  ${ink.bad(code)} ${ink.faint(unit)}`,
    `    ${text}`,
    `    way out: ${hint}`,
  ])
  return [ink.strong(`cannot be hotpatched: ${refusals.length}`), ...lines]
}

/** Notices of one kind beyond that are counted: a compiler may give hundreds of objects one trait. Warnings are all told. */
const ALIKE = 3

function reasonSection(kind: string, reasons: readonly Reason[], colour: (text: string) => string): readonly string[] {
  const byCode = new Map<string, number>()
  return reasons.flatMap(({ code, text }) => {
    const before = byCode.get(code) ?? 0
    byCode.set(code, before + 1)
    const all = reasons.filter(each => each.code === code).length
    if (kind !== 'notice' || all <= ALIKE || before === 0) return [`${colour(kind)}: ${text} [${code}]`]
    return before === 1 ? [`  … and ${all - 1} more of ${code}; --json FILE has all`] : []
  })
}

function verdictLine(report: RunReport, ink: Ink): string {
  const { outcome, payload } = report
  if (outcome === 'built' && payload !== null) {
    return ink.good(`built ${payload.file}: ${payload.size} bytes, build-id ${payload.buildId}`)
  }
  return VERDICTS[outcome](report, ink)
}

const VERDICTS: Readonly<Record<RunReport['outcome'], (report: RunReport, ink: Ink) => string>> = {
  built: (_report, ink) => ink.good('a payload can be built'),
  differs: ({ functions, data }) =>
    `they differ: ${counted(functions.length, 'function')}, ${counted(data.length, 'data object')}`,
  'nothing-to-do': nothingToDo,
  refused: ({ refusals }, ink) => ink.bad(`refused, for ${counted(refusals.length, 'reason')}; no payload was written`),
  error: ({ error }, ink) => ink.bad(`failed: ${error?.text ?? 'for an unknown reason'}`),
}

function nothingToDo({ command, functions }: RunReport): string {
  if (command === 'diff') return functions.length === 0 ? 'they are the same' : 'only line numbers differ'
  return 'nothing to do: the patch changes no code that runs'
}

/** `1 function`, `2 functions`. */
export function counted(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${PLURALS[what] ?? `${what}s`}`
}

const PLURALS: Readonly<Record<string, string>> = {
  'string or constant': 'strings or constants',
  'special-section entry': 'special-section entries',
  'run of fixup or replacement code': 'runs of fixup or replacement code',
}
