/** How a type's bytes are used, in words without a blank: the same where what one code wrote another may read. */
import type { TypeId } from '../dwarf/index.ts'
import type { UnitTypes } from './unit-types.ts'

/** What is behind a pointer is not looked at. Undefined where the type, or one in it, is not known. */
export function layoutWords(types: UnitTypes, id: TypeId): string | undefined {
  const type = types.type(types.bare(id))
  if (type === undefined || type.kind === 'other' || type.kind === 'function') return undefined
  if (type.kind === 'pointer') return '*'
  if (type.kind === 'array') {
    const element = layoutWords(types, type.of)
    return element && `${element}[${type.bounds.join('][')}]`
  }
  if (type.kind === 'base') return `${type.name.replaceAll(' ', '_')}:${type.size}`
  if (type.kind === 'enum') return `enum:${type.size}`
  if (type.kind !== 'struct' && type.kind !== 'union') return undefined
  if (type.declared) return undefined
  const members = type.members.map(({ name = '', type: of, bitOffset, bitSize = '' }) => {
    const words = layoutWords(types, of)
    return words && `${bitOffset}/${bitSize}${name}=${words}`
  })
  return members.includes(undefined) ? undefined : `${type.kind}:${type.size}{${members.join(';')}}`
}
