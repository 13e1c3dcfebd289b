/**
 * The special sections of Xen, by machine. Rows, not branches; the sizes are those of Xen 4.17.
 *
 * Sources: Xen 4.17 arch/x86/include/asm/bug.h (bug frames; an ASSERT's frame takes two slots, so 16 bytes although
 * `sizeof(struct bug_frame)` is 8), asm/alternative.h, asm/uaccess.h and asm/asm_defns.h (exception table), 4.21
 * asm/alternative-call.h (call sites).
 *
 * To add a machine: its rows. It is tempting to let those of x86-64 stand for others, as most names are the same; on Arm a
 * bug frame has other fields, and each line would be read out of the wrong one.
 */
import { AARCH64 } from '../../machines/aarch64/aarch64.ts'
import { X86_64 } from '../../machines/x86-64/x86-64.ts'
import type { EntryLayout, LineBits } from '../entries.ts'

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

/** Where it is applied, and by what it is replaced. */
const ALTERNATIVE = {
  section: '.altinstructions',
  owner: 0,
  fields: [
    { offset: 0, bias: 0 },
    { offset: 4, bias: 0, lengthAt: 11 },
  ],
  sizeof: 'sizeof(struct alt_instr)',
  headers: ['asm/alternative.h'],
} as const

const OF_X86_64: readonly EntryLayout[] = [
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
  { ...ALTERNATIVE, size: 14, otherSizes: [12, 13, 16] },
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

const BUG_FRAME_OF_AARCH64 = 16

/**
 * Three distances from the entry's start, and a line of 16 bits. Where no message belongs to the kind, the third leads to
 * whatever string comes behind the file's name.
 */
const bugFrameOfAarch64 = (type: number, hasMessage: boolean): EntryLayout => ({
  section: `.bug_frames.${type}`,
  size: BUG_FRAME_OF_AARCH64,
  otherSizes: [],
  owner: 0,
  fields: [
    { offset: 0, bias: 0 },
    // xen/arch/arm/traps.c of 4.17, do_bug_frame: a name that is not is_kernel() makes a WARN an unexpected trap.
    { offset: 4, bias: 4, inImage: true },
    hasMessage ? { offset: 8, bias: 8 } : { offset: 8, bias: 8, unused: true },
  ],
  sizeof: 'sizeof(struct bug_frame)',
  headers: ['xen/bug.h', 'xen/lib.h'],
})

const OF_AARCH64: readonly EntryLayout[] = [
  // A frame of run_in_exception_handler() has only its place; the function is in a register.
  {
    ...bugFrameOfAarch64(0, false),
    fields: [
      { offset: 0, bias: 0 },
      { offset: 4, bias: 4, optional: true },
      { offset: 8, bias: 8, optional: true },
    ],
  },
  bugFrameOfAarch64(1, false),
  bugFrameOfAarch64(2, false),
  bugFrameOfAarch64(3, true),
  { ...ALTERNATIVE, size: 12, otherSizes: [] },
]

const LAYOUTS: ReadonlyMap<number, readonly EntryLayout[]> = new Map([
  [X86_64.number, OF_X86_64],
  [AARCH64.number, OF_AARCH64],
])

/** Every layout that is known, by the machine. */
export const XEN_ENTRY_LAYOUTS: ReadonlyMap<number, readonly EntryLayout[]> = LAYOUTS

/** The layout of the section of this name; undefined where it is no table of entries that is known on the machine. */
export function xenEntryLayout(section: string, machine: number): EntryLayout | undefined {
  return LAYOUTS.get(machine)?.find(layout => layout.section === section)
}
