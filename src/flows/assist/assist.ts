/**
 * `hotsplice assist`: for what is refused of a patch and has a way out that can be written down, a source of the user's own
 * that takes that way. The patch is built as `build` would, and the refusals say what to write.
 */

import { InputError } from '../../base/errors.ts'
import type { Refusal } from '../../base/refusal.ts'
import { loaderOf } from '../../loaders/loaders.ts'
import { sourceName, variableNames } from '../../pieces/names.ts'
import type { AssistReport, WayOut } from '../../report/assist-report.ts'
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
import type { PerCpuWay, ShadowWay, ValueWay } from '../../ways-out/model.ts'
import { asIfFilledIn, sourceText } from '../../ways-out/source.ts'
import { cellsOf } from '../../ways-out/values.ts'
import { createHotpatch, type HotpatchOptions, type HotpatchRun } from '../hotpatch/hotpatch.ts'
import { type CallWays, callWays } from './call-ways.ts'
import { Draft, patchNames } from './draft.ts'
import { type InitWays, initWays } from './init-ways.ts'
import { perCpuWays } from './per-cpu-ways.ts'
import { type ShadowWays, shadowWays } from './shadow-ways.ts'

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
  /** What comes upon the user's own patch, one character a byte; empty where nothing of it has to be another. */
  readonly patch: string
}

/** Writes no file. Throws `InputError` as `build` does. */
export function assist(request: AssistRequest): Promise<Assisted> {
  return wholeRun(request, async run => {
    const base = await openBase(request, run)
    const found = await createHotpatch(base, request, run)
    const loader = loaderOf(base.target)
    const values = (await valueWays(base, found, run)).filter(({ cells }) => cells.length > 0)
    const draft = new Draft(found.change, base.reader)
    const perCpu = perCpuWays(found, draft)
    const shadows = await shadowWays({ ...base, run }, found, draft)
    const calls = callWays(found, loader)
    const unwritten = [...perCpu.unwritten, ...shadows.unwritten]
    const ways: Found = { values, init: initWays(found, loader), perCpu: perCpu.ways, shadows, calls, draft, unwritten }
    const written = write(found, ways, request)
    return written.patch === '' ? written : tried(written, { base, request, run })
  })
}

interface Found {
  readonly values: readonly ValueWay[]
  readonly init: InitWays
  readonly perCpu: readonly PerCpuWay[]
  readonly shadows: ShadowWays
  readonly calls: CallWays
  readonly unwritten: AssistReport['unwritten']
  readonly draft: Draft
}

function write({ refusals, selection, change }: HotpatchRun, found: Found, request: AssistRequest): Assisted {
  const { version, output, patches } = request
  const { values, init, perCpu, shadows, calls, draft } = found
  const common = { schema: 1, command: 'assist', version } as const
  const none = { ways: [], fill: [], with: null, patch: null, source: '', unwritten: found.unwritten } as const
  if (refusals.length === 0)
    return { report: { ...common, ...none, outcome: 'nothing-to-do', remaining: [] }, source: '', patch: '' }
  const [first] = [...shadows.ways, ...perCpu, ...values, ...init.ways, ...calls.ways]
  if (first === undefined)
    return { report: { ...common, ...none, outcome: 'refused', remaining: refusals }, source: '', patch: '' }
  const own = `${output}@${first.unit}`
  const patch = draft.patch(patchNames(patches, change))
  const patchName = patch === '' ? undefined : `${output.replace(/\.c$/, '')}.patch`
  const beside = 'source' in first ? (draft.text(first.source) ?? '') : ''
  const { text, fill } = sourceText(
    { values: [...values, ...init.ways], shadows: shadows.ways, perCpu, calls: calls.ways, beside },
    { patches: patches.map(({ name }) => name), patch: patchName, with: own, left: init.left },
  )
  const names = new Set(values.map(({ unit, name }) => JSON.stringify([unit, name])))
  // Where only something without a name is reached that may be another, there is no value to write.
  const offered = selection.changedValues.filter(({ refusal: { unit }, name }) =>
    names.has(JSON.stringify([unit, name])),
  )
  const settled = new Set([...offered.map(({ refusal }) => refusal), ...init.settled, ...calls.settled].map(keyOf))
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
      ...shadows.ways.map(shadowWords),
      ...perCpu.map(({ unit, name }) => {
        const text = `${name} is an array of the payload's own, with an element for each CPU`
        return { code: 'percpu-data', unit, symbol: name, text }
      }),
      ...calls.ways.map(({ code, unit, symbol, callee }) => {
        const text = `its calls of ${callee} are filled with no-operations where they stand`
        return { code, unit, symbol, text }
      }),
    ],
    remaining: refusals.filter(refusal => !settled.has(keyOf(refusal))),
    unwritten: found.unwritten,
    fill,
    with: own,
    patch: patchName === undefined ? null : { file: patchName, text: utf8(patch) },
    source: utf8(text),
  }
  return { report, source: text, patch }
}

const utf8 = (text: string): string => Buffer.from(text, 'latin1').toString('utf8')

function shadowWords({ unit, members: { tag }, ends: { places } }: ShadowWay): WayOut {
  const ends = places.length === 0 ? 'where an object ends was not found' : `an object ends at ${places.join(', ')}`
  const text = `what comes to struct ${tag} is kept in the payload by the object's address; ${ends}`
  return { code: 'shape-changed', unit, symbol: `struct ${tag}`, text }
}

interface Trial {
  readonly base: Base
  readonly request: AssistRequest
  readonly run: Run
}

/** What stays refused with what is written, which is built as if somebody had filled it in. */
async function tried(written: Assisted, { base, request, run }: Trial): Promise<Assisted> {
  const { report, source, patch } = written
  const { patches, sources = [], output } = request
  const own = { name: output, text: asIfFilledIn(source), beside: report.with?.slice(output.length + 1) }
  const [strip = 1] = patches.map(each => each.strip ?? 1)
  const upon = { name: report.patch?.file ?? '', text: patch, strip }
  try {
    // Most units that read a header cannot see what is declared there in the new members' stead.
    const options = { ...request, patches: [...patches, upon], sources: [...sources, own] }
    const { refusals } = await createHotpatch(base, options, run)
    return { ...written, report: { ...report, remaining: refusals } }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const why = `what is written cannot be built as it is: ${error.message} [${error.code}]`
    const unwritten = [...report.unwritten, { symbol: '', why }]
    return { ...written, report: { ...report, unwritten } }
  }
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
