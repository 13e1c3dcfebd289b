/**
 * Whether a type is laid out and means the same in two units, and if not, what differs.
 *
 * A named structure inside another, or behind a pointer, counts as the same when it has the same name: it is compared
 * by itself. A new name counts as another spelling only where the old one is gone and the new one is new; where both
 * exist on both sides, one took the other's place, and data that exists would be taken for something else.
 */
import type { Aggregate, DebugType, Enumeration, Member, Prototype, TypeId } from '../dwarf/index.ts'
import { isShaped, type Shaped, type UnitTypes } from './unit-types.ts'

export interface Difference {
  readonly what: 'size' | 'alignment' | 'moved' | 'retyped' | 'gone' | 'added' | 'value' | 'kind'
  readonly text: string
  /** Of the member; undefined for the type as a whole. */
  readonly bitOffset?: number
}

/** A member of a structure or union; those of anonymous ones inside are counted as its own. */
interface Flat extends Member {
  readonly name: string
}

export class Comparison {
  readonly before: UnitTypes
  readonly after: UnitTypes
  /** Pairs of unnamed or renamed types that are being compared, or were found equal. */
  readonly #assumed = new Map<string, boolean>()

  constructor(before: UnitTypes, after: UnitTypes) {
    this.before = before
    this.after = after
  }

  /** Whether an object of the one type is an object of the other, as whoever holds it sees it. */
  isSame(before: TypeId, after: TypeId): boolean {
    const [idA, idB] = [this.before.bare(before), this.after.bare(after)]
    const [a, b] = [this.before.type(idA), this.after.type(idB)]
    if (a === undefined || b === undefined) return a === b
    if (isShaped(a) && isShaped(b)) return this.#isSameShaped(idA, idB, a, b)
    if (a.kind === 'base' && b.kind === 'base') return a.size === b.size && a.encoding === b.encoding
    if (a.kind === 'pointer' && b.kind === 'pointer') return a.size === b.size && this.isSame(a.to, b.to)
    if (a.kind === 'array' && b.kind === 'array') return sameBounds(a.bounds, b.bounds) && this.isSame(a.of, b.of)
    if (a.kind === 'function' && b.kind === 'function') return this.isSamePrototype(a, b)
    // What is put into a structure of its own, or taken out of one, lies where it lay.
    const [only, otherOnly] = [onlyMember(a), onlyMember(b)]
    if (only !== undefined && !isShaped(b)) return this.#isSameSize(before, after) && this.isSame(only, after)
    if (otherOnly !== undefined && !isShaped(a))
      return this.#isSameSize(before, after) && this.isSame(before, otherOnly)
    return false
  }

  #isSameSize(before: TypeId, after: TypeId): boolean {
    const size = this.before.sizeOf(before)
    return size !== undefined && size === this.after.sizeOf(after)
  }

  isSamePrototype(a: Prototype, b: Prototype): boolean {
    return (
      a.variadic === b.variadic &&
      a.parameters.length === b.parameters.length &&
      this.#isPassedTheSame(a.returns, b.returns) &&
      a.parameters.every((parameter, at) => this.#isPassedTheSame(parameter, b.parameters[at] ?? -1))
    )
  }

  /** A structure of one number need not be where the number would be, nor be extended like it: that is the machine's. */
  #isPassedTheSame(before: TypeId, after: TypeId): boolean {
    const [a, b] = [this.before.type(this.before.bare(before)), this.after.type(this.after.bare(after))]
    return a?.kind === b?.kind && this.isSame(before, after)
  }

  #isSameShaped(idA: TypeId, idB: TypeId, a: Shaped, b: Shaped): boolean {
    const [keyA, keyB] = [this.before.keyOf(idA), this.after.keyOf(idB)]
    if (keyA !== undefined && keyA === keyB) return true
    if (keyA !== undefined && this.after.byKey.has(keyA)) return false
    if (keyB !== undefined && this.before.byKey.has(keyB)) return false
    if (a.declared || b.declared) return false
    const pair = `${idA} ${idB}`
    const assumed = this.#assumed.get(pair)
    if (assumed !== undefined) return assumed
    this.#assumed.set(pair, true)
    const same = this.differences(a, b).length === 0
    this.#assumed.set(pair, same)
    return same
  }

  /** What differs between two versions of a type; empty where one can stand for the other. */
  differences(a: DebugType, b: DebugType): readonly Difference[] {
    if (a.kind === 'enum' && b.kind === 'enum') return enumDifferences(a, b)
    if ((a.kind === 'struct' && b.kind === 'struct') || (a.kind === 'union' && b.kind === 'union'))
      return [...wholeDifferences(a, b), ...this.#memberDifferences(a, b)]
    return [{ what: 'kind', text: `it was a ${a.kind} and is a ${b.kind}` }]
  }

  #memberDifferences(a: Aggregate, b: Aggregate): readonly Difference[] {
    if (this.#isUntouched(a, b)) return []
    const [before, after] = [flatten(this.before, a), flatten(this.after, b)]
    const namedAfter = new Map(after.map(member => [member.name, member]))
    const namesBefore = new Set(before.map(({ name }) => name))
    const found: Difference[] = []
    const left: Flat[] = []
    for (const member of before) {
      const other = namedAfter.get(member.name)
      if (other === undefined) left.push(member)
      else found.push(...this.#memberDifference(member, other))
    }
    // What is left may have another name now; a name that was already there is not a new one.
    const fresh = after.filter(({ name }) => !namesBefore.has(name))
    const unpaired = this.#unpaired(left, fresh)
    if (
      isNothing(unpaired) ||
      isNothing(this.#unpaired(unfold(left, this.before, this.after), unfold(fresh, this.after, this.before)))
    )
      return found
    const gone = unpaired.left.map(
      ({ name, bitOffset }): Difference => ({ what: 'gone', text: `${name} is gone`, bitOffset }),
    )
    const added = unpaired.fresh.map(
      ({ name, bitOffset }): Difference => ({
        what: 'added',
        text: `${name} is new, ${placeWords(bitOffset)}`,
        bitOffset,
      }),
    )
    return [...found, ...gone, ...added]
  }

  /** The members that have no counterpart at the same place. */
  #unpaired(left: readonly Flat[], fresh: readonly Flat[]): Unpaired {
    const rest = [...fresh]
    const gone = left.filter(member => {
      const at = rest.findIndex(other => this.#memberDifference(member, other).length === 0)
      if (at !== -1) rest.splice(at, 1)
      return at === -1
    })
    return { left: gone, fresh: rest }
  }

  /** Most types are as they were, member by member. */
  #isUntouched({ members }: Aggregate, other: Aggregate): boolean {
    if (members.length !== other.members.length) return false
    return members.every((a, at) => {
      const b = other.members[at]
      if (b === undefined || a.name !== b.name || a.bitOffset !== b.bitOffset || a.bitSize !== b.bitSize) return false
      return this.isSame(a.type, b.type)
    })
  }

  #memberDifference(a: Flat, b: Flat): readonly Difference[] {
    const { bitOffset } = a
    if (!this.isSame(a.type, b.type)) {
      const [from, to] = [this.before.words(a.type), this.after.words(b.type)]
      const words = from === to ? `the meaning of ${from} changed` : `was ${from} and is ${to}`
      return [{ what: 'retyped', text: `${a.name} ${words}`, bitOffset }]
    }
    if (a.bitSize !== b.bitSize) {
      const width = ({ bitSize }: Flat) => (bitSize === undefined ? 'whole' : `${bitSize} bits wide`)
      return [{ what: 'retyped', text: `${a.name} was ${width(a)} and is ${width(b)}`, bitOffset }]
    }
    if (a.bitOffset === b.bitOffset) return []
    return [
      {
        what: 'moved',
        text: `${a.name} moved from ${offsetWords(a.bitOffset)} to ${offsetWords(b.bitOffset)}`,
        bitOffset,
      },
    ]
  }
}

interface Unpaired {
  readonly left: readonly Flat[]
  readonly fresh: readonly Flat[]
}

const isNothing = ({ left, fresh }: Unpaired) => left.length + fresh.length === 0

/** With the members of structures that the other side does not know in their place: they were put into them, or taken out. */
function unfold(members: readonly Flat[], own: UnitTypes, other: UnitTypes): readonly Flat[] {
  return members.flatMap((member): readonly Flat[] => {
    const id = own.bare(member.type)
    const [type, key] = [own.type(id), own.keyOf(id)]
    if (type?.kind !== 'struct' || type.declared || (key !== undefined && other.byKey.has(key))) return [member]
    return unfold(flatten(own, type, member.bitOffset), own, other)
  })
}

/** The type of a member that is all that a structure or union holds. */
function onlyMember(type: DebugType): TypeId | undefined {
  if ((type.kind !== 'struct' && type.kind !== 'union') || type.declared || type.alignment !== undefined)
    return undefined
  const [member, second] = type.members
  if (member === undefined || second !== undefined || member.bitSize !== undefined) return undefined
  return member.bitOffset === 0 ? member.type : undefined
}

function wholeDifferences(a: Aggregate, b: Aggregate): readonly Difference[] {
  const found: Difference[] = []
  if (a.size !== b.size) found.push({ what: 'size', text: `its size went from ${a.size} to ${b.size} bytes` })
  if ((a.alignment ?? 1) !== (b.alignment ?? 1))
    found.push({
      what: 'alignment',
      text: `its alignment went from ${a.alignment ?? 'none'} to ${b.alignment ?? 'none'}`,
    })
  return found
}

/** An added value is no difference: no data holds it yet. One that is gone may still be held. */
function enumDifferences(a: Enumeration, b: Enumeration): readonly Difference[] {
  const found: Difference[] = []
  if (a.size !== b.size || a.signed !== b.signed)
    found.push({ what: 'size', text: `it was ${a.size} bytes, ${signWords(a)}, and is ${b.size}, ${signWords(b)}` })
  const fresh = [...b.values].filter(([name]) => !a.values.has(name))
  for (const [name, value] of a.values) {
    const now = b.values.get(name)
    if (now === value) continue
    if (now !== undefined) found.push({ what: 'value', text: `${name} was ${value} and is ${now}` })
    else {
      const at = fresh.findIndex(([, other]) => other === value)
      if (at === -1) found.push({ what: 'gone', text: `${name} (${value}) is gone` })
      else fresh.splice(at, 1)
    }
  }
  return found
}

const signWords = ({ signed }: Enumeration) => (signed ? 'signed' : 'unsigned')

/** Members in the order of the source, those of unnamed structures and unions in their place. */
function flatten(types: UnitTypes, { members }: Aggregate, from = 0): readonly Flat[] {
  return members.flatMap(member => {
    const bitOffset = from + member.bitOffset
    const inner = types.type(types.bare(member.type))
    if (member.name !== undefined) return [{ ...member, name: member.name, bitOffset }]
    return inner?.kind === 'struct' || inner?.kind === 'union' ? flatten(types, inner, bitOffset) : []
  })
}

function sameBounds(a: readonly (number | undefined)[], b: readonly (number | undefined)[]): boolean {
  return a.length === b.length && a.every((bound, at) => bound === b[at])
}

const placeWords = (bitOffset: number) => `at ${offsetWords(bitOffset)}`

function offsetWords(bitOffset: number): string {
  const [byte, bit] = [Math.floor(bitOffset / 8), bitOffset % 8]
  return bit === 0 ? `byte ${byte}` : `byte ${byte} bit ${bit}`
}
