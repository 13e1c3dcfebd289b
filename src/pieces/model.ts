/**
 * Pieces: the parts of an object that are decided about one by one.
 *
 * Sections are too coarse (`.init.text` holds many functions) and symbols are not enough (string literals, jump tables
 * and fixup code have none). A piece is a range of one section: a function, a data object, a string literal, a
 * constant, an entry of a special section, a chunk of code that only special entries reach, or what is left over.
 * Every byte of an allocated section lies in exactly one piece or in padding; the padding is listed, never compared.
 */
import type { Id, Side } from '../base/side.ts'
import type { ElfObject, SectionId, SymbolId } from '../elf/model.ts'
import type { EntryLayout } from '../loaders/entries.ts'
import type { SectionClass } from '../loaders/sections.ts'

/** Position in one object's list of pieces. */
export type PieceId<S extends Side> = Id<'piece', S>

export type PieceKind =
  /** Code that a function symbol (or, in assembly, a label) names. */
  | 'function'
  /** A variable or constant that a symbol names. */
  | 'data'
  /** One NUL-terminated string of a mergeable string section. */
  | 'string'
  /** One element of a mergeable section of constants. */
  | 'constant'
  /** One entry of a special section (`.altinstructions`, `.ex_table`, `.bug_frames.2`). */
  | 'entry'
  /** Code reached through special entries only: one run of `.fixup` or `.altinstr_replacement`. */
  | 'chunk'
  /** Bytes that no symbol names: jump tables, unnamed constants, gaps in assembly. */
  | 'anonymous'

/** What a relocation reaches. `delta` counts from the start of what is reached, PC-relative bias included as written. */
export type Target<S extends Side> =
  | { readonly to: 'piece'; readonly piece: PieceId<S>; readonly delta: bigint }
  | {
      readonly to: 'external'
      readonly symbol: SymbolId<S>
      readonly name: string
      readonly weak: boolean
      readonly delta: bigint
    }
  | { readonly to: 'absolute'; readonly value: bigint }
  /** A section that is not loaded, or bytes outside of any piece. */
  | { readonly to: 'nothing'; readonly section: SectionId<S>; readonly offset: bigint }

export interface Reference<S extends Side> {
  /** Of the relocated field, within the piece. */
  readonly offset: number
  /** R_* number. */
  readonly type: number
  readonly target: Target<S>
  /**
   * A source line number that the addend carries beside the offset (Xen's bug frames): this part of it.
   * Undefined where the addend is only an addend; then `delta` is all there is.
   */
  readonly line?: number
}

export interface Piece<S extends Side> {
  readonly id: PieceId<S>
  readonly kind: PieceKind
  readonly section: SectionId<S>
  /** Within the section; `size` bytes from there. */
  readonly offset: number
  readonly size: number
  /** Every symbol that starts here, the one that names the piece first. Empty where nothing does. */
  readonly symbols: readonly SymbolId<S>[]
  /** The first symbol's name; for pieces without one, the section's name and the offset, for people. */
  readonly name: string
  /** Whether the naming symbol is local to its file. Pieces without symbols are. */
  readonly local: boolean
  readonly references: readonly Reference<S>[]
}

/** What the loader that an object was cut for says of one of its sections. */
export interface SectionFacts {
  readonly class: SectionClass
  /** How its entries are laid out; undefined where it is no table of entries, or one that is not understood. */
  readonly layout: EntryLayout | undefined
}

/** One object cut into pieces. */
export interface PieceMap<S extends Side> {
  readonly object: ElfObject<S>
  /** By section. */
  readonly sections: readonly SectionFacts[]
  readonly pieces: readonly Piece<S>[]
  /** For each section, its pieces in the order of their offsets. */
  readonly bySection: readonly (readonly Piece<S>[])[]
  /** For each function piece, the special entries that belong to it, in the order of section and offset. */
  readonly entriesOf: ReadonlyMap<PieceId<S>, readonly PieceId<S>[]>
  /** Special entries whose owner is not a function piece of this object. */
  readonly ownerless: readonly PieceId<S>[]
  /**
   * Whether the piece that each reference names is certainly the one that is meant. Where not, what is reached only by
   * references must be compared by its place as well.
   */
  readonly reachesSurely: boolean
  /** Bytes that are in no piece: alignment padding. Never compared; the report lists how many. */
  readonly padding: readonly { readonly section: SectionId<S>; readonly offset: number; readonly size: number }[]
}
