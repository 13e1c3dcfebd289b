/**
 * The special sections of Linux 6.1 and 6.12 on x86-64. Rows, not branches; sizes are checked against each object's relocations.
 *
 * Sources: Linux 6.1 arch/x86/include/asm/alternative.h (struct alt_instr, .smp_locks), asm/bug.h and
 * include/asm-generic/bug.h (struct bug_entry with relative pointers, a line of 16 bits at 8), asm/extable.h,
 * include/linux/jump_label.h (struct jump_entry), asm/paravirt_types.h (struct paravirt_patch_site),
 * include/linux/static_call_types.h, tools/objtool/check.c (.return_sites, .retpoline_sites: distances of 4 bytes).
 *
 * An alternative has 14 bytes since 6.3, where its lengths still come last; 6.12 has no .parainstructions, and .call_sites.
 * Which size a kernel has is read of its own types (`kernelEntrySize`). Other versions have others (a bug with a format 16):
 * they get rows when they can be run.
 */
import { X86_64 } from '../../machines/x86-64/x86-64.ts'
import type { EntryField, EntryLayout } from '../entries.ts'

const at = (offset: number): EntryField => ({ offset, bias: 0 })

const table = (
  section: string,
  size: number,
  fields: readonly EntryField[],
  otherSizes: readonly number[] = [],
): EntryLayout => ({
  section,
  size,
  otherSizes,
  owner: 0,
  fields,
  sizeof: undefined,
  headers: [],
})

const OF_X86_64: readonly EntryLayout[] = [
  table('.altinstructions', 12, [at(0), { ...at(4), lengthAt: -1 }], [14]),
  { ...table('__bug_table', 12, [at(0), at(4)]), lineAt: { offset: 8, bits: 16 } },
  table('__ex_table', 12, [at(0), at(4)]),
  table('__jump_table', 16, [at(0), at(4), at(8)]),
  table('.parainstructions', 16, [at(0)]),
  table('.smp_locks', 4, [at(0)]),
  table('.static_call_sites', 8, [at(0), at(4)]),
  table('.return_sites', 4, [at(0)]),
  table('.retpoline_sites', 4, [at(0)]),
  table('.call_sites', 4, [at(0)]),
  table('__mcount_loc', 8, [at(0)]),
]

const LAYOUTS: ReadonlyMap<number, readonly EntryLayout[]> = new Map([[X86_64.number, OF_X86_64]])

/** The layout of the section of this name; undefined where it is no table of entries that is known on the machine. */
export function linuxEntryLayout(section: string, machine: number): EntryLayout | undefined {
  return LAYOUTS.get(machine)?.find(layout => layout.section === section)
}

/** Structures that a kernel's own types describe, whose sizes differ between versions. */
export const ENTRY_STRUCTURES = {
  '.altinstructions': 'alt_instr',
  __bug_table: 'bug_entry',
  __ex_table: 'exception_table_entry',
  __jump_table: 'jump_entry',
  '.static_call_sites': 'static_call_site',
} as const
