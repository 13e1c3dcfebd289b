/**
 * Linux 6.1, as its module loader and its live patching core see the world.
 * Sources: Linux 6.1 kernel/livepatch/core.c, kernel/module/main.c, arch/x86/kernel/module.c.
 */
import {
  R_X86_64_32,
  R_X86_64_32S,
  R_X86_64_64,
  R_X86_64_NONE,
  R_X86_64_PC32,
  R_X86_64_PC64,
  R_X86_64_PLT32,
} from '../../machines/x86-64/relocation-numbers.ts'
import { X86_64 } from '../../machines/x86-64/x86-64.ts'
import type { Denial, Loader, RelocationWay } from '../loader.ts'
import { linuxEntryLayout } from './entries.ts'
import { LINUX_HOOKS } from './hooks.ts'
import { OF_EACH_MODULE, ownNameOf } from './named-kernel.ts'
import { linuxSectionClass } from './sections.ts'

/** arch/x86/kernel/module.c, __apply_relocate_add(): any other is -ENOEXEC. */
const OF_X86_64: ReadonlyMap<number, RelocationWay> = new Map([
  [R_X86_64_NONE, 'drop'],
  ...[R_X86_64_64, R_X86_64_32, R_X86_64_32S, R_X86_64_PC32, R_X86_64_PLT32, R_X86_64_PC64].map(
    (type): readonly [number, RelocationWay] => [type, 'as-is'],
  ),
])

const RELOCATIONS: ReadonlyMap<number, ReadonlyMap<number, RelocationWay>> = new Map([[X86_64.number, OF_X86_64]])

const PATCHING: Denial = {
  code: 'patching-code',
  why: 'it belongs to the live patching core, which would run it while it replaces it',
  hint: 'fix it with a new kernel and a reboot',
}

export const LINUX: Loader = {
  name: 'linux',
  title: "Linux's module loader",
  sectionClass: linuxSectionClass,
  entryLayout: linuxEntryLayout,
  followed: section => (linuxEntryLayout(section, X86_64.number) === undefined ? undefined : { reads: 'nothing' }),
  runsAnywhere: false,
  // runtime_const_init() of arch/x86/include/asm/runtime-const.h, since 6.11.
  writtenAtStart: section => /^runtime_ptr_(\w+)$/.exec(section)?.[1],
  startMemory: 'freed',
  readiesNewCodeOnly: () => false,
  readiesEdited: () => undefined,
  hooks: { lists: [], single: [...LINUX_HOOKS.keys()] },
  // Its callbacks come before functions are replaced; text of the kernel is read-only to them.
  waysOut: { hook: 'a callback (HOTSPLICE_PRE_PATCH of hotsplice.h)', writesCode: false, assisted: false },
  setsLines: false,
  writesTable: 'never',
  writesEntries: true,
  // kernel/module/main.c, find_module_sections().
  findsByName: section => section === '__dyndbg',
  needsDependencies: false,
  // A module is loaded anew before it can be enabled again (kernel/livepatch/core.c, __klp_enable_patch).
  writableForbidsReapply: false,
  // The kernel's address range for modules has 1 GiB; a payload of this size is a mistake.
  limits: { size: 16 * 1024 * 1024, sections: 1024, name: 511, switchedOff: 0 },
  // The kernel's own table has no files: what is local gets them by what the kernel's code leads to. So does what each module
  // has under one name.
  runningName: (file, name, local) => (local || OF_EACH_MODULE.has(name) ? ownNameOf(file, name) : name),
  denied: unit => (unit.startsWith('kernel/livepatch/') ? PATCHING : undefined),
  entersOnce: () => false,
  prints: new Set(),
  bringsUp: () => false,
  freeing: undefined,
  unwinding: undefined,
  relocations: machine => RELOCATIONS.get(machine),
  writer: 'kernel-module',
  rules: 'linux',
}
