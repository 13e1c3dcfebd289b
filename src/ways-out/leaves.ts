/** What lies at a place of a variable, by its type: the member or element, with its words. */
import type { DebugUnit, TypeId } from '../dwarf/index.ts'
import type { UnitTypes } from '../type-layouts/unit-types.ts'

/** The smallest part with a type of its own. */
export interface Leaf {
  readonly offset: number
  readonly size: number
  readonly path: string
  readonly type: string
  readonly kind: 'number' | 'signed' | 'pointer' | 'text' | 'other'
  /** The names of an enumeration's values. */
  readonly values?: ReadonlyMap<string, bigint>
}

export interface TypedVariable {
  readonly id: TypeId
  readonly place: string | undefined
}

/** DWARF 5, section 7.8: encodings whose numbers have a sign, and those of characters. */
const SIGNED: ReadonlySet<number> = new Set([5, 6, 13])
const CHARACTERS: ReadonlySet<number> = new Set([6, 8])

/**
 * The variable that a data object is, by the names that the source may give it. Undefined where there is none of that size,
 * or several which are declared alike in different functions.
 */
export function variableOf(types: UnitTypes, names: readonly string[], size: number): TypedVariable | undefined {
  const { variables, functions }: DebugUnit = types.unit
  const isIt = ({ name, type }: { readonly name: string; readonly type: TypeId }) =>
    names.includes(name) && types.sizeOf(type) === size
  const global = variables.find(isIt)
  if (global !== undefined) {
    const { place, type } = variables.find(each => isIt(each) && !each.declared) ?? global
    return { id: type, place: place === undefined ? undefined : `${place.file}:${place.line}` }
  }
  const locals = functions.flatMap(({ locals, name }) => locals.filter(isIt).map(local => ({ ...local, in: name })))
  const [only, ...others] = locals
  if (only === undefined || others.some(({ type }) => types.words(type) !== types.words(only.type))) return undefined
  return { id: only.type, place: others.length === 0 ? `${only.in}()` : undefined }
}

/** What lies at `offset` of a type; undefined where nothing does, or where it depends. */
export function leafAt(types: UnitTypes, id: TypeId, offset: number): Leaf | undefined {
  const bare = types.bare(id)
  const type = types.type(bare)
  const size = types.sizeOf(id)
  if (type === undefined || size === undefined || offset < 0 || offset >= size) return undefined
  const plain = { offset: 0, size, path: '', type: types.words(id) }
  switch (type.kind) {
    case 'base':
      return { ...plain, kind: SIGNED.has(type.encoding) ? 'signed' : 'number' }
    case 'enum':
      return { ...plain, kind: type.signed ? 'signed' : 'number', values: type.values }
    case 'pointer':
      return { ...plain, kind: 'pointer' }
    case 'array':
      return inArray(types, { ...plain, of: type.of, bounds: type.bounds }, offset)
    case 'struct': {
      const member = type.members.find(each => {
        const start = Math.trunc(each.bitOffset / 8)
        return offset >= start && offset < start + (types.sizeOf(each.type) ?? 0)
      })
      // Bits share their bytes.
      if (member === undefined || member.bitSize !== undefined) return undefined
      const start = member.bitOffset / 8
      const inner = leafAt(types, member.type, offset - start)
      const step = member.name === undefined ? '' : `.${member.name}`
      return inner && { ...inner, offset: inner.offset + start, path: step + inner.path }
    }
    default:
      return undefined
  }
}

interface ArrayLeaf extends Omit<Leaf, 'kind'> {
  readonly of: TypeId
  readonly bounds: readonly (number | undefined)[]
}

function inArray(types: UnitTypes, { of, bounds, ...plain }: ArrayLeaf, offset: number): Leaf | undefined {
  const element = types.type(types.bare(of))
  const size = types.sizeOf(of)
  if (size === undefined || size === 0) return undefined
  if (element?.kind === 'base' && CHARACTERS.has(element.encoding) && element.size === 1 && bounds.length === 1)
    return { ...plain, kind: 'text' }
  const at = Math.trunc(offset / size)
  const inner = leafAt(types, of, offset - at * size)
  return inner && { ...inner, offset: inner.offset + at * size, path: stepsOf(at, bounds) + inner.path }
}

/** `[1][2]` for the position of an element. */
function stepsOf(position: number, bounds: readonly (number | undefined)[]): string {
  let rest = position
  const steps: string[] = []
  for (const bound of bounds.slice(1).toReversed()) {
    const count = bound ?? 1
    steps.unshift(`[${rest % count}]`)
    rest = Math.trunc(rest / count)
  }
  return `[${rest}]${steps.join('')}`
}
