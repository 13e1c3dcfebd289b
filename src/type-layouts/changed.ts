/** The types of one unit that differ between its two texts, each with what differs; causes told from consequences. */
import type { Place, TypeId } from '../dwarf/index.ts'
import { byteKinds } from './byte-kinds.ts'
import { Comparison, type Difference } from './comparison.ts'
import type { ShapeUnit } from './model.ts'
import { type Shaped, type TypeKey, UnitTypes } from './unit-types.ts'

export interface Changed {
  readonly key: TypeKey
  readonly names: readonly string[]
  readonly differences: readonly Difference[]
  /** Keys of changed types that it holds by value, where they explain all that differs; empty for a cause. */
  readonly because: readonly TypeKey[]
  readonly place: Place | undefined
  /** Static data of a type without a name: it is its own witness. */
  readonly isData: boolean
  /** Of data: what was a number, a fraction or a pointer still is one, so that the value that is there keeps its sense. */
  readonly keepsKinds?: boolean
}

/** A unit with its types on both sides and what changed among them. */
export interface ComparedUnit {
  readonly shape: ShapeUnit
  readonly comparison: Comparison
  readonly changed: ReadonlyMap<TypeKey, Changed>
}

export function compareUnitTypes(shape: ShapeUnit): ComparedUnit {
  const comparison = new Comparison(new UnitTypes(shape.original), new UnitTypes(shape.patched))
  const found = new Map<TypeKey, Changed>()
  const { before, after } = comparison
  for (const key of before.byKey.keys()) {
    const [a, b] = [before.complete(key), after.complete(key)]
    if (a === undefined || b === undefined) continue
    const differences = comparison.differences(a, b)
    if (differences.length === 0) continue
    const names = [...namesOf(key), ...(before.aliases.get(key) ?? [])]
    found.set(key, { key, names, differences, because: [], place: b.place ?? a.place, isData: false })
  }
  for (const each of [...changedConstants(comparison), ...changedData(shape, comparison)]) found.set(each.key, each)
  const changed = new Map(
    [...found].map(([key, each]) => [key, { ...each, because: causesOf(comparison, found, each) }]),
  )
  return { shape, comparison, changed }
}

/** `domain` for `struct domain`; `local` and `local in f` for `struct local in f`. Names of C++ may hold blanks. */
function namesOf(key: TypeKey): readonly string[] {
  const name = key.slice(key.indexOf(' ') + 1)
  return [name.replace(/ in .*$/s, ''), name]
}

/** Enumerations without a name: what they name are plain numbers, and where those are kept cannot be seen. */
function changedConstants({ before, after }: Comparison): readonly Changed[] {
  const values = new Map<string, bigint>()
  for (const type of after.unit.types.values())
    if (type.kind === 'enum') for (const [name, value] of type.values) values.set(`${type.scope} ${name}`, value)
  const found: Changed[] = []
  for (const [id, type] of before.unit.types) {
    if (type.kind !== 'enum' || before.keyOf(id) !== undefined) continue
    const differences = [...type.values].flatMap(([name, value]): Difference[] => {
      const now = values.get(`${type.scope} ${name}`)
      return now === undefined || now === value ? [] : [{ what: 'value', text: `${name} was ${value} and is ${now}` }]
    })
    const [first = ''] = type.values.keys()
    const names = [...type.values.keys()]
    const key = `enum { ${first}, … }`
    if (differences.length > 0) found.push({ key, names, differences, because: [], place: type.place, isData: false })
  }
  return found
}

/** Static data that keeps its size and changes its meaning; other sizes are seen in the objects. */
function changedData({ statics }: ShapeUnit, comparison: Comparison): readonly Changed[] {
  const { before, after } = comparison
  const now = new Map(dataOf(after, statics).map(({ name, ...rest }) => [name, rest]))
  return dataOf(before, statics).flatMap(({ name, type, place }): Changed[] => {
    const other = now.get(name)
    if (other === undefined || comparison.isSame(type, other.type)) return []
    if (before.isConstant(type) || before.sizeOf(type) !== after.sizeOf(other.type)) return []
    const [from, to] = [before.words(type), after.words(other.type)]
    const text = from === to ? `the meaning of ${from} changed` : `it was ${from} and is ${to}`
    const differences: Difference[] = [{ what: 'retyped', text }]
    const kinds = byteKinds(before, type)
    const keepsKinds = kinds !== undefined && kinds === byteKinds(after, other.type)
    const rest = { because: [], place: other.place ?? place, isData: true, keepsKinds }
    return [{ key: `data ${name}`, names: [name], differences, ...rest }]
  })
}

interface Data {
  readonly name: string
  readonly type: TypeId
  readonly place: Place | undefined
}

/** Top-level data, and static data of functions, which the object has under the same name with a number. */
function dataOf({ unit }: UnitTypes, inObject: ReadonlySet<string>): readonly Data[] {
  const statics = unit.functions.flatMap(({ name, locals, place }) =>
    locals
      .filter(local => inObject.has(`${local.name}.`))
      .map(local => ({ name: `${local.name} of ${name}`, type: local.type, place })),
  )
  return [...unit.variables, ...statics]
}

const CONSEQUENCES: ReadonlySet<Difference['what']> = new Set(['size', 'moved'])

/**
 * What explains all of a change: members keep their order, none is new or gone, and the first that moved comes after a
 * member that holds another changed type.
 */
function causesOf(comparison: Comparison, changed: ReadonlyMap<TypeKey, Changed>, each: Changed): readonly TypeKey[] {
  if (!each.differences.every(({ what }) => CONSEQUENCES.has(what))) return []
  const { before, after } = comparison
  const [a, b] = [before.complete(each.key), after.complete(each.key)]
  if (a === undefined || b === undefined || a.kind === 'enum' || b.kind === 'enum') return []
  if (orderOf(a) !== orderOf(b)) return []
  const moved = Math.min(...each.differences.map(({ bitOffset }) => bitOffset ?? Number.POSITIVE_INFINITY))
  const inside = a.members.flatMap(member =>
    [...before.leads(member.type).byValue]
      .filter(key => key !== each.key && changed.has(key))
      .map(key => ({ key, bitOffset: member.bitOffset })),
  )
  const first = Math.min(...inside.map(({ bitOffset }) => bitOffset))
  return first < moved ? [...new Set(inside.map(({ key }) => key))] : []
}

function orderOf(type: Shaped): string {
  if (type.kind === 'enum') return ''
  return [...type.members]
    .sort((one, other) => one.bitOffset - other.bitOffset)
    .map(({ name }) => name ?? '')
    .join(' ')
}
