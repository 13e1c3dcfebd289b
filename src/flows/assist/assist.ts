/**
 * `hotsplice assist`: for what is refused of a patch and has a way out that can be written down, a source of the user's own
 * that takes that way. The patch is built as `build` would, and the refusals say what to write.
 */

import { InputError } from '../../base/errors.ts'
import type { Refusal } from '../../base/refusal.ts'
import { loaderOf } from '../../loaders/loaders.ts'
import { sourceName, variableNames } from '../../pieces/names.ts'
import type { AssistReport, WayOut } from '../../report/assist-report.ts'
import type { SourceChange } from '../../source/model.ts'
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
import { livingMembers } from './living-members.ts'
import { perCpuWays } from './per-cpu-ways.ts'
import { refusedMembers, type ShadowWays, shadowWays } from './shadow-ways.ts'

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
    const { found, early } = await builtFirst({ base, request, run })
    const loader = loaderOf(base.target)
    const values = (await valueWays(base, found, run)).filter(({ cells }) => cells.length > 0)
    const draft = early?.draft ?? new Draft(found.change, base.reader)
    const perCpu = perCpuWays(found, draft)
    const scene = { tree: { ...base, run }, run: found, draft }
    const shadows = early ?? (await shadowWays(scene, refusedMembers(found)))
    const calls = await callWays({ ...base, run }, found, loader)
    const unwritten = [...perCpu.unwritten, ...shadows.unwritten]
    const init = initWays(found, loader)
    const { report, files } = write(found, { values, init, perCpu: perCpu.ways, shadows, calls, unwritten }, request)
    const isTried = early !== undefined && [values, init.ways, perCpu.ways, calls.ways].every(ways => ways.length === 0)
    if (files === undefined) return { report, source: '', patch: '' }
    const { source, patch } = files
    if (isTried || patch === '') return { report, source, patch }
    return { report: await tried(report, files, { base, request, run }), source, patch }
  })
}

interface BuiltFirst {
  readonly found: HotpatchRun
  /** What `found` was built with, where it surely needs it. */
  readonly early?: ShadowWays
}

/** The patch as it is, or with what it surely needs: then most of what it would concern is not compiled. */
async function builtFirst({ base, request, run }: Trial): Promise<BuiltFirst> {
  const early = await livingMembers(base, request, run)
  if (early !== undefined) {
    const files = filesOf(
      early.run.change,
      { values: [], perCpu: [], calls: NONE, init: NONE, shadows: early },
      request,
    )
    try {
      return { found: await createHotpatch(base, withFiles(files, request), run), early }
    } catch (error) {
      // What is written does not compile as it is; what is wrong with it is told of the whole.
      if (!(error instanceof InputError)) throw error
    }
  }
  return { found: await createHotpatch(base, request, run) }
}

interface Ways {
  readonly values: readonly ValueWay[]
  readonly init: Pick<InitWays, 'ways' | 'left'>
  readonly perCpu: readonly PerCpuWay[]
  readonly shadows: ShadowWays
  readonly calls: Pick<CallWays, 'ways'>
}

interface Found extends Ways {
  readonly init: InitWays
  readonly calls: CallWays
  readonly unwritten: AssistReport['unwritten']
}

const NONE = { ways: [], left: [] }

/** What is written, one character a byte. */
interface Files {
  readonly source: string
  readonly fill: AssistReport['fill']
  /** `FILE@UNIT`, as the build takes it. */
  readonly with: string
  /** Both empty where the user's patch can stay as it is. */
  readonly patch: string
  readonly patchName: string
}

const firstOf = ({ shadows, perCpu, values, init, calls }: Ways) =>
  [...shadows.ways, ...perCpu, ...values, ...init.ways, ...calls.ways][0]

function filesOf(change: SourceChange, ways: Ways, { output, patches }: AssistRequest): Files {
  const { values, init, perCpu, shadows, calls } = ways
  const first = firstOf(ways)
  const own = `${output}@${first?.unit}`
  const patch = shadows.draft.patch(patchNames(patches, change))
  const patchName = patch === '' ? '' : `${output.replace(/\.c$/, '')}.patch`
  const beside = first !== undefined && 'source' in first ? (shadows.draft.text(first.source) ?? '') : ''
  const { text, fill } = sourceText(
    { values: [...values, ...init.ways], shadows: shadows.ways, perCpu, calls: calls.ways, beside },
    { patches: patches.map(({ name }) => name), patch: patchName || undefined, with: own, left: init.left },
  )
  return { source: text, fill, with: own, patch, patchName }
}

/** The build's options, as if somebody had filled in what is written. */
function withFiles({ source, patch, patchName, with: own }: Files, request: AssistRequest): AssistRequest {
  const { patches, sources = [], output } = request
  const beside = own.slice(output.length + 1)
  const [strip = 1] = patches.map(each => each.strip ?? 1)
  return {
    ...request,
    patches: [...patches, { name: patchName, text: patch, strip }],
    sources: [...sources, { name: output, text: asIfFilledIn(source), beside }],
  }
}

interface Written {
  readonly report: AssistReport
  readonly files: Files | undefined
}

function write({ refusals, selection, change }: HotpatchRun, found: Found, request: AssistRequest): Written {
  const { values, init, perCpu, shadows, calls } = found
  const common = { schema: 1, command: 'assist', version: request.version } as const
  const none = { ways: [], fill: [], with: null, patch: null, source: '', unwritten: found.unwritten } as const
  if (firstOf(found) === undefined) {
    const outcome = refusals.length === 0 ? 'nothing-to-do' : 'refused'
    return { report: { ...common, ...none, outcome, remaining: refusals }, files: undefined }
  }
  const files = filesOf(change, found, request)
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
    fill: files.fill,
    with: files.with,
    patch: files.patch === '' ? null : { file: files.patchName, text: utf8(files.patch) },
    source: utf8(files.source),
  }
  return { report, files }
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
async function tried(report: AssistReport, files: Files, { base, request, run }: Trial): Promise<AssistReport> {
  try {
    // Most units that read a header cannot see what is declared there in the new members' stead.
    const { refusals } = await createHotpatch(base, withFiles(files, request), run)
    return { ...report, remaining: refusals }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const why = `what is written cannot be built as it is: ${error.message} [${error.code}]`
    return { ...report, unwritten: [...report.unwritten, { symbol: '', why }] }
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
