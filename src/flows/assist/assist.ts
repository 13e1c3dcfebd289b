/**
 * `hotsplice assist`: for what is refused of a patch and has a way out that can be written down, a source of the user's own
 * that takes that way. The patch is built as `build` would, and the refusals say what to write.
 */

import type { Refusal } from '../../base/refusal.ts'
import { loaderOf } from '../../loaders/loaders.ts'
import { sourceName, variableNames } from '../../pieces/names.ts'
import type { AssistReport } from '../../report/assist-report.ts'
import {
  type Base,
  type BaseOptions,
  openBase,
  originalDeclarations,
  type Run,
  type RunOptions,
  shortName,
  wholeRun,
} from '../../trees/index.ts'
import { UnitTypes } from '../../type-layouts/unit-types.ts'
import { variableOf } from '../../ways-out/leaves.ts'
import type { ValueWay } from '../../ways-out/model.ts'
import { sourceText } from '../../ways-out/source.ts'
import { cellsOf } from '../../ways-out/values.ts'
import { createHotpatch, type HotpatchOptions, type HotpatchRun } from '../hotpatch/hotpatch.ts'
import { type InitWays, initWays } from './init-ways.ts'

export interface AssistRequest extends BaseOptions, RunOptions, HotpatchOptions {
  /** Of hotsplice. */
  readonly version: string
  /** What the source will be called: the file that it is written to. */
  readonly output: string
}

export interface Assisted {
  readonly report: AssistReport
  /** One character a byte; empty where there is nothing to write. */
  readonly source: string
}

/** Writes no file. Throws `InputError` as `build` does. */
export function assist(request: AssistRequest): Promise<Assisted> {
  return wholeRun(request, async run => {
    const base = await openBase(request, run)
    const found = await createHotpatch(base, request, run)
    const values = (await valueWays(base, found, run)).filter(({ cells }) => cells.length > 0)
    return written(found, { values, init: initWays(found, loaderOf(base.target)) }, request)
  })
}

interface Found {
  readonly values: readonly ValueWay[]
  readonly init: InitWays
}

function written({ refusals, selection }: HotpatchRun, { values, init }: Found, request: AssistRequest): Assisted {
  const { version, output, patches } = request
  const common = { schema: 1, command: 'assist', version } as const
  const none = { ways: [], fill: [], with: null, source: '' } as const
  if (refusals.length === 0)
    return { report: { ...common, ...none, outcome: 'nothing-to-do', remaining: [] }, source: '' }
  const [first] = [...values, ...init.ways]
  if (first === undefined)
    return { report: { ...common, ...none, outcome: 'refused', remaining: refusals }, source: '' }
  const own = `${output}@${first.unit}`
  const { text, fill } = sourceText([...values, ...init.ways], {
    patches: patches.map(({ name }) => name),
    with: own,
    left: init.left,
  })
  const names = new Set(values.map(({ unit, name }) => JSON.stringify([unit, name])))
  // Where only something without a name is reached that may be another, there is no value to write.
  const offered = selection.changedValues.filter(({ refusal: { unit }, name }) =>
    names.has(JSON.stringify([unit, name])),
  )
  const settled = new Set([...offered.map(({ refusal }) => refusal), ...init.settled].map(keyOf))
  const report: AssistReport = {
    ...common,
    outcome: 'written',
    ways: [
      ...offered.map(({ refusal: { code, unit, symbol }, name }) => {
        const text = `a load hook sets ${name} where it has its old value, and an unload hook takes that back`
        return { code, unit, symbol, text }
      }),
      ...init.ways.map(({ unit, setBy = '', name }) => {
        const text = `a load hook sets ${name} as ${setBy} would have; for a build with --leave-init ${unit}#${setBy}`
        return { code: 'init-code', unit, symbol: setBy, text }
      }),
    ],
    remaining: refusals.filter(refusal => !settled.has(keyOf(refusal))),
    fill,
    with: own,
    source: Buffer.from(text, 'latin1').toString('utf8'),
  }
  return { report, source: text }
}

const keyOf = ({ code, unit, symbol, text }: Refusal): string => JSON.stringify([code, unit, symbol, text])

/** What changes of each value, in the words of the tree's debug information. */
async function valueWays(
  base: Base,
  { selection, units }: Pick<HotpatchRun, 'selection' | 'units'>,
  run: Run,
): Promise<readonly ValueWay[]> {
  const names = new Set(selection.changedValues.map(({ unit }) => units[unit]?.unit))
  const asked = base.units.filter(({ unit }) => names.has(unit))
  const declared = await originalDeclarations({ ...base, run }, asked)
  const typesOf = new Map(
    [...declared].map(
      ([{ unit }, { original, pathOf }]) => [unit, { types: new UnitTypes(original), pathOf }] as const,
    ),
  )
  const loader = loaderOf(base.target)
  return selection.changedValues.flatMap((value): readonly ValueWay[] => {
    const unit = units[value.unit]
    if (unit === undefined) return []
    const { original, name } = value
    const known = typesOf.get(unit.unit)
    const variable = known && variableOf(known.types, variableNames(original.name), original.size)
    const typed = known && variable && { types: known.types, id: variable.id }
    return [
      {
        way: 'value',
        unit: unit.unit,
        symbol: sourceName(original.name),
        name,
        type: typed === undefined ? '' : typed.types.words(typed.id),
        place: placeWords(variable?.place, file => shortName(base.layout, known?.pathOf(file) ?? file)),
        cells: cellsOf({ value, unit, loader, typed }),
      },
    ]
  })
}

/** `FILE:LINE` with the file as the tree calls it; or the function that it is in. */
function placeWords(place: string | undefined, pathOf: (spelled: string) => string): string | undefined {
  const [, file, line] = /^(.*):(\d+)$/.exec(place ?? '') ?? []
  return file === undefined ? place : `${pathOf(file)}:${line}`
}
