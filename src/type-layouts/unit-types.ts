/**
 * The types of one unit by the names that the source gives them, and what each type leads to.
 *
 * A structure's key is its tag, or for one without a tag the typedef that names it. Types without any name have no key:
 * they belong to what holds them.
 */
import {
  type Aggregate,
  type DebugType,
  type DebugUnit,
  type Enumeration,
  type Prototype,
  type TypeId,
  VOID,
} from '../dwarf/index.ts'

/** `struct domain`, `enum kind`, `typedef mfn_t`; with the function that it is declared in, where it is in one. */
export type TypeKey = string

export type Shaped = Aggregate | Enumeration

/** Keyed types that a type leads to without passing through another keyed one. */
export interface Leads {
  readonly byValue: ReadonlySet<TypeKey>
  readonly byPointer: ReadonlySet<TypeKey>
  /** Both, those behind pointers first. */
  readonly all: readonly (readonly [key: TypeKey, how: 'held' | 'pointed to'])[]
}

const NOWHERE: Leads = { byValue: new Set(), byPointer: new Set(), all: [] }

export class UnitTypes {
  readonly unit: DebugUnit
  /** Complete types where there are, and else what is only declared. */
  readonly byKey: ReadonlyMap<TypeKey, TypeId>
  /** Names that a typedef gives to a keyed type. */
  readonly aliases: ReadonlyMap<TypeKey, readonly string[]>
  readonly #typedefOf = new Map<TypeId, string>()
  readonly #leads = new Map<TypeId, Leads>()

  constructor(unit: DebugUnit) {
    this.unit = unit
    for (const type of unit.types.values()) {
      if (type.kind !== 'typedef') continue
      const to = this.#withoutQualifiers(type.of)
      const target = unit.types.get(to)
      if (target !== undefined && isShaped(target) && target.name === undefined && !this.#typedefOf.has(to))
        this.#typedefOf.set(to, type.name)
    }
    const byKey = new Map<TypeKey, TypeId>()
    for (const [id, type] of unit.types) {
      const key = this.keyOf(id)
      if (key !== undefined && isShaped(type) && (!type.declared || !byKey.has(key))) byKey.set(key, id)
    }
    this.byKey = byKey
    this.aliases = this.#aliases()
  }

  /** The key of a structure, union or enum itself; undefined for other types and for unnamed ones. */
  keyOf(id: TypeId): TypeKey | undefined {
    const type = this.unit.types.get(id)
    if (type === undefined || !isShaped(type)) return undefined
    const name = type.name === undefined ? this.#typedefOf.get(id) : `${type.kind} ${type.name}`
    const key = type.name === undefined && name !== undefined ? `typedef ${name}` : name
    return key === undefined || type.scope === undefined ? key : `${key} in ${type.scope}`
  }

  type(id: TypeId): DebugType | undefined {
    return this.unit.types.get(id)
  }

  /** The type under typedefs and qualifiers. */
  bare(id: TypeId): TypeId {
    let at = id
    for (let type = this.type(at); type !== undefined; type = this.type(at)) {
      if (type.kind !== 'typedef' && type.kind !== 'qualified') return at
      at = type.of
    }
    return at
  }

  /** In bytes; undefined where that cannot be told, and for what has none. */
  sizeOf(id: TypeId): number | undefined {
    const type = this.type(this.bare(id))
    if (type === undefined || type.kind === 'function' || type.kind === 'other') return undefined
    if (type.kind !== 'array') return 'size' in type ? type.size : undefined
    return type.bounds.reduce<number | undefined>(
      (product, bound) => (product === undefined || bound === undefined ? undefined : product * bound),
      this.sizeOf(type.of),
    )
  }

  /** A structure, union or enum with its members; undefined where the unit only knows its name. */
  complete(key: TypeKey): Shaped | undefined {
    const type = this.type(this.byKey.get(key) ?? VOID)
    return type === undefined || !isShaped(type) || type.declared ? undefined : type
  }

  /** Whether nothing can change what the type's objects hold: they are `const` themselves. */
  isConstant(id: TypeId): boolean {
    const type = this.type(id)
    if (type?.kind === 'qualified') return type.constant || this.isConstant(type.of)
    return type?.kind === 'typedef' || type?.kind === 'array' ? this.isConstant(type.of) : false
  }

  leads(id: TypeId): Leads {
    const known = this.#leads.get(id)
    if (known !== undefined) return known
    const found = { byValue: new Set<TypeKey>(), byPointer: new Set<TypeKey>() }
    this.#follow(id, found, false)
    const pointed = [...found.byPointer].map(key => [key, 'pointed to'] as const)
    const all = [...pointed, ...[...found.byValue].map(key => [key, 'held'] as const)]
    const leads = all.length === 0 ? NOWHERE : { ...found, all }
    this.#leads.set(id, leads)
    return leads
  }

  #follow(id: TypeId, found: { byValue: Set<TypeKey>; byPointer: Set<TypeKey> }, through: boolean): void {
    const bare = this.bare(id)
    const type = this.type(bare)
    const key = this.keyOf(bare)
    if (type === undefined) return
    if (key !== undefined) (through ? found.byPointer : found.byValue).add(key)
    else if (type.kind === 'pointer') this.#follow(type.to, found, true)
    else if (type.kind === 'array') this.#follow(type.of, found, through)
    else if (type.kind === 'function') for (const part of partsOf(type)) this.#follow(part, found, true)
    else if (type.kind === 'struct' || type.kind === 'union')
      for (const member of type.members) this.#follow(member.type, found, through)
  }

  /** The type as C spells it, near enough for people. */
  words(id: TypeId): string {
    const type = this.type(id)
    if (type === undefined) return 'void'
    switch (type.kind) {
      case 'struct':
      case 'union':
      case 'enum':
        return type.name === undefined ? `${type.kind} {…}` : `${type.kind} ${type.name}`
      case 'base':
      case 'typedef':
        return type.name
      case 'pointer':
        return this.type(type.to)?.kind === 'function'
          ? this.words(type.to).replace('(', '(*)(')
          : `${this.words(type.to)} ${type.sign}`.replace('* *', '**')
      case 'array':
        return `${this.words(type.of)}${type.bounds.map(bound => `[${bound ?? ''}]`).join('')}`
      case 'qualified':
        return type.constant ? `const ${this.words(type.of)}`.replace(/^const const /, 'const ') : this.words(type.of)
      case 'function':
        return `${this.words(type.returns)} (${this.parameterWords(type)})`
      case 'other':
        return 'an unknown type'
    }
  }

  parameterWords({ parameters, variadic }: Prototype): string {
    const list = [...parameters.map(each => this.words(each)), ...(variadic ? ['...'] : [])]
    return list.length === 0 ? 'void' : list.join(', ')
  }

  #withoutQualifiers(id: TypeId): TypeId {
    const type = this.type(id)
    return type?.kind === 'qualified' ? this.#withoutQualifiers(type.of) : id
  }

  #aliases(): ReadonlyMap<TypeKey, readonly string[]> {
    const aliases = new Map<TypeKey, string[]>()
    for (const [id, type] of this.unit.types) {
      if (type.kind !== 'typedef') continue
      const key = this.keyOf(this.bare(id))
      if (key !== undefined) aliases.set(key, [...(aliases.get(key) ?? []), type.name])
    }
    return aliases
  }
}

export function isShaped(type: DebugType): type is Shaped {
  return type.kind === 'struct' || type.kind === 'union' || type.kind === 'enum'
}

function partsOf({ returns, parameters }: Prototype): readonly TypeId[] {
  return [returns, ...parameters]
}
