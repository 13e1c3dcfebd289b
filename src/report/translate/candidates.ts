/**
 * Which lines a printed number can stand for, and who can have printed it, given what was applied.
 *
 * Code that was not replaced prints the numbers of the text that it was compiled from, except where a payload's table set
 * them. Code in a payload prints what its compiler saw: the patched text's numbers, or those of the rewritten text, in
 * which unchanged lines keep their old numbers and added ones have numbers of their own. The reports know which lines the
 * running code embeds and which numbers a payload's bytes could hold, so most numbers have one meaning only.
 *
 * Naming one meaning where there are two sends somebody to the wrong line; so whatever cannot be ruled out stays. A
 * number that nobody is known to embed was printed by something else (a debugger, say), and nothing is ruled out.
 */
import type { TargetName } from '../../loaders/loaders.ts'
import { backward, forward } from '../line-runs.ts'
import type { EmbeddedLine, RunReport } from '../model.ts'
import type { FileHistory, Spot, Touch } from './history.ts'
import type { Applied, Layer, Printer } from './model.ts'

export interface Candidate {
  readonly spot: Spot
  readonly printer: Printer
}

export interface Situation {
  readonly layers: readonly Layer[]
  readonly applied: Applied
}

export function candidatesFor(situation: Situation, history: FileHistory, number: number): readonly Candidate[] {
  const known = [...staying(situation, history, number), ...inPayloads(situation, history, number, false)]
  if (known.length > 0) return known
  return [...anyRunning(history, number), ...inPayloads(situation, history, number, true)]
}

/** The patches of the file that are applied, in the order of application. */
function appliedTouches({ applied }: Situation, { touches }: FileHistory): readonly Touch[] {
  return applied.flatMap(layer => touches.filter(touch => touch.layer === layer))
}

function anyRunning({ base }: FileHistory, number: number): readonly Candidate[] {
  if (base === null || number < 1 || number > base.lines) return []
  return [{ spot: { sha256: base.sha256, line: number }, printer: { payload: null, functions: [] } }]
}

function staying(situation: Situation, history: FileHistory, number: number): readonly Candidate[] {
  const touches = appliedTouches(situation, history)
  const { base } = history
  if (base === null) return []
  const direct = touches.filter(({ lines }) => lines.original?.sha256 === base.sha256)
  const set = touches.flatMap(touch => setTo(touch, number))
  if (number < 1 || number > base.lines) return set
  const spot = { sha256: base.sha256, line: number }
  const [first] = direct
  if (first === undefined) {
    const all = history.touches.flatMap(touch => namesAt(touch, number, ['stays', 'replaced', 'set']))
    return [...set, { spot, printer: { payload: null, functions: [...new Set(all)] } }]
  }
  if (direct.some(({ lines }) => lines.embedded === null)) {
    const may = direct.every(touch => touch.lines.embedded !== null || keepsNumber(touch, number, situation.layers))
    return may ? [...set, { spot, printer: { payload: null, functions: [] } }] : set
  }
  const functions = direct
    .map(touch => namesAt(touch, number, ['stays']))
    .reduce((common, names) => common.filter(name => names.includes(name)))
  return functions.length === 0 ? set : [...set, { spot, printer: { payload: null, functions } }]
}

/**
 * Whether code that stays can embed the number, where a way was used that compares numbers as they are: had the line moved
 * in the text that was compiled, the code would have changed.
 */
function keepsNumber({ layer, lines }: Touch, number: number, layers: readonly Layer[]): boolean {
  const way = layers[layer]?.report.lines.way
  if (way !== 'ignore' && way !== 'neutral') return true
  const runs = way === 'neutral' && lines.numbers.length > 0 ? lines.numbers : undefined
  return forward(lines.map, number).some(patched =>
    runs === undefined ? patched === number : backward(runs, patched).includes(number),
  )
}

/** Numbers that the payload's table sets. */
function setTo({ lines: { embedded, map, patched } }: Touch, number: number): readonly Candidate[] {
  if (patched === null) return []
  return (embedded ?? [])
    .filter(({ line, set }) => set.length > 0 && forward(map, line).includes(number))
    .map(({ set }) => ({
      spot: { sha256: patched.sha256, line: number },
      printer: { payload: null, functions: set },
    }))
}

type Fate = Exclude<keyof EmbeddedLine, 'line'>

function namesAt({ lines }: Touch, number: number, fates: readonly Fate[]): readonly string[] {
  const entry = lines.embedded?.find(({ line }) => line === number)
  return entry === undefined ? [] : fates.flatMap(fate => entry[fate])
}

function inPayloads(
  { layers, applied }: Situation,
  history: FileHistory,
  number: number,
  any: boolean,
): readonly Candidate[] {
  return applied.flatMap((layer, order) => {
    const report = layers[layer]?.report
    if (report === undefined) return []
    const above = applied.slice(order + 1).flatMap(later => layers[later]?.report ?? [])
    if (!any && !report.lines.held.includes(number)) return []
    const touch = history.touches.find(each => each.layer === layer)
    const units = unitsThatRead(report, history, touch)
    return (['neutral', 'patched'] as const).flatMap(text => {
      const names = new Set(units.filter(unit => unit.text === text).map(({ unit }) => unit))
      const functions = activeFunctions(report, names, above)
      if (functions.length === 0) return []
      const printer = { payload: layers[layer]?.name ?? '', functions }
      return spotsOf(history, touch, text, number).map(spot => ({ spot, printer }))
    })
  })
}

/** What the payload replaces or adds in these units, unless a later payload has replaced it again. */
function activeFunctions(
  report: RunReport,
  units: ReadonlySet<string>,
  above: readonly RunReport[],
): readonly string[] {
  const later = new Set(above.flatMap(({ functions }) => functions.filter(each => each.included).map(keyOf)))
  const own = report.functions.filter(each => each.included && units.has(each.unit) && !later.has(keyOf(each)))
  return [...new Set(own.map(({ name }) => name))].sort()
}

const keyOf = ({ unit, name }: { readonly unit: string; readonly name: string }) => `${unit} ${name}`

/** Units of the payload that have the file in them; for a payload that does not touch it, those that are made from it. */
function unitsThatRead(report: RunReport, { touches }: FileHistory, touch: Touch | undefined): RunReport['units'] {
  if (touch !== undefined) {
    const { original, patched } = touch.lines
    const paths = [original?.path, patched?.path]
    return report.units.filter(({ because }) => because.some(path => paths.includes(belowBuild(report, path))))
  }
  const paths = touches.flatMap(({ lines: { original, patched } }) => [original?.path, patched?.path])
  return report.units.filter(({ source }) => paths.includes(source))
}

/** Where each target's build stands below the folder that touched files are named from. */
const BUILT_IN: Readonly<Record<TargetName, string>> = { xen: 'xen/', process: '', linux: '' }

function belowBuild({ target }: RunReport, path: string): string {
  const folder = target === null ? '' : BUILT_IN[target.name]
  return path.startsWith(folder) ? path.slice(folder.length) : path
}

/** The lines that were compiled with this number. */
export function spotsOf(
  { base }: FileHistory,
  touch: Touch | undefined,
  text: 'neutral' | 'patched',
  number: number,
): readonly Spot[] {
  const source = touch === undefined ? base : touch.lines.patched
  if (source === null) return []
  const isRewritten = touch !== undefined && text === 'neutral' && touch.lines.numbers.length > 0
  const lines = isRewritten ? forward(touch.lines.numbers, number) : [number]
  return lines.filter(line => line >= 1 && line <= source.lines).map(line => ({ sha256: source.sha256, line }))
}
