/**
 * The layout of special sections: tables of fixed-size entries, each of which belongs to the function that one of its
 * fields points to. Rows, not branches; the sizes are those of Xen 4.17 on x86-64 and are checked against the object
 * (`entry-size.ts`) before anything relies on them.
 *
 * Sources: Xen 4.17 arch/x86/include/asm/bug.h (bug frames; an ASSERT's frame takes two slots, so 16 bytes although
 * `sizeof(struct bug_frame)` is 8), asm/alternative.h, asm/uaccess.h and asm/asm_defns.h (exception table), 4.21
 * asm/alternative-call.h (call sites).
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
  /** Where in the entry the length in bytes of what this field points to stands (one byte). */
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
  /** C expression for the entry's size, for a probe; undefined where none is right. */
  readonly sizeof: string | undefined
  /** Headers that declare the structure, as versions have them; the first that is there counts. */
  readonly headers: readonly string[]
}

const HIGH: LineBits = { offsetBits: 24, lineShift: 7, lineBits: 7 }
const LOW: LineBits = { offsetBits: 24, lineShift: 0, lineBits: 7 }

const bugFrame = (type: number): EntryLayout => ({
  section: `.bug_frames.${type}`,
  size: 8,
  otherSizes: [],
  owner: 0,
  fields: [
    { offset: 0, bias: 0, line: HIGH },
    { offset: 4, bias: 4, line: LOW },
  ],
  sizeof: 'sizeof(struct bug_frame)',
  // 4.18 moved the structure out of asm/bug.h, which xen/lib.h still includes; 4.22's lib.h no longer does.
  headers: ['xen/bug.h', 'xen/lib.h'],
})

export const ENTRY_LAYOUTS: readonly EntryLayout[] = [
  bugFrame(0),
  bugFrame(1),
  bugFrame(2),
  {
    ...bugFrame(3),
    size: 16,
    fields: [
      { offset: 0, bias: 0, line: HIGH },
      { offset: 4, bias: 4, line: LOW },
      { offset: 12, bias: 12 },
    ],
    // sizeof(struct bug_frame) is 8, without the second slot that holds the message.
    sizeof: undefined,
    headers: [],
  },
  {
    section: '.altinstructions',
    size: 14,
    otherSizes: [12, 13, 16],
    owner: 0,
    fields: [
      { offset: 0, bias: 0 },
      { offset: 4, bias: 0, lengthAt: 11 },
    ],
    sizeof: 'sizeof(struct alt_instr)',
    headers: ['asm/alternative.h'],
  },
  {
    section: '.alt_call_sites',
    size: 4,
    otherSizes: [],
    owner: 0,
    fields: [{ offset: 0, bias: 0 }],
    sizeof: 'sizeof(struct alt_call)',
    headers: ['asm/alternative-call.h'],
  },
  {
    section: '.ex_table',
    size: 8,
    otherSizes: [16],
    owner: 0,
    fields: [
      { offset: 0, bias: 0 },
      { offset: 4, bias: 0 },
    ],
    sizeof: 'sizeof(struct exception_table_entry)',
    headers: ['asm/uaccess.h'],
  },
]

/** The layout of the section of this name; undefined when it is not a table of entries that we know. */
export function entryLayout(section: string): EntryLayout | undefined {
  return ENTRY_LAYOUTS.find(layout => layout.section === section)
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
