/**
 * Answers "why is this in the payload, or why not?" from a report alone.
 *
 * In:  a report, and a name as people know it (`f1`), with or without its unit (`common/file1.o f1`, `common/file1.o`).
 * Out: for each thing of that name its verdict, the reasons, the chain that brought it in, and what it brought in; of a
 *      function that was asked for, what differs between both versions of its code, where the report has them.
 */
import { InputError } from '../base/errors.ts'
import { codeText } from './code-text.ts'
import { reportedName } from './entries.ts'
import { type Ink, PLAIN } from './ink.ts'
import type { Entry, IncludedPiece, RunReport } from './model.ts'

/**
 * Answers "why is this in the payload, or why not?" from a report alone: verdicts, reasons, and the chain that brought a thing
 * in.
 *
 * @param report the report of a build or a comparison
 * @param wanted a name (`f1`), a unit (`common/file1.o`), or both (`common/file1.o f1`); everything unless given
 * @param ink how to emphasise; `PLAIN` unless given
 * @returns the explanation of each thing of that name
 * @throws {InputError} where the report has nothing of that name
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { explain, readReport } from 'hotsplice/report'
 *
 * const report = readReport(await readFile('fix.json', 'utf8'), 'fix.json')
 * assert.match(explain(report, 'f1'), /^f1 \(file1\.o\): changed, in the payload/)
 * ```
 */
export function explain(report: RunReport, wanted?: string, ink: Ink = PLAIN): string {
  const matches = matcher(wanted)
  const entries = [...report.functions, ...report.data].filter(({ unit, name, symbols }) =>
    [name, ...symbols].some(candidate => matches(unit, candidate)),
  )
  const told = new Set(entries.flatMap(entry => entry.symbols.map(symbol => `${entry.unit} ${symbol}`)))
  // Strings and entries have no name that people know; they are told where they are asked for.
  const pieces = report.pieces
    .map((piece, at) => ({ piece, at }))
    .filter(
      ({ piece }) =>
        wanted !== undefined && matches(piece.unit, piece.name) && !told.has(`${piece.unit} ${piece.name}`),
    )
  const refusals = report.refusals.filter(({ unit, symbol }) => matches(unit, symbol))
  const blocks = [
    ...entries.map(entry => [
      ...explainEntry(report, entry, ink),
      ...(wanted === undefined ? [] : codeOfEntry(report, entry, ink)),
    ]),
    ...pieces.map(({ piece, at }) => [heading(piece.name, piece.unit, piece.role, ink), ...chain(report, at)]),
    ...refusals.map(({ code, unit, symbol, text, hint }) => [
      `${ink.strong(symbol === '' ? unit : symbol)} (${unit}): ${ink.bad(`refused [${code}]`)}`,
      `  ${text}`,
      `  way out: ${hint}`,
    ]),
  ]
  if (blocks.length === 0) throw nothingKnown(report, wanted)
  return `${blocks.map(lines => lines.join('\n')).join('\n\n')}\n`
}

function matcher(wanted: string | undefined): (unit: string, name: string) => boolean {
  if (wanted === undefined) return () => true
  return (unit, name) =>
    wanted === name || wanted === unit || wanted === `${unit} ${name}` || wanted === reportedName(name)
}

const heading = (name: string, unit: string, what: string, ink: Ink) => `${ink.strong(name)} (${unit}): ${what}`

function explainEntry(report: RunReport, entry: Entry, ink: Ink): readonly string[] {
  const place = entry.included ? 'in the payload' : report.command === 'diff' ? '' : 'not in the payload'
  const what = [entry.verdict, place].filter(word => word !== '').join(', ')
  const others = entry.symbols.filter(symbol => symbol !== entry.name)
  return [
    heading(entry.name, entry.unit, what, ink),
    ...(others.length === 0 ? [] : [`  symbols: ${entry.symbols.join(', ')}`]),
    ...entry.reasons.map(({ code, text }) => `  ${text} [${code}]`),
    ...chainsOfEntry(report, entry),
    ...broughtIn(report, entry),
  ]
}

/** Where the report has it: what differs between both versions of its code. */
function codeOfEntry(report: RunReport, { unit, name }: Entry, ink: Ink): readonly string[] {
  const listings = report.details?.listings.filter(each => each.unit === unit && each.name === name) ?? []
  return listings.flatMap(listing => codeText(listing, report, ink))
}

function piecesOf(report: RunReport, entry: Entry): readonly number[] {
  const names = new Set(entry.symbols)
  return [...report.pieces.keys()].filter(at => {
    const piece = report.pieces[at]
    return piece !== undefined && piece.unit === entry.unit && names.has(piece.name)
  })
}

/** The way from the entry to the change that made it needed; a replacement is that change itself. */
function chainsOfEntry(report: RunReport, entry: Entry): readonly string[] {
  return piecesOf(report, entry).flatMap(at => {
    const piece = report.pieces[at]
    return piece === undefined || piece.because === null || piece.role === 'part' ? [] : chain(report, at)
  })
}

/** One line for each link, the thing itself first. */
function chain(report: RunReport, start: number): readonly string[] {
  const lines: string[] = []
  const seen = new Set<number>()
  for (let at: number | null = start; at !== null && !seen.has(at); ) {
    seen.add(at)
    const piece: IncludedPiece | undefined = report.pieces[at]
    if (piece === undefined) break
    lines.push(`  ${lines.length === 0 ? '' : 'because '}${piece.name} (${piece.role}): ${piece.reason.text}`)
    at = piece.because
  }
  return lines
}

/** What the entry's pieces needed, directly; what has no name of its own is counted. */
function broughtIn(report: RunReport, entry: Entry): readonly string[] {
  const own = new Set(piecesOf(report, entry))
  const brought = report.pieces.filter((piece, at) => piece.because !== null && own.has(piece.because) && !own.has(at))
  const groups = new Map<string, IncludedPiece[]>()
  for (const piece of brought) {
    const key = `${kindOf(piece)} (${piece.role})`
    groups.set(key, [...(groups.get(key) ?? []), piece])
  }
  const lines = [...groups].map(([key, pieces]) => {
    const size = pieces.reduce((sum, piece) => sum + piece.size, 0)
    return `    ${pieces.length === 1 ? '' : `${pieces.length} × `}${key}, ${size} bytes`
  })
  return lines.length === 0 ? [] : ['  brings in:', ...lines]
}

/** The section, for a piece that is called after its place there: `.altinstructions` for `.altinstructions+0xe`. */
function kindOf({ name }: IncludedPiece): string {
  return /^(\..+)\+0x[0-9a-f]+$/.exec(name)?.[1] ?? name
}

function nothingKnown({ functions, outcome }: RunReport, wanted: string | undefined): InputError {
  if (wanted === undefined) {
    return new InputError('explain/nothing', `the report has nothing to explain; its outcome is ${outcome}`)
  }
  const near = functions.map(entry => entry.name).slice(0, 8)
  const known = near.length === 0 ? 'it has no functions that are not the same' : `it has ${near.join(', ')}`
  return new InputError(
    'explain/unknown-name',
    `the report says nothing about ${wanted}: what is the same and was not needed is left out`,
    known,
  )
}
