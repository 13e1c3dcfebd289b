/**
 * Xen 4.17 to 4.22, as its live patch loader sees the world.
 * Sources: common/livepatch.c, common/livepatch_elf.c, arch/x86/livepatch.c and tools/symbols.c of these versions.
 */
import { R_X86_64_64, R_X86_64_NONE, R_X86_64_PC32, R_X86_64_PLT32 } from '../../machines/x86-64/relocation-numbers.ts'
import { X86_64 } from '../../machines/x86-64/x86-64.ts'
import type { Loader, RelocationWay } from '../loader.ts'
import { LIST_HOOKS, SINGLE_HOOKS } from '../payload-sections.ts'
import { xenDenied } from './denied.ts'
import { xenEntryLayout } from './entries.ts'
import { xenFollowed } from './followed.ts'
import { xenSectionClass } from './sections.ts'

/** The loader takes these and answers -EOPNOTSUPP to any other. A NONE of ours would name symbol 0, which it refuses. */
const OF_X86_64: ReadonlyMap<number, RelocationWay> = new Map([
  [R_X86_64_NONE, 'drop'],
  [R_X86_64_64, 'as-is'],
  [R_X86_64_PC32, 'as-is'],
  [R_X86_64_PLT32, 'as-is'],
])

/** To add a machine: a row. */
const RELOCATIONS: ReadonlyMap<number, ReadonlyMap<number, RelocationWay>> = new Map([[X86_64.number, OF_X86_64]])

export const XEN: Loader = {
  name: 'xen',
  title: "Xen's loader",
  sectionClass: xenSectionClass,
  entryLayout: xenEntryLayout,
  followed: xenFollowed,
  runsAnywhere: false,
  startMemory: 'freed',
  hooks: { lists: LIST_HOOKS, single: SINGLE_HOOKS },
  setsLines: true,
  writesTable: 'some-do',
  needsDependencies: true,
  writableForbidsReapply: true,
  limits: { size: 2 * 1024 * 1024, sections: 1024, name: 126 },
  runningName: xenName,
  denied: xenDenied,
  unwinding: undefined,
  relocations: machine => RELOCATIONS.get(machine),
  writer: 'livepatch',
  rules: 'xen',
}

/** `common/irq.c#foo` for a symbol that is local to its file, the plain name for any other. */
function xenName(fileSymbol: string, name: string, local: boolean): string {
  return local && fileSymbol !== '' ? `${fileSymbol}#${name}` : name
}
