/** Functions whose result surely fits into one register, by the compiler's own word of both texts. Part of the pipeline. */
import type { DebugUnit, TypeId } from '../../dwarf/model.ts'
import type { Declarations } from '../../trees/index.ts'

/** Of every machine that is known here, in bytes. */
const REGISTER = 8

/** By unit; nothing is known of units that are not in it. */
export function singleResults({ compared }: Declarations): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    compared.map(({ unit, original, patched }) => {
      const wide = new Set<string>()
      const all = new Set<string>()
      for (const side of [original, patched]) {
        for (const { name, prototype } of side.functions) {
          all.add(name)
          const size = sizeOf(side, prototype.returns)
          if (size === undefined || size > REGISTER) wide.add(name)
        }
      }
      return [unit.unit, new Set([...all].filter(name => !wide.has(name)))] as const
    }),
  )
}

/** In bytes, 0 for nothing; undefined where it is not known. */
function sizeOf(unit: DebugUnit, id: TypeId, depth = 0): number | undefined {
  if (id === 0) return 0
  const type = unit.types.get(id)
  // Names of names go no deeper in any source.
  if (type === undefined || depth > 100) return undefined
  switch (type.kind) {
    case 'typedef':
    case 'qualified':
      return sizeOf(unit, type.of, depth + 1)
    case 'base':
    case 'pointer':
      return type.size
    case 'struct':
    case 'union':
    case 'enum':
      return type.declared ? undefined : type.size
    default:
      return undefined
  }
}
