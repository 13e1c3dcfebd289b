/**
 * An ELF64 little-endian object as plain values: what the file says, checked, with nothing added.
 * The relocations of sections that are not loaded (debug information) are checked at once, but become values on first use.
 * Facts found out later (pairs, verdicts, owners) live in side tables keyed by the ids below, never here.
 *
 * Sizes, file offsets and counts are `number` (checked when read); addresses and addends are `bigint`.
 */
import type { Id, Side } from '../base/side.ts'

/**
 * Position of a symbol in one object's `.symtab`. The side is part of the type, so an original index cannot be used
 * to look something up in the patched object; only a `Correlation` crosses sides.
 */
export type SymbolId<S extends Side> = Id<'symbol', S>

/** Index in the section header table. Names will not do: one object may hold several `.text.unlikely`. */
export type SectionId<S extends Side> = Id<'section', S>

/** What the ELF header says. */
export interface ElfHeader {
  /** ET_*: 1 relocatable, 2 executable, 3 shared. */
  readonly type: number
  /** EM_*: 62 x86-64, 183 AArch64. */
  readonly machine: number
  readonly osAbi: number
  readonly abiVersion: number
  readonly flags: number
  readonly entry: bigint
  readonly programHeaderCount: number
  readonly programHeaderOffset: number
  readonly sectionHeaderOffset: number
  /** The section that holds the sections' names; 0 where there is none. */
  readonly sectionNameTable: number
}

/** A section with its bytes. */
export interface ElfSection<S extends Side> {
  readonly id: SectionId<S>
  readonly name: string
  /** SHT_*. */
  readonly type: number
  /** SHF_* bits. */
  readonly flags: number
  readonly address: bigint
  /** Where its bytes lie in the file. */
  readonly fileOffset: number
  readonly size: number
  readonly link: number
  readonly info: number
  readonly alignment: number
  readonly entrySize: number
  /** The section's bytes, a view into the file; empty for SHT_NOBITS and SHT_NULL. */
  readonly bytes: Uint8Array
}

/** STT_* in words. */
export type SymbolKind =
  | 'untyped'
  | 'object'
  | 'function'
  | 'section'
  | 'file'
  | 'common'
  | 'tls'
  | 'indirect-function'
  | 'other'

/** A symbol, its place told in words. */
export interface ElfSymbol<S extends Side> {
  readonly id: SymbolId<S>
  /** As written in the string table; empty for most section symbols. */
  readonly name: string
  readonly kind: SymbolKind
  readonly binding: 'local' | 'global' | 'weak' | 'other'
  readonly visibility: 'default' | 'internal' | 'hidden' | 'protected'
  /** Undefined, absolute and common symbols have no section; each is its own case. */
  readonly place: /**
   * In a linked file the offset is the symbol's address less the section's: a symbol of a linker script may be counted
   * to a section and yet lie outside it, before it too. In a relocatable object it lies within the section.
   */
    | { readonly in: 'section'; readonly section: SectionId<S>; readonly offset: number }
    | { readonly in: 'absolute'; readonly value: bigint }
    | { readonly in: 'common'; readonly alignment: number }
    /**
     * In a program, the value of an undefined function may be the address of its PLT entry; else there is none. `reserved`
     * is the section number where it says who defines the symbol: 0xff20 in Linux's live patches.
     */
    | { readonly in: 'nowhere'; readonly value?: bigint; readonly reserved?: number }
  readonly size: number
  /** Present only where the words above do not say everything: 'other', or further bits of st_other. */
  readonly raw?: SymbolFlags
}

/** The two bytes of a symbol table entry behind kind, binding and visibility. */
export interface SymbolFlags {
  /** st_info: binding * 16 + type. */
  readonly info: number
  /** st_other: visibility in the lowest two bits. */
  readonly other: number
}

/** A place in a section that the linker or loader fills in. */
export interface ElfRelocation<S extends Side> {
  /** Within the section that is relocated. */
  readonly offset: number
  /** R_X86_64_* or R_AARCH64_*; `arch/` knows what each means. */
  readonly type: number
  /** 0 is the null symbol. */
  readonly symbol: SymbolId<S>
  readonly addend: bigint
}

/** SHT_GROUP: members live or die together (COMDAT). */
export interface ElfGroup<S extends Side> {
  readonly section: SectionId<S>
  readonly signature: SymbolId<S>
  readonly flags: number
  readonly members: readonly SectionId<S>[]
}

/** A file, read and checked. */
export interface ElfObject<S extends Side> {
  readonly header: ElfHeader
  /** Indexed by SectionId; entry 0 is the null section. */
  readonly sections: readonly ElfSection<S>[]
  /** Indexed by SymbolId; entry 0 is the null symbol. Empty when there is no `.symtab`. */
  readonly symbols: readonly ElfSymbol<S>[]
  /** For each section, the relocations that apply to it, in file order; empty where there are none. */
  readonly relocations: readonly (readonly ElfRelocation<S>[])[]
  readonly groups: readonly ElfGroup<S>[]
}

/** One note of a note section; `readNotes` finds them. */
export interface ElfNote {
  /** Within the section. */
  readonly offset: number
  /** Who defines the types: 'GNU', 'Xen'. */
  readonly name: string
  /** NT_*. */
  readonly type: number
  readonly descriptor: Uint8Array
}
