/**
 * Where refusals and warnings stand in the patched source, for systems that show findings on the lines of a change.
 *
 * The line is the one that the refusal names; else the first changed line of the function or variable that it is about;
 * else the first changed line of a touched file that its unit reads.
 */
import type { Refusal } from '../base/refusal.ts'
import type { SourceChange, TouchedFile } from '../source/model.ts'
import type { RunReport } from './model.ts'

export type Place = NonNullable<Refusal['place']>

/** A place for each refusal of the report and then for each warning; null where nothing leads to one. */
export function placesOf(report: RunReport, change: SourceChange): readonly (Place | null)[] {
  const ofWarning = causeOf({ unit: '', symbol: '' }, report, change) ?? null
  const ofRefusal = (refusal: Refusal) =>
    (refusal.place === undefined ? causeOf(refusal, report, change) : nearest(refusal.place, change)) ?? null
  return [...report.refusals.map(ofRefusal), ...report.warnings.map(() => ofWarning)]
}

/** The first changed line of what is declared at a place; the place itself where none of its lines changed. */
function nearest(place: Place, change: SourceChange): Place {
  const file = change.files.find(({ newPath }) => newPath === place.file)
  if (file === undefined) return place
  const lines = file.newText.split('\n')
  const close = lines.findIndex((line, at) => at >= place.line - 1 && /^\}|\};?\s*$/.test(line))
  return { ...place, line: firstChanged(file, place.line, close === -1 ? place.line : close + 1) ?? place.line }
}

/** The changed line that a refusal comes from, as near as names lead to it. */
function causeOf(
  { unit, symbol }: Pick<Refusal, 'unit' | 'symbol'>,
  report: RunReport,
  change: SourceChange,
): Place | undefined {
  const all = change.files.filter(({ newPath, oldPath }) => (newPath ?? oldPath) !== undefined)
  const reads = report.units.find(each => each.unit === unit)?.because ?? []
  const own = all.filter(({ newPath, oldPath }) =>
    [newPath, oldPath].some(path => path !== undefined && (reads.includes(path) || isSameFile(path, unit))),
  )
  const files = own.length === 0 ? all : own
  const name = symbol.slice(symbol.indexOf('#') + 1).split('.')[0] ?? ''
  for (const file of files) {
    const line = name === '' ? undefined : changedIn(file, name)
    if (line !== undefined) return { file: file.newPath ?? file.oldPath ?? '', line }
  }
  const [first] = files
  return first === undefined
    ? undefined
    : { file: first.newPath ?? first.oldPath ?? '', line: firstChanged(first, 1, Number.POSITIVE_INFINITY) ?? 0 }
}

function isSameFile(path: string, named: string): boolean {
  return named !== '' && (path === named || path.endsWith(`/${named}`))
}

/** The first changed line of what defines `name`; the line of its name where none of its lines changed. */
function changedIn(file: TouchedFile, name: string): number | undefined {
  const text = file.newText
  const escaped = name.replace(/[^\w]/g, '')
  const definition = new RegExp(`^[A-Za-z_][^;{}#]*?\\b${escaped}\\s*(?:\\([^;{}]*\\{|(?:\\[[^\\]]*\\]\\s*)*[=;])`, 'm')
  const found = definition.exec(text)
  if (found === null) return undefined
  const from = lineAt(text, found.index + Math.max(0, found[0].search(new RegExp(`\\b${escaped}\\b`))))
  const close = text.slice(found.index).search(/^\}/m)
  const to = found[0].endsWith(';') || close === -1 ? from : lineAt(text, found.index + close)
  return firstChanged(file, from, to) ?? from
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

/** The first new line between two, or the line behind which something went; undefined where nothing changed. */
function firstChanged({ lineMap: { toOriginal }, kind }: TouchedFile, from: number, to: number): number | undefined {
  if (kind === 'added' || toOriginal.length <= 1) return kind === 'added' ? from : undefined
  for (let line = from; line <= Math.min(to, toOriginal.length - 1); line++) {
    const old = toOriginal[line] ?? 0
    const before = toOriginal[line - 1] ?? 0
    if (old === 0) return line
    if (line > 1 && before !== 0 && old !== before + 1) return line
  }
  return undefined
}
