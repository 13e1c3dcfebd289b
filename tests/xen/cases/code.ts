/** Changes of code, by the kind of function. */
import { inNewFile, probeFile, type XenCase } from '../case.ts'

/** XENMEM_decrease_reservation with a list that is not there: the copy inside do_memory_op faults. */
const unreadableList = 'hypercall memory_op 1 { bad u64:1 u32:0 u32:0 u64:0x7ff0 }'
/** SCHEDOP_poll of 100 ports, listed where no guest may read. */
const pollElsewhere = 'hypercall sched_op 3 { hypervisor u32:100 u32:0 u64:0 }'
/** XEN_DOMCTL_iomem_permission, domain 0, page frames 0x100 and up. */
const permitFrames = (count: string) =>
  `hypercall domctl { u32:20 u32:0x15 u64:0 u64:0x100 u64:${count} u8:1 zeros:95 }`

/** XENPF_firmware_info, XEN_FW_KBD_SHIFT_FLAGS, of which only index 0 exists. */
const shiftFlags = (index: number) => `hypercall platform_op { u32:50 u32:0x03000001 u32:5 u32:${index} zeros:128 }`

export const codeCases: readonly XenCase[] = [
  {
    name: 'boot-time-references',
    shows:
      'a function that computes with addresses of the trampoline, which is init code, to read the copy that lives on',
    edits: [
      {
        file: 'xen/arch/x86/platform_hypercall.c',
        after: 'case XEN_FW_KBD_SHIFT_FLAGS:',
        find: 'ret = -ESRCH;',
        put: 'ret = -ENOENT;',
      },
    ],
    changed: [
      'arch/x86/platform_hypercall.o do_platform_op',
      'arch/x86/x86_64/platform_hypercall.o compat_platform_op',
    ],
    looks: [
      { operation: shiftFlags(0), original: { result: 0 }, patched: { result: 0 } },
      { operation: shiftFlags(1), original: { result: -3 }, patched: { result: -2 } },
    ],
  },
  {
    name: 'global-function',
    shows: 'a function that other units call, and a string that only the patch has',
    edits: [
      { file: 'xen/common/version.c', find: 'return XEN_EXTRAVERSION;', put: 'return XEN_EXTRAVERSION "-hotfix";' },
    ],
    changed: ['common/version.o xen_extra_version'],
    looks: [
      {
        operation: 'version',
        original: { line: /^extra-version \.5$/ },
        patched: { line: /^extra-version \.5-hotfix$/ },
      },
    ],
  },
  {
    name: 'static-function',
    shows: 'a function known as common/sched/core.c#do_poll, with an inlined user copy and its fixup',
    edits: [{ file: 'xen/common/sched/core.c', find: 'sched_poll->nr_ports > 128', put: 'sched_poll->nr_ports > 64' }],
    changed: ['common/sched/core.o do_poll'],
    looks: [{ operation: pollElsewhere, original: { result: -14 }, patched: { result: -22 } }],
  },
  {
    name: 'cold-part',
    shows: 'a function with a .cold part: both are replaced, and jump to each other',
    edits: [
      {
        file: 'xen/common/rangeset.c',
        after: 'int rangeset_add_range(',
        find: 'ASSERT(s <= e);',
        put: 'ASSERT(s <= e); if ( e - s > 0x3f ) return -E2BIG;',
      },
    ],
    changed: ['common/rangeset.o rangeset_add_range'],
    looks: [
      { operation: permitFrames('0x40'), original: { result: 0 }, patched: { result: 0 } },
      { operation: permitFrames('0x41'), original: { result: 0 }, patched: { result: -7 } },
    ],
  },
  {
    name: 'static-locals',
    shows: 'static locals keep their values across apply and revert, though a new one shifts their numbers',
    edits: [
      { file: 'xen/common/keyhandler.c', find: 'static u32 count = 0;', put: 'static u32 count = 0, shown = 0;' },
      {
        file: 'xen/common/keyhandler.c',
        after: 'Synced stime skew',
        find: 'current=%"PRIu64"ns',
        put: 'shown=%"PRIu32" current=%"PRIu64"ns',
      },
      {
        file: 'xen/common/keyhandler.c',
        find: 'sumdif_stime/count, count, dif_stime);',
        put: 'sumdif_stime/count, count, ++shown, dif_stime);',
      },
    ],
    changed: ['common/keyhandler.o read_clocks'],
    addedData: ['common/keyhandler.o shown'],
    looks: [
      {
        operation: 'debug-keys t',
        original: { line: /samples=1 current/ },
        patched: { line: /samples=2 shown=1 current/ },
        reverted: { line: /samples=3 current/ },
      },
    ],
  },
  {
    name: 'static-to-global',
    shows: 'the running Xen knows the function as a local one, the patched source as a global one',
    edits: [
      { file: 'xen/arch/x86/nmi.c', find: 'static void cf_check do_nmi_stats', put: 'void cf_check do_nmi_stats' },
      { file: 'xen/arch/x86/nmi.c', find: 'printk("CPU\\tNMI\\n");', put: 'printk("CPU\\tNMIs since boot\\n");' },
    ],
    changed: ['arch/x86/nmi.o do_nmi_stats'],
    looks: [
      { operation: 'debug-keys n', original: { line: /CPU\s+NMI$/ }, patched: { line: /CPU\s+NMIs since boot$/ } },
    ],
  },
  {
    name: 'static-shared',
    shows: 'a static function is changed, made global, and called by another unit of the same patch',
    edits: [
      {
        file: 'xen/common/keyhandler.c',
        find: 'cf_check dump_domains, cf_check read_clocks;',
        put: 'cf_check dump_domains; keyhandler_fn_t cf_check read_clocks;',
      },
      { file: 'xen/common/keyhandler.c', find: 'static void cf_check read_clocks(', put: 'void cf_check read_clocks(' },
      { file: 'xen/common/keyhandler.c', find: '"Synced cycles skew', put: '"Synced cycle skew' },
      {
        file: 'xen/arch/x86/nmi.c',
        find: 'static void cf_check do_nmi_stats(',
        put: 'void cf_check read_clocks(unsigned char key); static void cf_check do_nmi_stats(',
      },
      { file: 'xen/arch/x86/nmi.c', find: 'printk("CPU\\tNMI\\n");', put: 'read_clocks(key); printk("CPU\\tNMI\\n");' },
    ],
    changed: ['arch/x86/nmi.o do_nmi_stats', 'common/keyhandler.o read_clocks'],
    looks: [
      {
        operation: 'debug-keys n',
        original: { not: /Synced/ },
        patched: { line: /Synced cycle skew[\s\S]*CPU\s+NMI$/ },
      },
      { operation: 'debug-keys t', original: { line: /Synced cycles/ }, patched: { line: /Synced cycle skew/ } },
    ],
  },
  {
    name: 'global-to-static',
    shows: 'the running Xen knows the function as a global one, the patched source as a local one',
    edits: [
      {
        file: 'xen/common/memory.c',
        find: '\nunsigned int ioreq_server_max_frames(',
        put: '\nstatic noinline unsigned int ioreq_server_max_frames(',
      },
      {
        file: 'xen/common/memory.c',
        after: ' ioreq_server_max_frames(const',
        find: 'unsigned int nr = 0;',
        put: 'unsigned int nr = 3;',
      },
    ],
    changed: ['common/memory.o do_memory_op', 'common/memory.o ioreq_server_max_frames'],
    probe: probeFile(
      '    printk("probe: %u frames\\n", ioreq_server_max_frames(hardware_domain));',
      /probe: 0 frames/,
      /probe: 3 frames/,
      'unsigned int ioreq_server_max_frames(const struct domain *d);',
    ),
  },
  {
    name: 'exception-table',
    shows: 'do_memory_op: hundreds of alternatives, exception table entries and their fixup code',
    edits: [{ file: 'xen/common/memory.c', find: 'rc = max_page;', put: 'rc = max_page & ~0xfffUL;' }],
    changed: ['common/memory.o do_memory_op'],
    looks: [
      { operation: 'hypercall memory_op 2 0', original: { result: 32736 }, patched: { result: 28672 } },
      { operation: unreadableList, original: { result: 0 }, patched: { result: 0 } },
    ],
  },
  {
    name: 'compiled-twice',
    shows: 'one source file, two objects: the second is compiled for 32-bit guests',
    edits: [
      {
        file: 'xen/common/multicall.c',
        after: 'ret_t do_multicall(',
        find: 'int              rc = 0;',
        put: 'int              rc = nr_calls > 1024 ? -E2BIG : 0;',
      },
    ],
    changed: ['common/compat/multicall.o compat_multicall', 'common/multicall.o do_multicall'],
    looks: [
      { operation: 'hypercall multicall bad 1024', original: { result: -14 }, patched: { result: -14 } },
      { operation: 'hypercall multicall bad 1025', original: { result: -14 }, patched: { result: -7 } },
    ],
  },
  {
    name: 'lines-added',
    shows: 'with --lines ignore, a later function whose bug frame holds its line is dragged in',
    edits: [
      {
        file: 'xen/common/domain.c',
        after: 'long do_vm_assist(',
        find: '    switch ( cmd )\n',
        put: '    if ( type == 3 )\n        return -EBUSY;\n\n    switch ( cmd )\n',
      },
    ],
    changed: ['common/domain.o continue_hypercall_on_cpu', 'common/domain.o do_vm_assist'],
    looks: [{ operation: 'hypercall vm_assist 0 3', original: { result: 0 }, patched: { result: -16 } }],
  },
  {
    name: 'library-unit',
    shows: 'a unit that is linked from an archive (lib-y)',
    edits: [
      {
        file: 'xen/lib/parse-size.c',
        find: "    case 'T': case 't':\n",
        put: "    case 'P': case 'p': ret <<= 10; /* fallthrough */ case 'T': case 't':\n",
      },
    ],
    changed: ['lib/parse-size.o parse_size_and_unit'],
    probe: probeFile(
      '    printk("probe: %llu\\n", parse_size_and_unit("2P", NULL) >> 10);',
      /probe: 2$/,
      /probe: 2199023255552$/,
    ),
  },
  {
    name: 'assembly-function',
    shows: 'a function written in assembly, in a file that the compiler only passes through the preprocessor',
    edits: [{ file: 'xen/arch/x86/clear_page.S', find: '        sfence\n', put: '        mov $0x5a, %eax; sfence\n' }],
    changed: ['arch/x86/clear_page.o clear_page_sse2'],
    probe: probeFile(
      '    void *page = alloc_xenheap_page();\n\n' +
        '    printk("probe: %#x\\n", clear(page));\n    free_xenheap_page(page);',
      /probe: 0$/,
      /probe: 0x5a$/,
      '#include <xen/mm.h>\nunsigned int clear(void *page) asm("clear_page_sse2");',
    ),
  },
  {
    name: 'alternative-call',
    shows: 'a call that the alternatives turn from indirect to direct, as the first instruction of the function',
    edits: [
      {
        file: 'xen/arch/x86/smp.c',
        find: 'alternative_vcall(genapic.send_IPI_self, vector);',
        put: 'alternative_vcall(genapic.send_IPI_self, vector); printk("vector %#x sent to itself\\n", vector);',
      },
    ],
    changed: ['arch/x86/smp.o send_IPI_self'],
    probe: probeFile(
      '    printk("probe: begin\\n"); send_IPI_self(0xff); printk("probe: end\\n");',
      /probe: begin\n.*probe: end/,
      /probe: begin\n.*vector 0xff sent to itself\n.*probe: end/,
    ),
  },
  {
    name: 'new-file',
    shows: 'a new source file, the Makefile that names it, and a function that calls into it',
    edits: [
      ...inNewFile(
        'assist_names',
        'static const char *const names[] = { "4gb-segments", "notify", "writable-pagetables", "pae-extended-cr3" };\n' +
          'static unsigned int asked;\n\n' +
          'const char *assist_name(unsigned int type);\n' +
          'const char *assist_name(unsigned int type)\n{\n' +
          '    ++asked;\n    return type < ARRAY_SIZE(names) ? names[type] : "unknown";\n}\n\n' +
          'unsigned int assists_asked(void);\nunsigned int assists_asked(void)\n{\n    return asked;\n}\n',
      ),
      {
        file: 'xen/common/domain.c',
        find: 'long do_vm_assist(',
        put: 'const char *assist_name(unsigned int); unsigned int assists_asked(void); long do_vm_assist(',
      },
      {
        file: 'xen/common/domain.c',
        after: 'long do_vm_assist(',
        find: '    switch ( cmd )\n',
        put: '    printk("assist %s", assist_name(type)); printk(" asked %u\\n", assists_asked()); switch ( cmd )\n',
      },
    ],
    changed: ['common/domain.o do_vm_assist'],
    added: ['common/assist_names.o assist_name', 'common/assist_names.o assists_asked'],
    addedData: ['common/assist_names.o asked', 'common/assist_names.o names'],
    looks: [
      {
        operation: 'hypercall vm_assist 0 3',
        original: { result: 0, not: /assist/ },
        patched: { result: 0, line: /assist pae-extended-cr3 asked 1/ },
      },
    ],
  },
]
