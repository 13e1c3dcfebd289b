/**
 * What the sections of a hypervisor are to a hotpatch.
 * Sources: Xen 4.17 arch/x86/xen.lds.S (what the linker script gathers and what is freed after boot) and
 * common/livepatch.c (what the loader takes).
 */
import { COMMON_SECTIONS, rows, sectionClasses } from '../sections.ts'

export const xenSectionClass = sectionClasses([
  ...rows('hooks', '.livepatch.hooks.*'),
  ...rows('directive', '.livepatch.ignore.*', '.modinfo'),
  ...rows('entries', '.bug_frames.*', '.altinstructions', '.alt_call_sites', '.ex_table'),
  ...rows('chunks', '.fixup', '.altinstr_replacement'),
  // The early exception table is walked for entry code only; the loader has no place for it.
  ...rows('unknown', '.ex_table.pre'),
  ...rows('init-code', '.init.text', '.init.text.*'),
  ...rows('init-data', '.init.*', '.initcall*', '.initcallpresmp.init', '.trampoline_rel', '.trampoline_seg'),
  ...rows('fixed-code', '.text.entry', '.text.entry.*', '.text.header', '.text.kexec', '.text.page_aligned'),
  ...rows('percpu', '.bss.percpu', '.bss.percpu.*'),
  // Tables that the linker gathers, whatever lies before them in the alphabet: parameters, schedulers, PCI handlers.
  ...rows('unknown', '.data.param', '.data.schedulers', '.data.vpci*', '.data.rel.ro.vpci*', '.lockprofile.data'),
  ...rows('dropped', '.discard', '.discard.*', '.reloc'),
  ...COMMON_SECTIONS,
])
