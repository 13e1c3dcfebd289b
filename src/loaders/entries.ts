/**
 * How special sections are described: tables of fixed-size entries, each of which belongs to the function that one of its
 * fields points to. Which sections these are, and how their entries are laid out on which machine, is for each loader to
 * say; the sizes are checked against the object (`entry-size.ts`) before anything relies on them.
 */

/** Bits of a relocation's addend that hold part of a source line number, above a 24-bit offset. */
export interface LineBits {
  /** Number of low bits that are the offset proper. */
  readonly offsetBits: number
  /** How far the part is shifted left in the line number. */
  readonly lineShift: number
  /** Bits that the part has. */
  readonly lineBits: number
}

export interface EntryField {
  /** Of the relocated field, within the entry. */
  readonly offset: number
  readonly line?: LineBits
  /** Subtracted from the addend: the field counts from the start of the entry, not from itself. */
  readonly bias: number
  /** The field may be absent (no relocation) in some entries. */
  readonly optional?: true
  /** Nobody reads it: what it leads to is whatever the assembler had there, and is neither compared nor brought along. */
  readonly unused?: true
  /** Only what lies in the running system's own image is believed there, not what a payload brings. */
  readonly inImage?: true
  /** Where in the entry the length in bytes of what this field points to stands (one byte); below 0, from the entry's end. */
  readonly lengthAt?: number
}

export interface EntryLayout {
  /** The section's whole name. */
  readonly section: string
  /** Bytes of one entry. */
  readonly size: number
  /** Sizes that other versions of the system have or might have; tried when `size` does not fit the object. */
  readonly otherSizes: readonly number[]
  /** Index in `fields` of the one that points into the function the entry belongs to. */
  readonly owner: 0
  readonly fields: readonly EntryField[]
  /** Where the entry's own bytes hold the number of a line, of the file that the second field leads to. */
  readonly lineAt?: { readonly offset: number; readonly bits: number }
  /** C expression for the entry's size, for a probe; undefined where none is right. */
  readonly sizeof: string | undefined
  /** Headers that declare the structure, as versions have them; the first that is there counts. */
  readonly headers: readonly string[]
}

/** Where in an entry of `size` bytes the length of what the field points to stands; undefined where it has none. */
export function lengthPlace({ lengthAt }: EntryField, size: number): number | undefined {
  return lengthAt === undefined || lengthAt >= 0 ? lengthAt : size + lengthAt
}

/**
 * Splits an addend into the offset proper and the line's part.
 * The offset is a signed field below the line's bits, so a negative one has borrowed from them (Xen's bug_line()).
 */
export function splitAddend(addend: bigint, bits: LineBits): { readonly offset: bigint; readonly line: number } {
  const offset = BigInt.asIntN(bits.offsetBits, addend)
  const part = Number(BigInt.asUintN(bits.lineBits, (addend - offset) >> BigInt(bits.offsetBits)))
  return { offset, line: part << bits.lineShift }
}

/** The inverse of `splitAddend`'s line part: the bits to add to the offset. */
export function lineAddend(line: number, bits: LineBits): bigint {
  const part = (line >> bits.lineShift) & ((1 << bits.lineBits) - 1)
  return BigInt.asIntN(32, BigInt(part) << BigInt(bits.offsetBits))
}
