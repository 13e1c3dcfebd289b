/**
 * Which lines a place in code stands for: `file.c#function+0x10` in a backtrace. Code of a payload is looked up in its debug
 * file, or in its report; other code in an image of the running system; all have it from the compiler's debug information.
 *
 * Xen says of each place which payload it is in. Where nothing says so, a function that was replaced is taken in its last
 * version, because that is what runs.
 */
import type { CodeLines, RunReport } from '../model.ts'
import { type Candidate, type Situation, spotsOf } from './candidates.ts'
import { type FileHistory, isNamed } from './history.ts'
import type { CodeLookup } from './model.ts'
import type { FoundCode } from './references.ts'

export interface CodePlace {
  /** As the compiler spelled it. */
  readonly file: string
  /** As the compiler saw it. */
  readonly number: number
  /** The layer whose payload the code is in; undefined for running code. */
  readonly layer: number | undefined
  readonly unit: string
}

/** All that it can be; empty where nothing is known of the function. */
export function codePlaces(
  { layers, applied }: Situation,
  found: FoundCode,
  running: CodeLookup | undefined,
): readonly CodePlace[] {
  // A call returns behind itself; the line is that of the call.
  const offset = found.isExact || found.offset === 0 ? found.offset : found.offset - 1
  const inLayer = (layer: number) => {
    const report = layers[layer]?.report
    const code = report?.lines.code.filter(each => isCalled(report, each, found)) ?? []
    const told = layers[layer]?.debug?.(nameOf(found), offset)
    const unit = code[0]?.unit ?? ''
    if (told !== undefined) return [{ unit, file: told.file, number: told.line, layer }]
    return code.flatMap(each => rowOf(each, offset)).map(row => ({ ...row, layer }))
  }
  if (found.payload !== undefined) {
    const layer = layers.findIndex(({ name }) => name === found.payload)
    return layer === -1 ? [] : inLayer(layer)
  }
  const replaced = found.isXen
    ? []
    : applied
        .toReversed()
        .map(inLayer)
        .find(places => places.length > 0)
  if (replaced !== undefined && replaced.length > 0) return replaced
  const place = running?.(nameOf(found), offset)
  return place === undefined ? [] : [{ file: place.file, number: place.line, layer: undefined, unit: '' }]
}

const nameOf = ({ path, symbol }: FoundCode) => (path === undefined ? symbol : `${path}#${symbol}`)

function isCalled(report: RunReport, { unit, symbol }: CodeLines, found: FoundCode): boolean {
  if (symbol !== found.symbol) return false
  return found.path === undefined || report.units.some(each => each.unit === unit && each.source === found.path)
}

function rowOf({ unit, size, files, rows }: CodeLines, offset: number) {
  const row = offset < size ? rows.findLast(([at]) => at <= offset) : undefined
  return row === undefined ? [] : [{ unit, file: files[row[1]] ?? '', number: row[2] }]
}

/** The place's line in the texts of a file that patches touch; undefined where none touches it. */
export function candidatesOfPlace(
  { layers }: Situation,
  histories: readonly FileHistory[],
  place: CodePlace,
): readonly Candidate[] | undefined {
  const history = historyOf(histories, place.file)
  if (history === undefined) return undefined
  const layer = place.layer === undefined ? undefined : layers[place.layer]
  const printer = { payload: layer?.name ?? null, functions: [] }
  const touch = history.touches.find(each => each.layer === place.layer)
  const text = layer?.report.units.find(({ unit }) => unit === place.unit)?.text ?? 'patched'
  return spotsOf(history, touch, text, place.number).map(spot => ({ spot, printer }))
}

export function historyOf(histories: readonly FileHistory[], file: string): FileHistory | undefined {
  return histories.find(history => isNamed(history, file))
}
