/**
 * Entries of the tables that Xen's linker script gathers: added, taken away, put in another order, put into another
 * section. The running hypervisor has its tables already, so each is refused; none is "nothing to do".
 * Source of the kinds: arch/x86/xen.lds.S and include/xen/xen.lds.h.
 */
import type { RefusedCase } from './refused.ts'

const creditScheduler = 'xen/common/sched/credit.c'
const grantTable = 'xen/common/grant_table.c'
const pageAllocator = 'xen/common/page_alloc.c'
const heapInit = '__initcall(pagealloc_keyhandler_init);'
const triggerInit = '__initcall(register_heap_trigger);'
const registerBars = 'REGISTER_VPCI_INIT(init_bars, VPCI_PRIORITY_MIDDLE);'
const vpciHeader = 'xen/drivers/vpci/header.c'
const maxFrames =
  'custom_runtime_param("gnttab_max_frames", parse_gnttab_max_frames,\n                     gnttab_max_frames_init);'

export const linkerSetCases: readonly RefusedCase[] = [
  {
    name: 'a scheduler more',
    edits: [
      {
        file: creditScheduler,
        append:
          '\nstatic const struct scheduler *again_entry __used_section(".data.schedulers") = &sched_credit_def;\n',
      },
    ],
    refusals: [
      'unknown-section common/sched/credit.o again_entry',
      'unknown-section common/sched/credit.o sched_credit_def_entry',
    ],
  },
  {
    name: 'a scheduler less',
    edits: [
      {
        file: creditScheduler,
        find: 'REGISTER_SCHEDULER(sched_credit_def);',
        put: 'static const void *const __maybe_unused kept = &sched_credit_def;',
      },
    ],
    refusals: ['unknown-section common/sched/credit.o sched_credit_def_entry'],
  },
  {
    name: 'another scheduler in its place',
    edits: [
      {
        file: creditScheduler,
        find: 'REGISTER_SCHEDULER(sched_credit_def);',
        put: 'static const struct scheduler other = { .name = "other" };\nstatic const struct scheduler *sched_credit_def_entry __used_section(".data.schedulers") = &other;\nstatic const void *const __maybe_unused kept = &sched_credit_def;',
      },
    ],
    refusals: ['unknown-section common/sched/credit.o sched_credit_def_entry'],
  },
  {
    name: 'a vPCI handler more',
    edits: [
      {
        file: vpciHeader,
        find: registerBars,
        put: `${registerBars}\nstatic int cf_check init_more(struct pci_dev *pdev)\n{\n    return pdev->vpci ? 0 : -ENODEV;\n}\nREGISTER_VPCI_INIT(init_more, VPCI_PRIORITY_MIDDLE);`,
      },
    ],
    refusals: [
      'unknown-section drivers/vpci/header.o init_more_entry',
      'unknown-section drivers/vpci/header.o init_bars_entry',
    ],
  },
  {
    name: 'a vPCI handler less',
    edits: [
      {
        file: 'xen/drivers/vpci/msi.c',
        find: 'REGISTER_VPCI_INIT(init_msi, VPCI_PRIORITY_LOW);',
        put: 'static const void *const __maybe_unused kept = init_msi;',
      },
    ],
    refusals: ['unknown-section drivers/vpci/msi.o init_msi_entry'],
  },
  {
    name: 'a vPCI handler of another priority',
    edits: [{ file: vpciHeader, find: registerBars, put: registerBars.replace('MIDDLE', 'LOW') }],
    refusals: ['unknown-section drivers/vpci/header.o init_bars_entry'],
  },
  {
    name: 'an initcall less',
    edits: [
      {
        file: pageAllocator,
        find: heapInit,
        put: 'static const void *const __maybe_unused kept = pagealloc_keyhandler_init;',
      },
    ],
    refusals: [
      'init-code common/page_alloc.o init_boot_pages',
      'init-code common/page_alloc.o alloc_boot_pages',
      'init-data common/page_alloc.o __initcall_pagealloc_keyhandler_init',
    ],
  },
  {
    name: 'an initcall of another level',
    edits: [{ file: pageAllocator, find: heapInit, put: heapInit.replace('__', 'presmp_') }],
    refusals: ['init-data common/page_alloc.o __initcall_pagealloc_keyhandler_init'],
  },
  {
    name: 'initcalls in another order',
    edits: [
      { file: pageAllocator, find: heapInit, put: '' },
      { file: pageAllocator, find: triggerInit, put: `${triggerInit} ${heapInit}` },
    ],
    refusals: [
      'init-data common/page_alloc.o __initcall_pagealloc_keyhandler_init',
      'init-data common/page_alloc.o __initcall_register_heap_trigger',
    ],
  },
  {
    name: 'a parameter more',
    edits: [{ file: grantTable, append: '\nstatic bool opt_more;\nboolean_param("gnttab_more", opt_more);\n' }],
    refusals: [
      'init-data common/grant_table.o __setup_opt_more',
      'init-data common/grant_table.o __setup_parse_gnttab',
      'init-data common/grant_table.o __setup_parse_gnttab_max_maptrack_frames',
      'init-data common/grant_table.o __setup_parse_gnttab_max_frames',
      'init-data common/grant_table.o __setup_str_parse_gnttab',
      'init-data common/grant_table.o __setup_str_parse_gnttab_max_maptrack_frames',
      'init-data common/grant_table.o __setup_str_parse_gnttab_max_frames',
    ],
  },
  {
    name: 'a parameter of another name',
    edits: [{ file: grantTable, find: maxFrames, put: maxFrames.replace('"gnttab_max_frames"', '"gnttab_frames"') }],
    refusals: [
      'init-data common/grant_table.o __setup_str_parse_gnttab_max_frames',
      'changed-data common/grant_table.o __parfs_parse_gnttab_max_frames',
    ],
  },
  {
    name: 'a constructor',
    edits: [
      {
        file: grantTable,
        append:
          '\nstatic volatile unsigned int constructed;\nstatic void __attribute__((constructor)) construct(void)\n{\n    constructed = opt_max_grant_frames;\n}\n',
      },
    ],
    refusals: ['init-data common/grant_table.o .init_array+0x0'],
  },
  {
    name: 'a table of calls that become direct ones',
    edits: [
      {
        file: 'xen/arch/x86/genapic/default.c',
        find: 'const struct genapic __initconst_cf_clobber apic_default = {',
        put: 'const struct genapic __initconst apic_default = {',
      },
    ],
    refusals: ['init-data arch/x86/genapic/default.o apic_default'],
  },
]
