/**
 * What a caller hands to `writeElf`: sections and symbols as it thinks of them, numbered from 0 in its own arrays.
 *
 * Left out on purpose, because the writer makes them: the null section and null symbol, the symbol table and its string
 * table, the section name table, `.rela` sections, group sections, extended section indices.
 */
import type { SymbolFlags, SymbolKind } from '../model.ts'

/** An object to be written. */
export interface NewObject {
  readonly header: NewHeader
  readonly sections: readonly NewSection[]
  /** In any order: the writer puts local symbols first, as the format asks, and otherwise keeps the order. */
  readonly symbols: readonly NewSymbol[]
  readonly groups?: readonly NewGroup[]
}

/** What its header says. */
export interface NewHeader {
  /** EM_*. */
  readonly machine: number
  /** e_flags; 0 when absent. */
  readonly flags?: number
  /** ET_*; ET_REL when absent. */
  readonly type?: number
  /** ELFOSABI_*; 0 when absent. Indirect functions need 3 (GNU). */
  readonly osAbi?: number
  readonly abiVersion?: number
}

/** A section with its content and relocations. */
export interface NewSection {
  readonly name: string
  /** SHT_*. */
  readonly type: number
  /** SHF_* bits. SHF_GROUP is added by the writer for members of a group. */
  readonly flags: number
  /** 0, 1 or a power of two. */
  readonly alignment: number
  readonly entrySize?: number
  /** The content; absent for SHT_NOBITS, which has `size` instead. */
  readonly bytes?: Uint8Array
  readonly size?: number
  /** Those that apply to this section; they become `.rela<name>`. */
  readonly relocations?: readonly NewRelocation[]
  /** More of them, in sections that somebody else than a linker reads; they come behind `.rela<name>`. */
  readonly furtherRelocations?: readonly NewRelocations[]
  /** sh_link, as an index in `NewObject.sections`. */
  readonly linkTo?: number
  /** sh_info as it is; with SHF_INFO_LINK an index in `NewObject.sections`. */
  readonly info?: number
}

/** A section of relocations with a name of its own. */
export interface NewRelocations {
  readonly name: string
  /** SHF_* bits beside SHF_INFO_LINK. */
  readonly flags: number
  readonly relocations: readonly NewRelocation[]
}

/** A place in a section, and what goes there. */
export interface NewRelocation {
  readonly offset: number
  /** R_X86_64_* or R_AARCH64_*. */
  readonly type: number
  /** Index in `NewObject.symbols`, or none at all. */
  readonly symbol: number | 'none'
  readonly addend: bigint
}

/** A symbol and its place. */
export interface NewSymbol {
  readonly name: string
  readonly kind: SymbolKind
  readonly binding: 'local' | 'global' | 'weak' | 'other'
  /** 'default' when absent. */
  readonly visibility?: 'default' | 'internal' | 'hidden' | 'protected'
  readonly place:
    | { readonly in: 'section'; readonly section: number; readonly offset: number }
    | { readonly in: 'absolute'; readonly value: bigint }
    | { readonly in: 'common'; readonly alignment: number }
    | { readonly in: 'nowhere'; readonly value?: bigint; readonly reserved?: number }
  readonly size: number
  /** Needed where `kind` or `binding` is 'other'. */
  readonly raw?: SymbolFlags
}

/** A group of sections that are kept or dropped together. */
export interface NewGroup {
  /** `.group` when absent. */
  readonly name?: string
  /** Index in `NewObject.symbols`. */
  readonly signature: number
  /** GRP_COMDAT is 1. */
  readonly flags: number
  /** Indices in `NewObject.sections`; their `.rela` sections join them without being named. */
  readonly members: readonly number[]
}
