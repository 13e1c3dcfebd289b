/** Debug information of one unit, as the model has it. */
import { DW_AT, DW_ATE_SIGNED, DW_ATE_SIGNED_CHAR, DW_LANG_CPLUSPLUS, DW_TAG } from './constants.ts'
import { type Entry, readEntries } from './entries.ts'
import { readFileNames } from './files.ts'
import {
  type DebugFunction,
  type DebugType,
  type DebugUnit,
  type DebugVariable,
  type Member,
  type Named,
  type Place,
  type Prototype,
  type TypeId,
  VOID,
} from './model.ts'
import type { DebugSections } from './sections.ts'

export function readDebugUnit(sections: DebugSections): DebugUnit {
  return unitOf(sections, readEntries(sections))
}

/** The units of an image whose source has a name that `wanted` takes, as one. */
export function readNamedUnit(sections: DebugSections, wanted: (name: string) => boolean): DebugUnit {
  return unitOf(sections, readEntries(sections, wanted))
}

function unitOf(sections: DebugSections, roots: readonly Entry[]): DebugUnit {
  const types = new Map<TypeId, DebugType>()
  const functions: DebugFunction[] = []
  const variables: DebugVariable[] = []
  for (const root of roots) {
    const reader = new Reader(root, readFileNames(sections, numberOf(root, DW_AT.stmt_list) ?? 0))
    reader.read({ types, functions, variables })
  }
  return { types, functions, variables, isCplusplus: roots.some(isCplusplus) }
}

function isCplusplus(root: Entry): boolean {
  return DW_LANG_CPLUSPLUS.has(numberOf(root, DW_AT.language) ?? 0)
}

interface Found {
  readonly types: Map<TypeId, DebugType>
  readonly functions: DebugFunction[]
  readonly variables: DebugVariable[]
}

class Reader {
  readonly #root: Entry
  readonly #files: readonly string[]
  /** What others refer to as their declaration. */
  readonly #entries = new Map<number, Entry>()
  readonly #isCplusplus: boolean
  /** Of C++, what each entry is declared in: a definition elsewhere is of the same type. */
  readonly #scopes = new Map<number, string>()
  /** How many complete types of C++ had a name by now: closures of one function have the same. */
  readonly #seen = new Map<string, number>()

  constructor(root: Entry, files: readonly string[]) {
    this.#root = root
    this.#files = files
    this.#isCplusplus = isCplusplus(root)
  }

  read(found: Found): void {
    this.#index(this.#root.children, undefined)
    this.#declarations(this.#root.children, undefined, found)
  }

  #index(entries: readonly Entry[], scope: string | undefined): void {
    for (const entry of entries) {
      this.#entries.set(entry.id, entry)
      if (scope !== undefined) this.#scopes.set(entry.id, scope)
      if (this.#isCplusplus && SCOPES.has(entry.tag)) this.#index(entry.children, this.#within(scope, entry))
    }
  }

  #declarations(entries: readonly Entry[], scope: string | undefined, found: Found): void {
    for (const entry of entries) {
      if (entry.tag === DW_TAG.subprogram) this.#function(entry, scope, found)
      else if (entry.tag === DW_TAG.variable) this.#variable(entry, scope, found)
      else if (entry.tag === DW_TAG.namespace) this.#declarations(entry.children, this.#within(scope, entry), found)
      else this.#type(entry, scope, found)
    }
  }

  #within(scope: string | undefined, entry: Entry): string {
    const name = this.#text(entry, DW_AT.name) ?? '{unnamed}'
    return scope === undefined ? name : `${scope}::${name}`
  }

  /** Of overloaded functions, and those of several classes, only the symbols have names of their own. */
  #symbolName(entry: Entry, scope: string | undefined): string | undefined {
    const name = this.#text(entry, DW_AT.name)
    if (!this.#isCplusplus) return name
    const isInside = scope !== undefined || entry.attributes.has(DW_AT.specification)
    return this.#text(entry, DW_AT.linkage_name) ?? (isInside ? undefined : name)
  }

  #function(entry: Entry, scope: string | undefined, found: Found): void {
    // Copies of inlined functions refer to the one entry that says everything.
    if (entry.attributes.has(DW_AT.abstract_origin)) return
    const name = this.#symbolName(entry, scope)
    if (name === undefined) return
    const locals: Named[] = []
    this.#body(entry, { name, locals, found })
    const declaration = this.#specified(entry)
    found.functions.push({
      name,
      external: this.#has(entry, DW_AT.external),
      declared: entry.attributes.has(DW_AT.declaration),
      prototype: prototypeOf(
        parametersOf(entry).length > 0 || declaration === undefined ? entry : declaration,
        this.#reference(entry),
      ),
      locals,
      place: this.#place(entry),
    })
  }

  /** Variables and types of a function, those of its blocks too. */
  #body(entry: Entry, into: { name: string; locals: Named[]; found: Found }): void {
    for (const child of entry.children) {
      if (child.tag === DW_TAG.variable) {
        const name = this.#text(child, DW_AT.name)
        if (name !== undefined) into.locals.push({ name, type: this.#reference(child) })
      } else if (child.tag === DW_TAG.lexical_block) this.#body(child, into)
      else this.#type(child, into.name, into.found)
    }
  }

  #variable(entry: Entry, scope: string | undefined, { variables }: Found): void {
    const name = this.#symbolName(entry, scope)
    if (name === undefined || entry.attributes.has(DW_AT.abstract_origin)) return
    const declared = entry.attributes.has(DW_AT.declaration)
    variables.push({ name, type: this.#reference(entry), declared, place: this.#place(entry) })
  }

  #type(entry: Entry, scope: string | undefined, found: Found): void {
    if (NO_TYPES.has(entry.tag)) return
    found.types.set(entry.id, this.#typeOf(entry, scope))
    if (this.#isCplusplus && SCOPES.has(entry.tag))
      this.#declarations(entry.children, this.#within(scope, entry), found)
    else for (const child of entry.children) this.#type(child, scope, found)
  }

  /** Where a type is declared; with a number where a complete one of its name and kind was there before. */
  #scopeOf(entry: Entry, around: string | undefined): string | undefined {
    if (!this.#isCplusplus) return around
    const declaration = Number(entry.attributes.get(DW_AT.specification) ?? entry.id)
    const scope = this.#scopes.get(declaration) ?? around
    if (entry.attributes.has(DW_AT.declaration)) return scope
    const name = `${entry.tag} ${this.#within(scope, entry)}`
    const nth = (this.#seen.get(name) ?? 0) + 1
    this.#seen.set(name, nth)
    return nth === 1 ? scope : `${scope ?? ''} (${nth})`
  }

  #typeOf(entry: Entry, around: string | undefined): DebugType {
    const of = this.#reference(entry)
    const name = this.#text(entry, DW_AT.name)
    const size = numberOf(entry, DW_AT.byte_size) ?? 0
    switch (entry.tag) {
      case DW_TAG.structure_type:
      case DW_TAG.class_type:
      case DW_TAG.union_type:
        return {
          ...this.#common(entry, around),
          kind: entry.tag === DW_TAG.union_type ? 'union' : 'struct',
          alignment: numberOf(entry, DW_AT.alignment),
          members: membersOf(entry, this),
        }
      case DW_TAG.enumeration_type:
        return { ...this.#common(entry, around), kind: 'enum', signed: isSigned(entry), values: valuesOf(entry, this) }
      case DW_TAG.base_type:
        return { kind: 'base', name: name ?? '', size, encoding: numberOf(entry, DW_AT.encoding) ?? 0 }
      case DW_TAG.pointer_type:
      case DW_TAG.reference_type:
      case DW_TAG.rvalue_reference_type:
      case DW_TAG.ptr_to_member_type:
        return { kind: 'pointer', to: of, size, sign: SIGNS.get(entry.tag) ?? '*' }
      case DW_TAG.unspecified_type:
        // The type of nullptr, of which there is but one value.
        return this.#isCplusplus
          ? { kind: 'base', name: name ?? '', size, encoding: 0 }
          : { kind: 'other', tag: entry.tag }
      case DW_TAG.array_type:
        return { kind: 'array', of, bounds: boundsOf(entry) }
      case DW_TAG.typedef:
        return { kind: 'typedef', name: name ?? '', of }
      case DW_TAG.const_type:
      case DW_TAG.volatile_type:
      case DW_TAG.restrict_type:
      case DW_TAG.atomic_type:
        return { kind: 'qualified', of, constant: entry.tag === DW_TAG.const_type }
      case DW_TAG.subroutine_type:
        return prototypeOf(entry, of)
      default:
        return { kind: 'other', tag: entry.tag }
    }
  }

  /** gcc gives the type of a closure no name; its objects live as others of C++ do. */
  #isClosure({ children }: Entry): boolean {
    return this.#isCplusplus && children.some(child => this.#text(child, DW_AT.name) === 'operator()')
  }

  #common(entry: Entry, around: string | undefined) {
    return {
      name: this.#text(entry, DW_AT.name) ?? (this.#isClosure(entry) ? '<closure>' : undefined),
      size: numberOf(entry, DW_AT.byte_size) ?? 0,
      declared: entry.attributes.has(DW_AT.declaration),
      scope: this.#scopeOf(entry, around),
      place: this.#place(entry),
    }
  }

  name(entry: Entry): string | undefined {
    return this.#text(entry, DW_AT.name)
  }

  #place(entry: Entry): Place | undefined {
    const line = this.#value(entry, DW_AT.decl_line)
    const file = this.#files[Number(this.#value(entry, DW_AT.decl_file) ?? -1)]
    return file === undefined || line === undefined ? undefined : { file, line: Number(line) }
  }

  #reference(entry: Entry): TypeId {
    return Number(this.#value(entry, DW_AT.type) ?? VOID)
  }

  #text(entry: Entry, attribute: number): string | undefined {
    const value = this.#value(entry, attribute)
    return typeof value === 'string' ? value : undefined
  }

  #has(entry: Entry, attribute: number): boolean {
    return this.#value(entry, attribute) === true
  }

  /** An attribute of the entry, or of the declaration that it completes. */
  #value(entry: Entry, attribute: number) {
    return entry.attributes.get(attribute) ?? this.#specified(entry)?.attributes.get(attribute)
  }

  #specified({ attributes }: Entry): Entry | undefined {
    return this.#entries.get(Number(attributes.get(DW_AT.specification) ?? -1))
  }
}

/** What C++ declares functions, variables and other types in. */
const SCOPES: ReadonlySet<number> = new Set([
  DW_TAG.namespace,
  DW_TAG.structure_type,
  DW_TAG.class_type,
  DW_TAG.union_type,
])

const SIGNS: ReadonlyMap<number, '&' | '&&' | '::*'> = new Map([
  [DW_TAG.reference_type, '&'],
  [DW_TAG.rvalue_reference_type, '&&'],
  [DW_TAG.ptr_to_member_type, '::*'],
])

/** Entries of other kinds than types. */
const NO_TYPES: ReadonlySet<number> = new Set([
  DW_TAG.formal_parameter,
  DW_TAG.member,
  DW_TAG.inheritance,
  DW_TAG.unspecified_parameters,
  DW_TAG.subrange_type,
  DW_TAG.enumerator,
  DW_TAG.subprogram,
  DW_TAG.variable,
  DW_TAG.label,
  DW_TAG.lexical_block,
])

function numberOf({ attributes }: Entry, attribute: number): number | undefined {
  const value = attributes.get(attribute)
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined
}

/** An object holds those of its base classes; a member that is only declared is static. */
const HELD: ReadonlySet<number> = new Set([DW_TAG.member, DW_TAG.inheritance])

function membersOf(entry: Entry, reader: Reader): Member[] {
  return entry.children
    .filter(({ tag, attributes }) => HELD.has(tag) && !attributes.has(DW_AT.declaration))
    .map((child, at) => ({
      name: child.tag === DW_TAG.inheritance ? `base ${at + 1}` : reader.name(child),
      type: numberOf(child, DW_AT.type) ?? VOID,
      bitOffset: (numberOf(child, DW_AT.data_member_location) ?? 0) * 8 + (numberOf(child, DW_AT.data_bit_offset) ?? 0),
      bitSize: numberOf(child, DW_AT.bit_size),
    }))
}

function valuesOf(entry: Entry, reader: Reader): ReadonlyMap<string, bigint> {
  return new Map(
    entry.children
      .filter(({ tag }) => tag === DW_TAG.enumerator)
      .map(child => {
        const value = child.attributes.get(DW_AT.const_value)
        return [reader.name(child) ?? '', BigInt(typeof value === 'bigint' || typeof value === 'number' ? value : 0)]
      }),
  )
}

function boundsOf({ children }: Entry): (number | undefined)[] {
  return children
    .filter(({ tag }) => tag === DW_TAG.subrange_type)
    .map(child => {
      const upper = numberOf(child, DW_AT.upper_bound)
      return numberOf(child, DW_AT.count) ?? (upper === undefined ? undefined : upper + 1)
    })
}

function isSigned(entry: Entry): boolean {
  const encoding = numberOf(entry, DW_AT.encoding)
  return encoding === DW_ATE_SIGNED || encoding === DW_ATE_SIGNED_CHAR
}

function parametersOf({ children }: Entry): Entry[] {
  return children.filter(({ tag }) => tag === DW_TAG.formal_parameter)
}

function prototypeOf(entry: Entry, returns: TypeId): Prototype {
  return {
    kind: 'function',
    returns,
    parameters: parametersOf(entry).map(child => numberOf(child, DW_AT.type) ?? VOID),
    variadic: entry.children.some(({ tag }) => tag === DW_TAG.unspecified_parameters),
  }
}
