/**
 * Xen 4.17 to 4.22, as its live patch loader sees the world.
 * Sources: common/livepatch.c, common/livepatch_elf.c, arch/x86/livepatch.c and tools/symbols.c of these versions.
 */
import { AARCH64 } from '../../machines/aarch64/aarch64.ts'
import {
  R_AARCH64_ABS32,
  R_AARCH64_ABS64,
  R_AARCH64_ADD_ABS_LO12_NC,
  R_AARCH64_ADR_PREL_LO21,
  R_AARCH64_ADR_PREL_PG_HI21,
  R_AARCH64_CALL26,
  R_AARCH64_CONDBR19,
  R_AARCH64_JUMP26,
  R_AARCH64_LDST8_ABS_LO12_NC,
  R_AARCH64_LDST16_ABS_LO12_NC,
  R_AARCH64_LDST32_ABS_LO12_NC,
  R_AARCH64_LDST64_ABS_LO12_NC,
  R_AARCH64_LDST128_ABS_LO12_NC,
  R_AARCH64_NONE,
  R_AARCH64_PREL32,
  R_AARCH64_PREL64,
} from '../../machines/aarch64/relocation-numbers.ts'
import { R_X86_64_64, R_X86_64_NONE, R_X86_64_PC32, R_X86_64_PLT32 } from '../../machines/x86-64/relocation-numbers.ts'
import { X86_64 } from '../../machines/x86-64/x86-64.ts'
import type { Loader, RelocationWay } from '../loader.ts'
import { LIST_HOOKS, SINGLE_HOOKS } from '../payload-sections.ts'
import { xenBringsUp } from './bring-up.ts'
import { xenDenied } from './denied.ts'
import { xenEditedCode } from './edited-code.ts'
import { xenEntryLayout } from './entries.ts'
import { xenFollowed } from './followed.ts'
import { xenSectionClass } from './sections.ts'

const asIs = (type: number): readonly [number, RelocationWay] => [type, 'as-is']

/** The loader takes these and answers -EOPNOTSUPP to any other. A NONE of ours would name symbol 0, which it refuses. */
const OF_X86_64: ReadonlyMap<number, RelocationWay> = new Map([
  [R_X86_64_NONE, 'drop'],
  [R_X86_64_64, 'as-is'],
  [R_X86_64_PC32, 'as-is'],
  [R_X86_64_PLT32, 'as-is'],
])

/**
 * What compilers write for code of one address space. The loader takes more; TSTBR14 it would take and cut where it does
 * not fit, so that one is not among them.
 */
const OF_AARCH64: ReadonlyMap<number, RelocationWay> = new Map([
  [R_AARCH64_NONE, 'drop'],
  ...[R_AARCH64_ABS64, R_AARCH64_ABS32, R_AARCH64_PREL64, R_AARCH64_PREL32].map(asIs),
  ...[R_AARCH64_ADR_PREL_LO21, R_AARCH64_ADR_PREL_PG_HI21, R_AARCH64_ADD_ABS_LO12_NC].map(asIs),
  ...[R_AARCH64_CONDBR19, R_AARCH64_JUMP26, R_AARCH64_CALL26, R_AARCH64_LDST8_ABS_LO12_NC].map(asIs),
  ...[R_AARCH64_LDST16_ABS_LO12_NC, R_AARCH64_LDST32_ABS_LO12_NC, R_AARCH64_LDST64_ABS_LO12_NC].map(asIs),
  asIs(R_AARCH64_LDST128_ABS_LO12_NC),
])

/** To add a machine: a row. */
const RELOCATIONS: ReadonlyMap<number, ReadonlyMap<number, RelocationWay>> = new Map([
  [X86_64.number, OF_X86_64],
  [AARCH64.number, OF_AARCH64],
])

/** xen/arch/arm/arm64/livepatch.c, arch_livepatch_apply: clean_and_invalidate_dcache_va_range(func->new_addr, new_size). */
const READIES_NEW_CODE_ONLY: ReadonlySet<number> = new Set([AARCH64.number])

export const XEN: Loader = {
  name: 'xen',
  title: "Xen's loader",
  sectionClass: xenSectionClass,
  entryLayout: xenEntryLayout,
  followed: xenFollowed,
  runsAnywhere: false,
  writtenAtStart: () => undefined,
  startMemory: 'freed',
  readiesNewCodeOnly: machine => READIES_NEW_CODE_ONLY.has(machine),
  readiesEdited: xenEditedCode,
  hooks: { lists: LIST_HOOKS, single: SINGLE_HOOKS },
  waysOut: { hook: 'a load hook', writesCode: true, assisted: true },
  setsLines: true,
  writesTable: 'some-do',
  writesEntries: false,
  findsByName: () => false,
  needsDependencies: true,
  writableForbidsReapply: true,
  limits: { size: 2 * 1024 * 1024, sections: 1024, name: 126, switchedOff: 31 },
  runningName: xenName,
  denied: xenDenied,
  // include/xen/xmalloc.h, mm.h and xvmalloc.h of Xen 4.17 to 4.22; a page's own structure is no object that they free.
  freeing: {
    functions: ['xfree', 'xvfree', 'vfree', 'free_xenheap_pages', 'free_xenheap_page'],
    macros: ['XFREE', 'XVFREE', 'FREE_XENHEAP_PAGES', 'FREE_XENHEAP_PAGE'],
  },
  entersOnce: () => false,
  // Into a buffer of its own (drivers/char/console.c).
  prints: new Set(['printk']),
  bringsUp: xenBringsUp,
  unwinding: undefined,
  relocations: machine => RELOCATIONS.get(machine),
  writer: 'livepatch',
  rules: 'xen',
}

/** `common/irq.c#foo` for a symbol that is local to its file, the plain name for any other. */
function xenName(fileSymbol: string, name: string, local: boolean): string {
  return local && fileSymbol !== '' ? `${fileSymbol}#${name}` : name
}
