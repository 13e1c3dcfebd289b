/**
 * What a payload must keep of those that it goes upon, or whose place it takes: asked of their bytes, before anybody gets it.
 *
 * Worse mistake: a payload that takes back what another one mended, or loses what it has gathered, and says nothing. Names decide
 * what is the same; where a payload does not name a thing, it may be any.
 */
import type { Refusal } from '../../base/refusal.ts'
import { broughtBy } from '../../loaders/brought.ts'
import { inspectPayload, type PayloadModel } from '../../loaders/inspect.ts'
import { mayBeOne, unmarked } from '../../loaders/marked-name.ts'
import { HOOK_PREFIX, LIST_HOOKS } from '../../loaders/payload-sections.ts'
import type { BuildResult } from './build-one.ts'

/** A payload with its bytes. */
export interface StackedBytes {
  readonly name: string
  readonly bytes: Uint8Array
  /** Whether its patches are in the text that the new one was made from. */
  readonly isInText: boolean
}

interface StackedPayload {
  readonly bytes: Uint8Array
  /** The build-ids of what runs, and of what it is to be applied upon; null where nobody knows. */
  readonly runs: string | null
  readonly depends: string | null
}

/** Upon others, the lowest first. */
function checkUpon({ bytes }: StackedPayload, below: readonly StackedBytes[]): readonly Refusal[] {
  const own = inspectPayload(bytes)
  const names = namesIn(own)
  return below.flatMap((one, at) => {
    const other = inspectPayload(one.bytes)
    const above = below.slice(at + 1).filter(each => each.isInText)
    if (!one.isInText) return hidden(one.name, other, names)
    return [...stays(one.name, other, { names, above }), ...hooksAgain(one.name, other, own)]
  })
}

const namesIn = ({ functions }: PayloadModel): ReadonlySet<string> => new Set(functions.map(({ name }) => name))

const refusal = (about: Omit<Refusal, 'unit' | 'place'>): Refusal => ({ unit: '', ...about })

/** The new code of the one would hide that of the other, whose change it has not. */
function hidden(by: string, { functions }: PayloadModel, names: ReadonlySet<string>): readonly Refusal[] {
  return functions.flatMap(({ name }) =>
    names.has(name)
      ? [
          refusal({
            code: 'replaced-below',
            symbol: name,
            text: `${name} is replaced by ${by} already, and whether its change is in the new code too is not known`,
            hint: `say which patches ${by} was made from (on: [{ payload, patches }]), so that the new text has them; or leave ${by} out of \`on\` where no host has it`,
          }),
        ]
      : [],
  )
}

/** The text has the function as it was before the other payload, whose code would go on running. */
function stays(
  by: string,
  { functions }: PayloadModel,
  { names, above }: { readonly names: ReadonlySet<string>; readonly above: readonly StackedBytes[] },
): readonly Refusal[] {
  const later = new Set(above.flatMap(({ bytes }) => [...namesIn(inspectPayload(bytes))]))
  return functions.flatMap(({ name }) =>
    // Of the one that replaced it last it is told.
    names.has(name) || later.has(name)
      ? []
      : [
          refusal({
            code: 'left-below',
            symbol: name,
            text: `${by} replaces ${name}, which the patches leave as the system had it when they are taken together: the code of ${by} would stay`,
            hint: `give the patches of ${by} too, where they are not among these; where they are, make one payload of all that takes the place of ${by} (--besides; in a fleet, cumulative)`,
          }),
        ],
  )
}

/** Hooks of patches below are in the new text too, and would run once more over what they have done. */
function hooksAgain(by: string, other: PayloadModel, own: PayloadModel): readonly Refusal[] {
  const called = other.hooks.flatMap(({ functions }) => functions)
  if (called.length === 0) return []
  const isTheirs = (name: string) => called.some(each => mayBeOne(ofSource(name), ofSource(each)))
  const isNamed = called.every(name => other.newSymbols.includes(name))
  return own.hooks.flatMap(({ section, functions }) =>
    functions.flatMap(name => {
      // Any without a name may be one of theirs.
      if (isNamed && !isTheirs(name) && own.newSymbols.includes(name)) return []
      return [
        refusal({
          code: 'hook-below',
          symbol: name,
          text: `${by} has hooks, and this one, in ${section}, may be one of them: it would run once more on what that one did`,
          hint: `put the hooks of ${by} into a source beside its patch (with), which is built once; or make one payload of all, which takes the place of ${by} (--besides; in a fleet, cumulative)`,
        }),
      ]
    }),
  )
}

/** A second one of a name has a mark behind it. */
const ofSource = (name: string): string => unmarked(name) ?? name

const isVetoing = (section: string): boolean => section.startsWith(HOOK_PREFIX) && !LIST_HOOKS.includes(section)

/** In the place of others, by `replace`; `loses` are variables that may go. */
function checkReplacing(
  { bytes, runs, depends }: StackedPayload,
  replaced: readonly StackedBytes[],
  loses: Stack['loses'],
): readonly Refusal[] {
  const own = inspectPayload(bytes)
  const others = replaced.map(({ name, bytes: their }) => ({ name, model: inspectPayload(their) }))
  const all = [{ name: 'it', model: own }, ...others]
  const vetoing = all.flatMap(({ name, model }) =>
    model.hooks.filter(({ section }) => isVetoing(section)).map(({ section }) => vetoed(name, section)),
  )
  const unknown = replaced.filter(({ isInText }) => !isInText).map(({ name }) => lostChange(name))
  return [
    ...(replaced.length === 0 ? [] : vetoing),
    ...unknown,
    ...(loses === 'all' ? [] : replaced.flatMap(one => lostData(one, new Set(loses)))),
    ...(depends === runs ? [] : [notAlone(depends ?? 'nothing', runs ?? 'what nobody knows')]),
  ]
}

const vetoed = (name: string, section: string) =>
  refusal({
    code: 'replace-vetoed',
    symbol: section,
    text: `${name} has a hook in ${section}, which can say no or does the action itself: the loader takes no such payloads in a replace`,
    hint: 'use load and unload hooks only; or stack payloads instead (on)',
  })

const lostChange = (name: string) =>
  refusal({
    code: 'replaced-below',
    symbol: '',
    text: `${name} is applied there, and its change would go with it: which patches it was made from is not said`,
    hint: `say it: on: [{ payload: ${name}…, patches: [...] }]`,
  })

const notAlone = (depends: string, runs: string) =>
  refusal({
    code: 'replaced-below',
    symbol: '',
    text: `a payload that takes the place of others has to depend on what runs, ${runs}, and it would depend on ${depends}`,
    hint: 'leave `depends` out, or give the build-id of what runs; name payloads that are applied there under `on`, with their patches',
  })

/** What they have in variables goes with them; a load hook of the new one finds it no more. */
function lostData({ name, bytes }: StackedBytes, accepted: ReadonlySet<string>): readonly Refusal[] {
  const { things, unnamed } = broughtBy([{ name, bytes }])
  const lost = [...things.values()].filter(({ kind, size }) => kind === 'variable' && size > 0)
  const told = lost.filter(thing => !accepted.has(thing.name)).map(thing => thing.name)
  const nameless = unnamed.length > 0 && !accepted.has('*') ? ['*'] : []
  return [...told, ...nameless].map(variable =>
    refusal({
      code: 'replace-loses-data',
      symbol: variable,
      text: `${variable === '*' ? 'variables without a name' : variable}, which ${name} has brought, would be gone with it, and what is in there too`,
      hint: `stack upon ${name} instead (on); or where nobody needs it, say so: --loses '${variable}', in a fleet loses: [{ variables: ['${variable}'], reason, who }]`,
    }),
  )
}

export interface Stack {
  /** What it goes upon, the lowest first. */
  readonly below: readonly StackedBytes[]
  /** Whose place it takes; undefined where it takes none. */
  readonly replaced: readonly StackedBytes[] | undefined
  /** Variables of those that may go; `*` stands for ones without a name. */
  readonly loses: readonly string[] | 'all'
}

/**
 * What would harm a payload below, or lose what one holds, is refused like anything else. Where there is nothing to build, what
 * those below replace would stay all the same. Throws `InputError` where a payload is none.
 */
export function fitting(result: Built, stack: Stack): Built {
  const { report, payload } = result
  if (payload === undefined && report.outcome !== 'nothing-to-do') return result
  const { buildId: runs, depends } = report.base ?? { buildId: null, depends: null }
  const refusals = payload === undefined ? checkNothing(stack) : checkStack({ bytes: payload, runs, depends }, stack)
  if (refusals.length === 0) return result
  const refused = { ...report, outcome: 'refused', refusals: [...report.refusals, ...refusals], payload: null } as const
  return { report: refused, payload: undefined }
}

type Built = Pick<BuildResult, 'report' | 'payload'>

function checkNothing({ below }: Stack): readonly Refusal[] {
  const inText = below.filter(({ isInText }) => isInText)
  const names: ReadonlySet<string> = new Set()
  return inText.flatMap(({ name, bytes }, at) =>
    stays(name, inspectPayload(bytes), { names, above: inText.slice(at + 1) }),
  )
}

function checkStack(payload: StackedPayload, { below, replaced, loses }: Stack): readonly Refusal[] {
  return [...checkUpon(payload, below), ...(replaced === undefined ? [] : checkReplacing(payload, replaced, loses))]
}
