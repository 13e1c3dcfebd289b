/**
 * What debug information says about one compiled unit: its types, functions and variables, as plain values.
 *
 * Types are held by id (their place in the section), since they refer to one another in circles; 0 is `void`. Nothing is
 * merged or simplified: typedefs and qualifiers stay, so that words can be those of the source.
 */

/** 0 is `void`. */
export type TypeId = number
export const VOID: TypeId = 0

/** Where something is declared; the file as the compiler spelled it, relative to the folder that it ran in. */
export interface Place {
  readonly file: string
  readonly line: number
}

export interface Member {
  /** Undefined for an anonymous structure or union. */
  readonly name: string | undefined
  readonly type: TypeId
  readonly bitOffset: number
  /** Of a bit-field; undefined for other members. */
  readonly bitSize: number | undefined
}

export interface Aggregate {
  readonly kind: 'struct' | 'union'
  readonly name: string | undefined
  readonly size: number
  /** Where the source asks for one; undefined otherwise. */
  readonly alignment: number | undefined
  readonly members: readonly Member[]
  /** Only the name is known in this unit. */
  readonly declared: boolean
  /** The function, namespaces and classes that it is declared in; undefined at the top level. */
  readonly scope: string | undefined
  readonly place: Place | undefined
}

export interface Enumeration {
  readonly kind: 'enum'
  readonly name: string | undefined
  readonly size: number
  readonly signed: boolean
  readonly values: ReadonlyMap<string, bigint>
  readonly declared: boolean
  readonly scope: string | undefined
  readonly place: Place | undefined
}

export type DebugType =
  | Aggregate
  | Enumeration
  /** `encoding` is DW_ATE_*. */
  | { readonly kind: 'base'; readonly name: string; readonly size: number; readonly encoding: number }
  /** References of C++ are pointers that are written otherwise. */
  | { readonly kind: 'pointer'; readonly to: TypeId; readonly size: number; readonly sign: '*' | '&' | '&&' | '::*' }
  /** A bound is undefined where the source gives none, or a value of the running program. */
  | { readonly kind: 'array'; readonly of: TypeId; readonly bounds: readonly (number | undefined)[] }
  | { readonly kind: 'typedef'; readonly name: string; readonly of: TypeId }
  | { readonly kind: 'qualified'; readonly of: TypeId; readonly constant: boolean }
  | Prototype
  /** A kind that neither C sources nor those of C++ have; equal to nothing. */
  | { readonly kind: 'other'; readonly tag: number }

export interface Prototype {
  readonly kind: 'function'
  readonly returns: TypeId
  readonly parameters: readonly TypeId[]
  readonly variadic: boolean
}

export interface Named {
  /** Of functions and variables of C++ that of the symbol. */
  readonly name: string
  readonly type: TypeId
}

export interface DebugFunction {
  readonly name: string
  readonly external: boolean
  /** Only declared here: its code is elsewhere. */
  readonly declared: boolean
  readonly prototype: Prototype
  /** Variables of its body, static ones too. */
  readonly locals: readonly Named[]
  readonly place: Place | undefined
}

export interface DebugVariable extends Named {
  /** Only declared here. */
  readonly declared: boolean
  readonly place: Place | undefined
}

/** Everything about one unit. What the unit does not use, compilers leave out. */
export interface DebugUnit {
  readonly types: ReadonlyMap<TypeId, DebugType>
  readonly functions: readonly DebugFunction[]
  /** At the top level; those of namespaces and classes too. */
  readonly variables: readonly DebugVariable[]
  /** A unit of C++. */
  readonly isCplusplus: boolean
}
