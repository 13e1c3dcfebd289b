/** What each byte of a type is a part of: by this a value that stays is told from one that would be taken for another. */
import type { TypeId } from '../dwarf/index.ts'
import type { UnitTypes } from './unit-types.ts'

/** DWARF 5, section 5.1.1: complex and binary floating point, imaginary, decimal floating point. */
const FRACTIONS: ReadonlySet<number> = new Set([3, 4, 9, 15])
/** Larger data is not looked at. */
const MOST = 4096

/** A letter for each byte: a number, a fraction, a pointer, padding; undefined where that is not known, or depends. */
export function byteKinds(types: UnitTypes, id: TypeId): string | undefined {
  const size = types.sizeOf(id)
  const type = types.type(types.bare(id))
  if (type === undefined || size === undefined || size > MOST) return undefined
  switch (type.kind) {
    case 'base':
      return (FRACTIONS.has(type.encoding) ? 'f' : 'n').repeat(size)
    case 'enum':
      return 'n'.repeat(size)
    case 'pointer':
      // One to a member is a number, or two.
      return type.sign === '::*' ? undefined : 'p'.repeat(size)
    case 'array': {
      const one = byteKinds(types, type.of)
      return one === undefined || one.length === 0 ? undefined : one.repeat(size / one.length)
    }
    case 'struct': {
      const bytes = Array.from({ length: size }, () => '-')
      for (const member of type.members) {
        const own = byteKinds(types, member.type)
        if (own === undefined) return undefined
        const at = Math.trunc(member.bitOffset / 8)
        const { bitSize = own.length * 8 } = member
        const length = Math.ceil(((member.bitOffset % 8) + bitSize) / 8)
        for (let byte = 0; byte < length; byte++) bytes[at + byte] = own[byte] ?? 'n'
      }
      return bytes.join('')
    }
    default:
      return undefined
  }
}
