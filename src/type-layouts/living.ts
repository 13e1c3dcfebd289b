/**
 * Whether objects of a changed type can be there when the patch is applied. It is tempting to look for members that
 * moved in code that stays; but code that stays compiles to the same bytes with either layout, or it would not stay. What
 * breaks is the data that already exists.
 *
 * So a change is harmless only where every trace of the type leads to variables of functions that the payload replaces:
 * no static data holds or points to it, no other type does that lives, no function that stays knows it, no pointer
 * variable could lead to the heap, and the text never takes its size or casts to it. In doubt it lives.
 */
import type { DebugFunction } from '../dwarf/index.ts'
import { type ComparedUnit, compareUnitTypes } from './changed.ts'
import type { ShapeQuestions, ShapeUnit } from './model.ts'
import type { TypeKey, UnitTypes } from './unit-types.ts'

/** Why a type lives, as far as debug information tells. */
export type Reasons = ReadonlyMap<TypeKey, string>

/** The types that live, each with the first trace that was found. */
export function livingTypes(units: readonly ComparedUnit[]): Reasons {
  const reasons = new Map<TypeKey, string>()
  const defined = new Set(units.flatMap(({ shape }) => ownFunctions(shape.original.functions).map(({ name }) => name)))
  for (const unit of units) {
    for (const [key, why] of dataTraces(unit)) note(reasons, key, why)
    for (const used of unit.shape.original.functions) {
      const isElsewhere = used.declared && !defined.has(used.name)
      for (const [key, why] of isElsewhere ? elsewhereTraces(unit, used) : functionTraces(unit, used))
        note(reasons, key, why)
    }
  }
  const living = passedOn(reasons, holdersOf(units))
  // Neither debug information nor a look for sizeof shows what `new`, closures and derived classes make.
  for (const types of units.map(typesOf).filter(({ unit }) => unit.isCplusplus))
    for (const key of types.byKey.keys()) note(living, key, 'code of C++ may have made objects of it')
  return living
}

/**
 * Types that live whatever becomes of the functions, and whatever other units say: all that is told here of a unit is told
 * of it beside any others too. What is only declared is left out, since it may be defined in one of them, and replaced there.
 */
export function surelyLiving(
  shapes: readonly Pick<ShapeUnit, 'unit' | 'original' | 'patched' | 'pathOf'>[],
): ReadonlySet<TypeKey> {
  const none = new Set<string>()
  const units = shapes.map(shape => {
    const original = { ...shape.original, functions: ownFunctions(shape.original.functions) }
    return compareUnitTypes({ ...shape, original, kept: none, replaced: none, statics: none, referredTo: () => [] })
  })
  const living = livingTypes(units)
  const changed = units.flatMap(unit => [...unit.changed.values()])
  return new Set(changed.filter(({ key, because }) => because.length === 0 && living.has(key)).map(({ key }) => key))
}

type Trace = readonly [TypeKey, string]

function note(reasons: Map<TypeKey, string>, key: TypeKey, why: string): void {
  if (!reasons.has(key)) reasons.set(key, why)
}

function dataTraces(unit: ComparedUnit): readonly Trace[] {
  return typesOf(unit).unit.variables.flatMap(({ name, type }) =>
    typesOf(unit)
      .leads(type)
      .all.map(([key, how]): Trace => [key, `it is ${how} by static data (${name})`]),
  )
}

function elsewhereTraces(unit: ComparedUnit, { name, prototype }: DebugFunction): readonly Trace[] {
  const all = [prototype.returns, ...prototype.parameters].flatMap(type => typesOf(unit).leads(type).all)
  return all.map(([key]): Trace => [key, `${name}, which is not compiled again, uses it`])
}

function functionTraces(unit: ComparedUnit, used: DebugFunction): readonly Trace[] {
  const { name, declared, prototype, locals } = used
  // What is only declared here is looked at where its code is.
  if (declared) return []
  const types = typesOf(unit)
  const variables = locals.map(({ type }) => type)
  if (!isReplaced(unit, name)) {
    const all = [prototype.returns, ...prototype.parameters, ...variables].flatMap(type => types.leads(type).all)
    return all.map(([key]): Trace => [key, `${name}, which stays as it is, uses it`])
  }
  const given = types.leads(prototype.returns).all.filter(([, how]) => how === 'pointed to')
  const local = locals.flatMap(each => {
    const isStatic = unit.shape.statics.has(`${each.name}.`)
    const all = types.leads(each.type).all.filter(([, how]) => isStatic || how === 'pointed to')
    const why = isStatic ? 'may have static data of it' : 'has a pointer to it, which may lead to the heap'
    return all.map(([key]): Trace => [key, `${name} ${why}`])
  })
  return [...given.map(([key]): Trace => [key, `${name} gives back a pointer to it`]), ...local]
}

function ownFunctions(functions: readonly DebugFunction[]): readonly DebugFunction[] {
  return functions.filter(({ declared }) => !declared)
}

function typesOf({ comparison }: ComparedUnit): UnitTypes {
  return comparison.before
}

/** All code of the function goes. One without code of its own is part of others: then all of those must go. */
function isReplaced({ shape }: ComparedUnit, name: string): boolean {
  if (shape.kept.has(name)) return false
  return shape.replaced.has(name) || shape.kept.size === 0
}

/** For each type, the types that hold or point to it. */
function holdersOf(units: readonly ComparedUnit[]): ReadonlyMap<TypeKey, ReadonlyMap<TypeKey, string>> {
  const holders = new Map<TypeKey, Map<TypeKey, string>>()
  for (const unit of units) {
    const types = typesOf(unit)
    for (const holder of types.byKey.keys()) {
      const type = types.complete(holder)
      if (type === undefined || type.kind === 'enum') continue
      for (const [key, how] of type.members.flatMap(member => types.leads(member.type).all)) {
        const known = holders.get(key) ?? new Map<TypeKey, string>()
        if (holder !== key && !known.has(holder)) known.set(holder, `it is ${how} by`)
        holders.set(key, known)
      }
    }
  }
  return holders
}

/** What a living type holds lives with it. */
function passedOn(reasons: Map<TypeKey, string>, holders: ReturnType<typeof holdersOf>): Map<TypeKey, string> {
  const held = new Map<TypeKey, [TypeKey, string][]>()
  for (const [key, by] of holders)
    for (const [holder, how] of by) held.set(holder, [...(held.get(holder) ?? []), [key, how]])
  const queue = [...reasons.keys()]
  for (let holder = queue.shift(); holder !== undefined; holder = queue.shift()) {
    for (const [key, how] of held.get(holder) ?? []) {
      if (reasons.has(key)) continue
      reasons.set(key, `${how} ${holder}, and of that ${reasons.get(holder)}`.replace(LONG, ' and so on'))
      queue.push(key)
    }
  }
  return reasons
}

/** Three links of a chain are enough for people. */
const LONG = /(?<=(?:, and of that .*){3}), and of that .*/

/** A type and all that hold it, as a pattern for what the text may call them: a tag behind its word, a typedef alone. */
function namesOf(units: readonly ComparedUnit[], keys: Iterable<TypeKey>): string {
  const names = new Set<string>()
  for (const key of keys) {
    const [kind = '', name = ''] = key.split(' ')
    names.add(kind === 'typedef' ? name : `${kind}\\s+${name}`)
    for (const unit of units) for (const alias of typesOf(unit).aliases.get(key) ?? []) names.add(alias)
  }
  return `\\b(?:${[...names].join('|')})\\b`
}

/** Why a type lives after all, by the text of the units that know it; asked only where nothing else says that it lives. */
export function textReason(
  units: readonly ComparedUnit[],
  key: TypeKey,
  textOf: ShapeQuestions['textOf'],
): string | undefined {
  const names = namesOf(units, [key, ...(holdersOf(units).get(key)?.keys() ?? [])])
  const named = new RegExp(names)
  const used = new RegExp(`${names}(?!\\s*\\w)|\\bstatic\\b[^;]*${names}`)
  for (const unit of units.filter(each => typesOf(each).byKey.has(key))) {
    const text = textOf(unit.shape.unit)
    if (text === undefined) return 'its text could not be looked at'
    const takes = new Set(takersOf(unit, key))
    for (const { name, text: body } of text.bodies) {
      if (named.test(body) && used.test(body)) return `${name} may have an object of it that outlives a call`
      if (takes.has(name) && /\bsizeof\b/.test(body)) return `${name} may copy it`
    }
    if (new RegExp(`\\b(?:sizeof|typeof|__typeof__)\\s*\\([^()]*${names}`).test(text.around))
      return 'its size is taken outside of functions'
  }
  return undefined
}

/** Functions with a parameter of the type. */
function takersOf(unit: ComparedUnit, key: TypeKey): readonly string[] {
  const types = typesOf(unit)
  const takes = ({ prototype }: DebugFunction) =>
    prototype.parameters.some(type => types.leads(type).all.some(([each]) => each === key))
  return unit.shape.original.functions.filter(takes).map(({ name }) => name)
}

export interface Users {
  readonly functions: readonly string[]
  readonly data: readonly string[]
}

/** The functions and static data of all units that lead to a type without passing through another. */
export function usersOf(units: readonly ComparedUnit[], key: TypeKey): Users {
  const functions = new Set<string>()
  const data = new Set<string>()
  for (const unit of units) {
    const types = typesOf(unit)
    const leads = (type: number) => types.leads(type).all.some(([each]) => each === key)
    for (const { name, type } of types.unit.variables) if (leads(type)) data.add(name)
    for (const { name, declared, prototype, locals } of ownFunctions(types.unit.functions)) {
      const all = [prototype.returns, ...prototype.parameters, ...locals.map(({ type }) => type)]
      if (!declared && all.some(leads)) functions.add(name)
    }
  }
  return { functions: [...functions].sort(), data: [...data].sort() }
}
