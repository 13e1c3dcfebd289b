/**
 * What of a variable lies at an offset in it, in the words of its type: a part keeps its offset where members come and
 * go, and is another one then.
 */
import { DW_AT, DW_TAG } from './constants.ts'
import type { Entry } from './entries.ts'

type Entries = ReadonlyMap<number, Entry>

/** Types that are the one they refer to. */
const SEEN_THROUGH: readonly number[] = [DW_TAG.typedef, DW_TAG.const_type, DW_TAG.volatile_type, DW_TAG.atomic_type]

/** Equal for one member of one type; empty where the type has none. Of an array of structures, all members are said. */
export function memberAt(type: Entry | undefined, offset: number, byId: Entries): string {
  if (type === undefined) return ''
  if (SEEN_THROUGH.includes(type.tag)) return memberAt(typeOf(type, byId), offset, byId)
  if (type.tag === DW_TAG.array_type) return layoutOf(typeOf(type, byId), byId)
  const before = membersOf(type).filter(member => placeOf(member) <= offset)
  const nearest = Math.max(...before.map(placeOf))
  // Several of a union, or bits of one word.
  const there = before.filter(member => placeOf(member) === nearest)
  return there.map(member => `.${nameOf(member)}${memberAt(typeOf(member, byId), offset - nearest, byId)}`).join('|')
}

/** Of an array, whether its elements are. */
export function isConstType(type: Entry | undefined, byId: Entries): boolean {
  if (type?.tag === DW_TAG.const_type) return true
  const isSeenThrough = type !== undefined && (SEEN_THROUGH.includes(type.tag) || type.tag === DW_TAG.array_type)
  return isSeenThrough && isConstType(typeOf(type, byId), byId)
}

function layoutOf(type: Entry | undefined, byId: Entries): string {
  if (type === undefined) return ''
  if (SEEN_THROUGH.includes(type.tag) || type.tag === DW_TAG.array_type) return layoutOf(typeOf(type, byId), byId)
  return membersOf(type)
    .map(member => `[${placeOf(member)}.${nameOf(member)}${layoutOf(typeOf(member, byId), byId)}]`)
    .join('')
}

const membersOf = ({ children }: Entry): readonly Entry[] => children.filter(({ tag }) => tag === DW_TAG.member)

const typeOf = ({ attributes }: Entry, byId: Entries): Entry | undefined => byId.get(Number(attributes.get(DW_AT.type)))

const nameOf = ({ attributes }: Entry): string => String(attributes.get(DW_AT.name) ?? '')

function placeOf({ attributes }: Entry): number {
  const bits = attributes.get(DW_AT.data_bit_offset)
  if (bits !== undefined) return Math.floor(Number(bits) / 8)
  return Number(attributes.get(DW_AT.data_member_location) ?? 0)
}
