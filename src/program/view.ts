/**
 * The program as a whole: which definition each global name leads to, by the linker's rules, before the patch and after.
 *
 * Objects are compared one by one, and what decides what runs lies between them: a strong definition in one file takes
 * the callers of a weak one in another, a weak one that lost is not in the program at all, a function that moved to
 * another file is gone here and new there. Seen alone, each of these objects looks as if there were nothing to do, or as
 * if a function were to be replaced that is somebody else's.
 *
 * Only names are asked about whose definition appears, goes or changes strength, and weak or COMMON ones whose content
 * changes. For all others the same definition is taken before and after.
 *
 * Worse mistake: to replace, or to leave alone, what another definition stands for. So whatever cannot be told apart here
 * is a finding. Several strong definitions of one name are two programs of one tree: no linker would take both. Where the
 * patch itself makes them several, in units that it concerns, it has no program at all.
 */
import type { Definition, Definitions, Strength } from './definitions.ts'

/** A unit that the patch concerns. */
export interface ConcernedUnit {
  readonly unit: string
  readonly before: Definitions
  readonly after: Definitions
  /** Names of functions and variables that the patched unit has and that are not the same. */
  readonly changed: ReadonlySet<string>
  /** Names that it refers to and does not define; before, those that what stays refers to, and not only replaced code. */
  readonly needed: { readonly before: ReadonlySet<string>; readonly after: ReadonlySet<string> }
}

/** What another unit defines and refers to, of the names that were asked about. */
export interface OtherUnit {
  readonly unit: string
  readonly definitions: Definitions
  readonly needed: ReadonlySet<string>
}

export type Finding =
  /** The name leads to a definition in another unit than before. */
  | { readonly kind: 'moved'; readonly name: string; readonly from: string; readonly to: string }
  /** The definition in `unit` changed, but one in `other` may be the one that the program has. */
  | { readonly kind: 'unclear'; readonly name: string; readonly unit: string; readonly other: string }
  /** Several weak ones, of which the linker takes one, and the patch takes one of them away or adds one. */
  | { readonly kind: 'either'; readonly name: string; readonly unit: string; readonly other: string }
  /** A COMMON variable of `unit` is larger than the one that the program has from `other`. */
  | { readonly kind: 'outgrown'; readonly name: string; readonly unit: string; readonly other: string }
  /** Both units that the patch concerns define it after it, as they did not before: they cannot be linked. */
  | { readonly kind: 'twice'; readonly name: string; readonly unit: string; readonly other: string }
  /** Nothing defined it, and `user` refers to it: what runs has it from a library, or has nothing there. */
  | { readonly kind: 'appears'; readonly name: string; readonly unit: string; readonly user: string }
  /** Nothing defines it any more, and `user` refers to it: it is to have it from a library, or nothing there. */
  | { readonly kind: 'vanishes'; readonly name: string; readonly unit: string; readonly user: string }

export interface ProgramView {
  readonly findings: readonly Finding[]
  /** For each unit, the names that it defines and that lead elsewhere, with the unit whose definition counts. */
  readonly untaken: ReadonlyMap<string, ReadonlyMap<string, string>>
}

/** The names of which it must be known what other units say. */
export function namesInQuestion(units: readonly ConcernedUnit[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { before, after, changed } of units) {
    for (const [name, { strength }] of before) if (after.get(name)?.strength !== strength) names.add(name)
    for (const [name, { strength }] of after) {
      if (!before.has(name) || (strength !== 'strong' && changed.has(name))) names.add(name)
    }
  }
  return names
}

export function viewOf(units: readonly ConcernedUnit[], others: readonly OtherUnit[]): ProgramView {
  const findings: Finding[] = []
  const untaken = new Map<string, Map<string, string>>()
  for (const name of namesInQuestion(units)) {
    const answer = settle(name, units, others)
    findings.push(...answer.findings)
    for (const [unit, counts] of answer.untaken) {
      const names = untaken.get(unit) ?? new Map<string, string>()
      untaken.set(unit, names.set(name, counts))
    }
  }
  return { findings, untaken }
}

interface Candidate extends Definition {
  readonly unit: string
}

/** The candidates among which the linker takes one. */
interface Winners {
  readonly strength: Strength
  readonly units: readonly Candidate[]
}

interface Answer {
  readonly findings: readonly Finding[]
  /** Unit that defines the name in vain, and the one that counts. */
  readonly untaken: readonly (readonly [string, string])[]
}

const NOTHING: Answer = { findings: [], untaken: [] }

function settle(name: string, units: readonly ConcernedUnit[], others: readonly OtherUnit[]): Answer {
  const own = (which: 'before' | 'after') =>
    candidates(
      name,
      units.map(each => [each.unit, each[which]]),
    )
  const rest = candidates(
    name,
    others.map(({ unit, definitions }) => [unit, definitions]),
  )
  const before = winners([...own('before'), ...rest])
  const after = winners([...own('after'), ...rest])
  if (before === 'several') return NOTHING
  if (after === 'several') return { findings: twiceIn(name, own('after')), untaken: [] }
  const outside = fromOutside(name, { before, after }, [units, others])
  if (outside !== undefined) return { findings: [outside], untaken: [] }
  if (after === undefined) return NOTHING
  const all = own('after').map(({ unit }) => unit)
  const home = before === undefined ? representative(after) : stays(before, after)
  if (home === undefined) {
    const [from, to] = [unitOf(before), unitOf(after)]
    return { findings: [{ kind: 'moved', name, from, to }], untaken: [] }
  }
  const isChanged = ({ unit }: Candidate) => units.some(each => each.unit === unit && each.changed.has(name))
  const kept = before === undefined ? [] : both(before, after)
  const unclear = unclearIn(name, kept, isChanged)
  const either = unclear.length > 0 ? [] : eitherOf(name, before, after)
  const chosen = kept.find(isChanged)?.unit ?? home
  const largest = Math.max(0, ...kept.map(({ size }) => size))
  const grown =
    before === undefined || after.strength !== 'common' ? undefined : after.units.find(({ size }) => size > largest)
  const outgrown: Finding[] =
    grown === undefined || before?.units.some(({ unit }) => unit === grown.unit) === true
      ? []
      : [{ kind: 'outgrown', name, unit: grown.unit, other: home }]
  return {
    findings: [...unclear, ...either, ...outgrown],
    untaken: all.filter(unit => unit !== chosen).map(unit => [unit, chosen]),
  }
}

/**
 * A name that the program takes from nobody, or from a library, on one side only: its users were bound to that when it was
 * linked, and stay so.
 */
function fromOutside(
  name: string,
  { before, after }: { readonly before: Winners | undefined; readonly after: Winners | undefined },
  [units, others]: readonly [readonly ConcernedUnit[], readonly OtherUnit[]],
): Finding | undefined {
  if ((before === undefined) === (after === undefined)) return undefined
  const which = before === undefined ? 'before' : 'after'
  const user =
    others.find(({ needed }) => needed.has(name))?.unit ?? units.find(({ needed }) => needed[which].has(name))?.unit
  if (user === undefined) return undefined
  return { kind: which === 'before' ? 'appears' : 'vanishes', name, unit: unitOf(before ?? after), user }
}

function twiceIn(name: string, own: readonly Candidate[]): Finding[] {
  const [other, one] = own.filter(({ strength }) => strength === 'strong')
  return other === undefined || one === undefined ? [] : [{ kind: 'twice', name, unit: one.unit, other: other.unit }]
}

/** One of several equals that changed speaks for all of them only where all did. */
function unclearIn(name: string, kept: readonly Candidate[], isChanged: (candidate: Candidate) => boolean): Finding[] {
  const changed = kept.find(isChanged)
  const other = kept.find(candidate => !isChanged(candidate))
  if (changed === undefined || other === undefined) return []
  return [{ kind: 'unclear', name, unit: changed.unit, other: other.unit }]
}

/**
 * Of weak ones the linker takes the first that it meets, in an order that is not known. So one that goes may have been it,
 * and one that comes may be; unless all are the same by the language.
 */
function eitherOf(name: string, before: Winners | undefined, after: Winners): Finding[] {
  if (after.strength !== 'weak') return []
  const old = before?.strength === 'weak' ? before.units : []
  const all = [...old, ...after.units]
  if (all.every(({ isCopy }) => isCopy === true)) return []
  const isIn = (units: readonly Candidate[], { unit }: Candidate) => units.some(each => each.unit === unit)
  const [one] = [...old.filter(each => !isIn(after.units, each)), ...after.units.filter(each => !isIn(old, each))]
  const other = all.find(({ unit }) => unit !== one?.unit)
  return one === undefined || other === undefined ? [] : [{ kind: 'either', name, unit: one.unit, other: other.unit }]
}

function candidates(name: string, units: readonly (readonly [string, Definitions])[]): Candidate[] {
  return units.flatMap(([unit, definitions]) => {
    const found = definitions.get(name)
    return found === undefined ? [] : [{ unit, ...found }]
  })
}

const ORDER: readonly Strength[] = ['strong', 'common', 'weak']

function winners(all: readonly Candidate[]): Winners | 'several' | undefined {
  const strength = ORDER.find(each => all.some(candidate => candidate.strength === each))
  if (strength === undefined) return undefined
  const units = all.filter(candidate => candidate.strength === strength)
  return strength === 'strong' && units.length > 1 ? 'several' : { strength, units }
}

/** Of definitions that are all new: the largest, the first among equals. */
function representative({ units }: Winners): string {
  const [first, ...rest] = units
  return rest.reduce((best, each) => (each.size > (best?.size ?? 0) ? each : best), first)?.unit ?? ''
}

/** The unit whose definition counted and still does; undefined where that is another one now, or may be. */
function stays(before: Winners, after: Winners): string | undefined {
  const [kept] = both(before, after)
  if (kept === undefined) return undefined
  const isOneOfMany = before.units.length > 1 || after.units.length > 1
  return before.strength !== after.strength && isOneOfMany ? undefined : kept.unit
}

function both(before: Winners, after: Winners): readonly Candidate[] {
  return before.units.filter(({ unit }) => after.units.some(other => other.unit === unit))
}

function unitOf(found: Winners | undefined): string {
  return found?.units.map(({ unit }) => unit).join(' or ') ?? ''
}
