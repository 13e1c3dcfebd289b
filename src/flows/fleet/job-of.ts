/** The payload of one fix for one base as a job, and by what it is known, part by part. */
import type { StoredPayload } from '../../report/fleet-index.ts'
import type { PatchText } from '../../source/model.ts'
import { digestOf, nameOf, type ReadBase, type ReadFix, symbolsOf, toText } from './inputs.ts'
import type { FleetJob, JobStack, StackedFile } from './job.ts'
import type { FleetBase } from './model.ts'

/** Module loaders of people ask for the ending. */
const ENDINGS = { xen: '.livepatch', process: '.livepatch', linux: '.ko' } as const

/** What the file asks of a build; with a type, so that no name stands here that a build does not know. */
type Asked = Pick<
  FleetJob['options'],
  'lines' | 'acceptTypes' | 'leaveInit' | 'promoteCallers' | 'compileAll' | 'sources'
>

/** A payload that the fleet has made, by the fix’s name; and where it is to be found. */
export interface FleetPayload {
  readonly fix: string
  readonly payload: StoredPayload
  /** Fixes whose payloads it goes upon, the lowest first. */
  readonly upon: readonly string[]
  readonly path: string
}

export interface JobParts {
  readonly read: ReadBase
  readonly fix: ReadFix
  /** Those whose patches the text has, the fix itself among them. */
  readonly series: readonly ReadFix[]
  readonly below: readonly FleetPayload[]
  readonly replaced: readonly FleetPayload[]
  /** Of hotsplice. */
  readonly version: string
}

export const payloadFile = (fix: string, { target }: FleetBase): string => `${fix}${ENDINGS[target]}`

export function jobOf(parts: JobParts): {
  readonly job: FleetJob
  readonly inputs: Readonly<Record<string, string>>
} {
  const { read, fix, series, below, replaced, version } = parts
  const { base, job, tree, told, given } = read
  const isCumulative = fix.fix.cumulative !== undefined
  const patches = [...read.patches, ...series.flatMap(each => patchesOn(each, base))]
  const asked = askedOf(fix, series)
  const output = payloadFile(fix.fix.name, base)
  const digests = (list: readonly FleetPayload[]) => list.map(({ payload }) => payload.sha256)
  const { loses } = fix.fix
  const inputs = {
    hotsplice: version,
    tree,
    base: told,
    patches: digestOf(toText(patches)),
    options: digestOf(toText({ ...asked, output, isCumulative, loses })),
    ...(below.length === 0 ? {} : { below: digestOf(toText(digests(below))) }),
    ...(replaced.length === 0 ? {} : { replaced: digestOf(toText(digests(replaced))) }),
  }
  return {
    inputs,
    job: {
      key: digestOf(toText({ build: 4, ...inputs })),
      cell: { base: base.name, fix: fix.fix.name },
      isUrgent: series.some(each => each.fix.ids.length > 0),
      base: job,
      tree,
      given: [...given, ...[...below, ...replaced].map(({ path, payload }) => [path, payload.sha256] as const)],
      patches,
      options: { ...asked, version, output, details: true, debugFile: true, ...placeOf(parts, isCumulative) },
      stack: stackOf(parts, isCumulative),
    },
  }
}

const patchesOn = ({ patches, patchesFor }: ReadFix, { name }: FleetBase): readonly PatchText[] =>
  patchesFor.get(name) ?? patches

/**
 * Whoever builds the changes of others too needs what these were allowed. Sources beside a patch are brought once: upon others,
 * what those brought is there.
 */
function askedOf({ fix, sources }: ReadFix, series: readonly ReadFix[]): Asked {
  const all = (key: 'acceptTypes' | 'leaveInit' | 'promoteCallers') => [
    ...new Set([...series.map(each => each.fix), fix].flatMap(({ options }) => options[key])),
  ]
  const beside = fix.cumulative === undefined ? [] : series.flatMap(each => each.sources)
  return {
    lines: fix.options.lines,
    acceptTypes: all('acceptTypes'),
    leaveInit: all('leaveInit'),
    promoteCallers: all('promoteCallers'),
    compileAll: [...series.map(each => each.fix), fix].some(({ options }) => options.compileAll),
    sources: [...beside, ...sources],
  }
}

/** What it goes upon, as a build is told. */
function placeOf({ read: { base }, below, replaced }: JobParts, isCumulative: boolean): Partial<FleetJob['options']> {
  const symbols = symbolsOf(base)
  const applied = base.on.map(({ payload }) => payload.path)
  const on = isCumulative ? [] : [...applied, ...below.map(({ path }) => path)]
  const besides = isCumulative ? [...applied, ...replaced.map(({ path }) => path)] : []
  // It names what the first payload stands on; those upon it stand on the one below.
  const isLowest = below.length === 0 && !(isCumulative && applied.length > 0)
  return {
    withoutIbt: base.withoutIbt,
    ...(symbols === undefined ? {} : { symbols: symbols.path }),
    ...(on.length === 0 ? {} : { on }),
    ...(besides.length === 0 ? {} : { besides }),
    ...(base.depends === undefined || !isLowest ? {} : { depends: base.depends }),
    ...(base.xenDepends === undefined ? {} : { xenDepends: base.xenDepends }),
  }
}

function stackOf({ read: { base }, fix, below, replaced }: JobParts, isCumulative: boolean): JobStack {
  const ofFleet = (list: readonly FleetPayload[]): readonly StackedFile[] =>
    list.map(({ fix: name, path }) => ({ name, path, isInText: true }))
  const applied = base.on.map(({ payload, patches }) => ({
    name: nameOf(payload),
    path: payload.path,
    isInText: patches !== undefined,
  }))
  return {
    below: isCumulative ? [] : [...applied, ...ofFleet(below)],
    replaced: isCumulative ? [...applied, ...ofFleet(replaced)] : undefined,
    loses: fix.fix.loses.flatMap(({ variables }) => variables),
  }
}
