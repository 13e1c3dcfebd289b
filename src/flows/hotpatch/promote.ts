/**
 * Callers in a function's stead (`--promote-callers`): where a changed function cannot be replaced, and everybody who calls
 * it is known, all of them are, and reach its new copy inside the payload. Part of the pipeline: each selection shows what
 * cannot be replaced, a caller too; the next one has their callers, until nothing new comes.
 *
 * Without the option, the refusal says whether it would help, and whose callers it would take.
 */
import type { Reason, Refusal } from '../../base/refusal.ts'
import type { PieceId } from '../../pieces/model.ts'
import { ledToFromElsewhere } from '../../program/outside-callers.ts'
import { callersOf, globalNames } from '../../select/callers.ts'
import { isDropped } from '../../select/dropped.ts'
import type { OriginalAddress, PieceAddress, Selection, SelectRules, UnitIndex, UnitInput } from '../../select/model.ts'
import { originOf, runningNameOf } from '../../select/origins.ts'
import { definersOf, type Tree } from '../../trees/index.ts'
import { namesOf } from './linked.ts'
import type { Running } from './running.ts'
import type { OtherUnits } from './select-linked.ts'

interface Selected {
  readonly units: readonly UnitInput[]
  readonly selection: Selection
  readonly notices: readonly Reason[]
}

export interface PromoteInput {
  readonly tree: Tree
  readonly rules: SelectRules
  readonly running: Running
  readonly others: OtherUnits
  /** Names of functions, or `UNIT#NAME`; `all` for each that cannot be replaced. */
  readonly promoteCallers?: readonly string[] | undefined
}

/** A function whose callers may be replaced in its stead, and why it is not itself. */
interface Candidate {
  readonly address: PieceAddress
  readonly unit: string
  readonly name: string
  /** Code of the refusal that stands against it; `promote-callers` where only the user asks for it. */
  readonly why: string
}

export async function withCallers<T extends Selected>(
  first: T,
  input: PromoteInput,
  again: (units: readonly UnitInput[]) => Promise<T>,
): Promise<T> {
  const asked = new Set(input.promoteCallers ?? [])
  const failed = new Map<string, readonly string[]>()
  const promoted: Candidate[] = []
  let found = first
  for (;;) {
    const done = new Set([...failed.keys(), ...promoted.map(keyOf)])
    const taken = new Set(promoted.length === 0 ? [] : callerKeys(found.units))
    const candidates = candidatesIn(found, asked, taken).filter(each => !done.has(keyOf(each)))
    if (candidates.length === 0) break
    for (const candidate of candidates) {
      const { units, unknown } = await promote(found.units, candidate, input)
      if (unknown.length > 0) failed.set(keyOf(candidate), unknown)
      else {
        promoted.push(candidate)
        found = { ...found, units }
      }
    }
    found = await again(found.units)
  }
  return withWords(found, { input, asked, failed, promoted })
}

const keyOf = ({ unit, name }: Pick<Candidate, 'unit' | 'name'>): string => `${unit}#${name}`

const isNamed = (asked: ReadonlySet<string>, { unit, name }: Pick<Candidate, 'unit' | 'name'>): boolean =>
  asked.has(name) || asked.has(`${unit}#${name}`)

/** Callers that are to be replaced in another's stead. */
function callerKeys(units: readonly UnitInput[]): readonly string[] {
  return units.flatMap(({ unit, verdicts }) =>
    verdicts.functions.flatMap(({ name, verdict }) =>
      verdict.kind === 'changed' && verdict.because.what === 'callee' ? keyOf({ unit, name }) : [],
    ),
  )
}

function candidatesIn(
  { units, selection }: Selected,
  asked: ReadonlySet<string>,
  taken: ReadonlySet<string>,
): readonly Candidate[] {
  if (asked.size === 0) return []
  const stuck = selection.stuck.flatMap(({ address, refusal: { code, unit, symbol } }): readonly Candidate[] => {
    const candidate = { address, unit, name: symbol, why: code }
    return asked.has('all') || isNamed(asked, candidate) || taken.has(keyOf(candidate)) ? [candidate] : []
  })
  const named = selection.replacements.flatMap(({ address }): readonly Candidate[] => {
    const input = units[address.unit]
    const judged = input?.verdicts.functions.find(({ patched }) => patched?.id === address.piece)
    if (input === undefined || judged === undefined) return []
    const candidate = { address, unit: input.unit, name: judged.name, why: 'promote-callers' }
    return isNamed(asked, candidate) ? [candidate] : []
  })
  const first = new Map([...named, ...stuck].map(each => [keyOf(each), each]))
  return [...first.values()]
}

/** The units with a function left to its callers, and these changed; or what is in the way, in words. */
async function promote(
  units: readonly UnitInput[],
  candidate: Candidate,
  input: PromoteInput,
): Promise<{ readonly units: readonly UnitInput[]; readonly unknown: readonly string[] }> {
  const beside = besideOf(units, candidate, input)
  if (beside.unknown.length > 0) return { units, unknown: beside.unknown }
  const more = await input.others.compiled(beside.needed)
  const had = new Set(more.map(({ unit }) => unit))
  const missing = beside.needed.filter(unit => !had.has(unit))
  if (missing.length > 0)
    return { units, unknown: missing.map(unit => `${unit} refers to it, and does not compile to what the tree has`) }
  const all = [...units, ...more]
  const { callers, unknown } = knownCallers(all, candidate, input)
  if (unknown.length > 0) return { units, unknown }
  if (callers.length === 0) return { units, unknown: ['nothing that stays in the running system calls it'] }
  return { units: withPromoted(all, candidate, callers), unknown: [] }
}

/** Units of the tree beside these that need it, and what is not known of them. */
function besideOf(
  units: readonly UnitInput[],
  { address }: Candidate,
  { tree, running }: PromoteInput,
): { readonly needed: readonly string[]; readonly unknown: readonly string[] } {
  const origin = originOf(units, address)
  if (origin === undefined || origin.unit !== address.unit)
    return { needed: [], unknown: ['it moved here from another unit'] }
  if (running.brought !== undefined || running.below.length > 0)
    return { needed: [], unknown: ['a payload that is applied already may call it'] }
  const names = globalNames(origin.input.verdicts.correlation.original, origin.piece)
  // A prepared source lists no units: only what is static is called from its own alone.
  if (names.size > 0 && tree.units.length === 0)
    return { needed: [], unknown: ['it is not static, and which units of the kernel call it is not known'] }
  const had = new Set(units.map(({ unit }) => unit))
  const { definers, needed, unread } = definersOf(tree, names, had)
  const assembly = new Set(tree.units.flatMap(({ unit, language }) => (language === 'assembly' ? unit : [])))
  const users = [...needed.keys()].sort()
  return {
    needed: users,
    unknown: [
      ...definers.map(({ unit }) => `${unit} defines it too, and whose callers reach which is not known`),
      ...unread.map(unit => `${unit} has no object, so whether it calls it is not known`),
      ...users.filter(unit => assembly.has(unit)).map(unit => `${unit}, which is assembly, refers to it`),
    ],
  }
}

function knownCallers(units: readonly UnitInput[], { address }: Candidate, { rules, running }: PromoteInput) {
  const origin = originOf(units, address)
  if (origin === undefined) return { callers: [], unknown: [] }
  const found = callersOf(units, { unit: origin.unit, piece: origin.piece.id }, rules)
  const callers = found.callers.filter(caller => !isNowhere(units, caller, rules))
  const isGlobal = globalNames(origin.input.verdicts.correlation.original, origin.piece).size > 0
  if (running.isImage || !isGlobal || found.unknown.length > 0) return { ...found, callers }
  const program = namesOf(running)
  if (program === undefined)
    return { callers, unknown: ['which program it is part of is not known, so who calls it there is not either'] }
  const { loader } = rules.target
  const names = callers.flatMap(({ unit, piece }) => {
    const input = units[unit]
    const own = input?.verdicts.correlation.original.pieces[piece]
    return input === undefined || own === undefined ? [] : runningNameOf({ unit, input, piece: own }, loader)
  })
  const elsewhere = ledToFromElsewhere(program, runningNameOf(origin, loader), names)
  return { callers, unknown: elsewhere === undefined ? [] : [elsewhere] }
}

/** Whether the program's link left it out. */
function isNowhere(units: readonly UnitInput[], { unit, piece }: OriginalAddress, rules: SelectRules): boolean {
  const input = units[unit]
  const own = input?.verdicts.correlation.original.pieces[piece]
  return input !== undefined && own !== undefined && isDropped(rules, { input, piece: own })
}

function withPromoted(
  units: readonly UnitInput[],
  { address, name, why }: Candidate,
  callers: readonly OriginalAddress[],
): readonly UnitInput[] {
  const byUnit = new Map<UnitIndex, Set<PieceId<'original'>>>()
  for (const { unit, piece } of callers) byUnit.set(unit, (byUnit.get(unit) ?? new Set()).add(piece))
  return units.map((input, unit): UnitInput => {
    const own = byUnit.get(unit)
    const functions =
      own === undefined
        ? input.verdicts.functions
        : input.verdicts.functions.map(judged => {
            const isCaller = judged.original !== undefined && own.has(judged.original.id)
            const stays = judged.verdict.kind === 'same' || judged.verdict.kind === 'line-only'
            if (!isCaller || !stays) return judged
            return { ...judged, verdict: { kind: 'changed', because: { what: 'callee', name, why } } as const }
          })
    const verdicts = { ...input.verdicts, functions }
    if (unit !== address.unit) return { ...input, verdicts }
    return { ...input, verdicts, byCallers: new Set([...(input.byCallers ?? []), address.piece]) }
  })
}

interface Told {
  readonly input: PromoteInput
  readonly asked: ReadonlySet<string>
  readonly failed: ReadonlyMap<string, readonly string[]>
  readonly promoted: readonly Candidate[]
}

/** Refusals say whether the option helps, or why it did not; a caller that is not replaced after all is one. */
function withWords<T extends Selected>(found: T, told: Told): T {
  const { selection, units, notices } = found
  const { asked, failed, promoted } = told
  const stuck = new Map(selection.stuck.map(each => [JSON.stringify(each.refusal), each]))
  // What a payload below has a copy of, is said so: another word about the same function would help nobody.
  const copied = new Set(selection.refusals.flatMap(each => (each.code === 'callers-unknown' ? plainKey(each) : [])))
  const isTold = (refusal: Refusal) => stuck.has(JSON.stringify(refusal)) && copied.has(plainKey(refusal))
  const untold = selection.refusals.filter(refusal => !isTold(refusal))
  const refusals = untold.map(refusal => {
    const one = stuck.get(JSON.stringify(refusal))
    if (one === undefined) return refusal
    const { unit, symbol } = refusal
    return { ...refusal, hint: hintFor({ address: one.address, unit, name: symbol, why: refusal.code }, units, told) }
  })
  const known = new Set(promoted.map(keyOf))
  const names = new Set([...promoted, ...stuckNames(selection)].flatMap(each => [each.name, keyOf(each)]))
  const failedByName = [...failed].filter(
    ([key]) => !copied.has(key) && ![...stuckNames(selection)].some(each => keyOf(each) === key),
  )
  const idle = [...asked].filter(name => name !== 'all' && !names.has(name) && !isFailed(failed, name)).sort()
  return {
    ...found,
    selection: {
      ...selection,
      refusals: [
        ...refusals,
        ...failedByName.map(([key, unknown]) => unknownRefusal(key, unknown)),
        ...promoted.flatMap(each => lostCallers(units, selection, each, told.input)),
      ],
    },
    notices: [
      ...notices,
      ...promoted.filter(each => known.has(keyOf(each))).map(each => promotedNotice(each, units)),
      ...idle.map(name => ({
        code: 'promote-idle',
        text: `--promote-callers ${name} does nothing: no function of that name is changed and replaced, or cannot be`,
      })),
    ],
  }
}

const plainKey = ({ unit, symbol }: Refusal): string => keyOf({ unit, name: symbol })

const stuckNames = ({ stuck }: Selection) => stuck.map(({ refusal: { unit, symbol } }) => ({ unit, name: symbol }))

const isFailed = (failed: ReadonlyMap<string, unknown>, name: string): boolean =>
  [...failed.keys()].some(key => key === name || key.endsWith(`#${name}`))

function hintFor(candidate: Candidate, units: readonly UnitInput[], { input, failed }: Told): string {
  const why = failed.get(keyOf(candidate)) ?? unknownOf(candidate, units, input)
  if (Array.isArray(why) && why.length > 0)
    return `change its callers${known(units, candidate, input)}, so that they use a new function in its stead. --promote-callers cannot do that: ${listed(why)}`
  const callers = callersIn(units, candidate, input)
  return `build with --promote-callers ${candidate.name}: ${listed(callers)} will be replaced in its stead; or let its callers use a new function`
}

/** Callers that its own unit shows, where nothing tells of others. */
function known(units: readonly UnitInput[], candidate: Candidate, input: PromoteInput): string {
  const callers = input.tree.units.length > 0 ? [] : callersIn(units, candidate, input)
  return callers.length === 0 ? '' : ` (among them ${listed(callers)})`
}

/** What would be in the way, as far as that is known without compiling anything. */
function unknownOf(candidate: Candidate, units: readonly UnitInput[], input: PromoteInput): readonly string[] {
  const beside = besideOf(units, candidate, input)
  if (beside.unknown.length > 0 || beside.needed.length > 0) return beside.unknown
  const { callers, unknown } = knownCallers(units, candidate, input)
  return callers.length === 0 && unknown.length === 0 ? ['nothing that stays in the running system calls it'] : unknown
}

function callersIn(units: readonly UnitInput[], candidate: Candidate, input: PromoteInput): readonly string[] {
  const { callers } = knownCallers(units, candidate, { ...input, running: { ...input.running, isImage: true } })
  const own = callers.map(caller => spelledCaller(units, caller))
  return [...own, ...besideOf(units, candidate, input).needed.map(unit => `what calls it in ${unit}`)]
}

function spelledCaller(units: readonly UnitInput[], { unit, piece }: OriginalAddress): string {
  const input = units[unit]
  return `${input?.verdicts.correlation.original.pieces[piece]?.name} of ${input?.unit}`
}

function unknownRefusal(key: string, unknown: readonly string[]): Refusal {
  const at = key.indexOf('#')
  const [unit, symbol] = [key.slice(0, at), key.slice(at + 1)]
  return {
    code: 'callers-unknown',
    unit,
    symbol,
    text: `--promote-callers asks for the callers of ${symbol} to be replaced in its stead, and not all of them can be: ${listed(unknown)}`,
    hint: 'build without that name: the function is replaced itself then',
  }
}

/** Each caller is replaced, or left to its own callers: whatever kept it from that would leave it with the old function. */
function lostCallers(
  units: readonly UnitInput[],
  { replacements }: Selection,
  candidate: Candidate,
  input: PromoteInput,
): readonly Refusal[] {
  const replaced = new Set(
    replacements.flatMap(({ address }) => {
      const origin = originOf(units, address)
      return origin === undefined ? [] : `${origin.unit} ${origin.piece.id}`
    }),
  )
  const { callers, unknown } = knownCallers(units, candidate, input)
  const lost = callers.filter(({ unit, piece }) => {
    const patched = units[unit]?.verdicts.correlation.toPatched.get(piece)
    const isLeft = patched !== undefined && units[unit]?.byCallers?.has(patched) === true
    return !isLeft && !replaced.has(`${unit} ${piece}`)
  })
  const words = [...unknown, ...lost.map(each => `${spelledCaller(units, each)} calls it and is not replaced`)]
  return words.length === 0 ? [] : [unknownRefusal(keyOf(candidate), words)]
}

function promotedNotice({ unit, name, why }: Candidate, units: readonly UnitInput[]): Reason {
  const callers = units.flatMap(({ unit: other, verdicts }) =>
    verdicts.functions.flatMap(({ name: caller, verdict }) =>
      verdict.kind === 'changed' && verdict.because.what === 'callee' && verdict.because.name === name
        ? `${caller} of ${other}`
        : [],
    ),
  )
  const who = callers.length === 0 ? 'its callers, which change as well' : listed(callers)
  const verb = callers.length === 1 ? 'is' : 'are'
  const because = why === 'promote-callers' ? 'as was asked for' : `it cannot be replaced (${why})`
  return {
    code: 'callers-promoted',
    text: `${name} of ${unit} stays as it is in the running system, and nobody calls it any more: ${because}, and ${who} ${verb} replaced in its stead`,
  }
}

const MOST_LISTED = 6

function listed(words: readonly string[]): string {
  const shown = words.slice(0, MOST_LISTED).join('; ')
  return words.length > MOST_LISTED ? `${shown}; and ${words.length - MOST_LISTED} more` : shown
}
