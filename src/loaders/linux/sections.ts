/**
 * What the sections of a Linux kernel are to a live patch.
 * Sources: Linux 6.1 include/asm-generic/vmlinux.lds.h and arch/x86/kernel/vmlinux.lds.S (what the linker script gathers and
 * what is freed after boot); kernel/module/main.c, find_module_sections() and arch/x86/kernel/module.c, module_finalize()
 * (what the module loader looks for by name).
 *
 * Which mistake is worse: a table that is left out without a word is a change that is lost. So what is not known to be
 * harmless has no row, and stands in the way where a patch changes it.
 */
import { HOOK_PREFIX } from '../payload-sections.ts'
import { COMMON_SECTIONS, rows, sectionClasses } from '../sections.ts'
import { STATES } from './hooks.ts'

export const linuxSectionClass = sectionClasses([
  ...rows('hooks', `${HOOK_PREFIX}*`),
  ...rows('directive', '.livepatch.ignore.*', STATES),
  ...rows(
    'entries',
    '.altinstructions',
    '__bug_table',
    '__ex_table',
    '__jump_table',
    '.parainstructions',
    '.smp_locks',
  ),
  ...rows('entries', '.static_call_sites', '.return_sites', '.retpoline_sites', '.call_sites', '__mcount_loc'),
  // Since 6.11: RUNTIME_CONST of vmlinux.lds.h, filled by runtime_const_init(); the module loader does not know them.
  ...rows('boot-constants', 'runtime_ptr_*', 'runtime_shift_*'),
  // Code for the time before alternatives are applied, which the function jumps into (_static_cpu_has()).
  ...rows('chunks', '.altinstr_replacement', '.altinstr_aux'),
  ...rows('init-code', '.init.text', '.init.text.*', '.exit.text', '.exit.text.*'),
  // Also what only the boot walks through: calls, parameters, consoles.
  ...rows('init-data', '.init.*', '.initcall*', '.con_initcall.init', '.exit.data', '.exit.data.*'),
  // Boundaries of these sections mean something: to entry code, to lockdep, to who prints where a task sleeps.
  ...rows('fixed-code', '.text..refcount', '.noinstr.text', '.noinstr.text.*', '.entry.text', '.entry.text.*'),
  ...rows('fixed-code', '.sched.text', '.spinlock.text', '.kprobes.text', '.cpuidle.text', '.irqentry.text'),
  ...rows('fixed-code', '.softirqentry.text', '.head.text', '.ref.text', '.meminit.text', '.static_call.text'),
  // What can be printed for debugging: the module loader lists a module's own.
  ...rows('data', '__dyndbg'),
  ...rows('percpu', '.data..percpu', '.data..percpu.*', '.data..percpu..*'),
  // Written while the system starts, and protected then; a payload's memory would not be.
  ...rows('unknown', '.data..ro_after_init', '.data..ro_after_init.*'),
  // The kernel treats these by their place: shared with the host of an encrypted guest, left out of what is saved to disk, the
  // first task's own, set aside before there is an allocator. A payload's memory would be like any other.
  ...rows('unknown', '.bss..decrypted', '.data..decrypted', '.data..nosave', '.data..init_task', '.bss..brk'),
  ...rows('unknown', '.data..init_thread_info'),
  // For objtool and modpost, and thrown away by the link.
  ...rows('dropped', '.discard', '.discard.*', '.export_symbol'),
  // What the kernel or a module exports, read when another module is loaded: what changes is said (`kernel-exports.ts`).
  ...rows('dropped', '___ksymtab*', '__ksymtab_strings'),
  // How to get out of code, which is compared itself; a payload's is made anew from it.
  ...rows('dropped', '.orc_unwind', '.orc_unwind_ip'),
  // Where code may be left without marks of targets: a payload's own are reached from elsewhere, and keep theirs.
  ...rows('dropped', '.ibt_endbr_seal', '.orc_header'),
  // Padding before functions, which ftrace on x86-64 does not read (KEEP_PATCHABLE of vmlinux.lds.h).
  ...rows('dropped', '__patchable_function_entries'),
  ...rows('dropped', '.note.Linux', '.note.gnu.property'),
  // Words about a module, which are read of its file before it is loaded: what a running one says does not change.
  ...rows('dropped', '.modinfo'),
  ...COMMON_SECTIONS,
])
