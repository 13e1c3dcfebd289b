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

const physical = 'static const struct genapic __initconst_cf_clobber apic_x2apic_phys = {'
const sunxi = 'xen/arch/arm/platforms/sunxi.c'
const v8 =
  'PLATFORM_START(sunxi_v8, "Allwinner ARMv8")\n    .compatible = sunxi_v8_dt_compat,\n    .blacklist_dev = sunxi_blacklist_dev,\nPLATFORM_END'
const pl011 = 'xen/drivers/char/pl011.c'
const device = 'DT_DEVICE_START(pl011, "PL011 UART", DEVICE_SERIAL)'

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
  {
    name: 'an initcall more',
    edits: [
      {
        file: pageAllocator,
        append: '\nstatic int __init cf_check again(void)\n{\n    return 0;\n}\n__initcall(again);\n',
      },
    ],
    refusals: [
      'init-data common/page_alloc.o __initcall_again',
      'init-data common/page_alloc.o __initcall_pagealloc_keyhandler_init',
      'init-data common/page_alloc.o __initcall_register_heap_trigger',
    ],
  },
  {
    name: 'a parameter less',
    edits: [{ file: 'xen/common/domain.c', find: 'boolean_param("dom0_vcpus_pin", opt_dom0_vcpus_pin);', put: '' }],
    refusals: ['init-data common/domain.o __setup_opt_dom0_vcpus_pin'],
  },
  {
    name: 'parameters in another order',
    edits: [
      { file: pageAllocator, find: 'boolean_param("scrub-domheap", opt_scrub_domheap);', put: '' },
      {
        file: pageAllocator,
        find: 'integer_param("dma_bits", dma_bitsize);',
        put: 'integer_param("dma_bits", dma_bitsize); boolean_param("scrub-domheap", opt_scrub_domheap);',
      },
    ],
    refusals: [
      'init-data common/page_alloc.o __setup_dma_bitsize',
      'init-data common/page_alloc.o __setup_opt_scrub_domheap',
    ],
  },
  {
    name: 'a parameter more that may be set while it runs',
    edits: [
      {
        file: 'xen/common/rangeset.c',
        append:
          '\n#include <xen/param.h>\nstatic bool __read_mostly opt_more;\nboolean_runtime_param("more", opt_more);\n',
      },
    ],
    refusals: ['init-data common/rangeset.o __setup_opt_more'],
  },
  {
    name: 'a table more of calls that become direct ones',
    edits: [
      {
        file: 'xen/arch/x86/genapic/x2apic.c',
        // What stands first, gcc puts behind the others.
        find: physical,
        put: `extern const struct genapic apic_again;\nconst struct genapic __initconst_cf_clobber apic_again = { APIC_INIT("again", NULL) };\n${physical}`,
      },
    ],
    refusals: ['init-data arch/x86/genapic/x2apic.o apic_again'],
  },
  {
    name: 'AArch64: a platform more',
    tree: 'arm64',
    edits: [
      {
        file: sunxi,
        append: '\nPLATFORM_START(sunxi_v9, "Allwinner again")\n    .compatible = sunxi_v8_dt_compat,\nPLATFORM_END\n',
      },
    ],
    refusals: [
      'unknown-section arch/arm/platforms/sunxi.o __plat_desc_sunxi_v7',
      'unknown-section arch/arm/platforms/sunxi.o __plat_desc_sunxi_v8',
      'unknown-section arch/arm/platforms/sunxi.o __plat_desc_sunxi_v9',
    ],
  },
  {
    name: 'AArch64: a platform less',
    tree: 'arm64',
    edits: [{ file: sunxi, find: v8, put: 'static const void *const __maybe_unused kept = sunxi_v8_dt_compat;' }],
    refusals: [
      'unknown-section arch/arm/platforms/sunxi.o __plat_desc_sunxi_v7',
      'unknown-section arch/arm/platforms/sunxi.o __plat_desc_sunxi_v8',
    ],
  },
  {
    name: 'AArch64: platforms in another order',
    tree: 'arm64',
    edits: [
      { file: sunxi, find: v8, put: '' },
      { file: sunxi, find: 'PLATFORM_START(sunxi_v7,', put: `${v8}\nPLATFORM_START(sunxi_v7,` },
    ],
    refusals: [
      'unknown-section arch/arm/platforms/sunxi.o __plat_desc_sunxi_v7',
      'unknown-section arch/arm/platforms/sunxi.o __plat_desc_sunxi_v8',
    ],
  },
  {
    name: 'AArch64: a device more',
    tree: 'arm64',
    edits: [
      {
        file: pl011,
        find: 'DT_DEVICE_START(pl011,',
        put: 'DT_DEVICE_START(again, "again", DEVICE_SERIAL)\n        .dt_match = pl011_dt_match,\nDT_DEVICE_END\nDT_DEVICE_START(pl011,',
      },
    ],
    refusals: ['unknown-section drivers/char/pl011.o __dev_desc_again'],
  },
  {
    name: 'AArch64: a device less',
    tree: 'arm64',
    edits: [
      {
        file: pl011,
        find: `${device}\n        .dt_match = pl011_dt_match,\n        .init = pl011_dt_uart_init,\nDT_DEVICE_END`,
        put: 'static const void *const __used kept[] = { pl011_dt_match, pl011_dt_uart_init };',
      },
    ],
    refusals: ['unknown-section drivers/char/pl011.o __dev_desc_pl011'],
  },
  {
    name: 'AArch64: a device of another name',
    tree: 'arm64',
    edits: [{ file: pl011, find: device, put: device.replace('UART', 'again') }],
    refusals: ['unknown-section drivers/char/pl011.o __dev_desc_pl011'],
  },
]
