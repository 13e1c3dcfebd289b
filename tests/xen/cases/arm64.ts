/**
 * The same kinds of changes on AArch64: the cases of x86-64 of which all is the same, those of which something differs,
 * and in place of those that edit arch/x86 others like them. vm_assist knows type 5 alone there.
 */
import { inNewFile, probeFile, type XenCase } from '../case.ts'
import { codeCases } from './code.ts'
import { dataCases } from './data.ts'
import { hookCases } from './hooks.ts'
import { specialCases } from './special.ts'

const all: readonly XenCase[] = [...codeCases, ...specialCases, ...dataCases, ...hookCases]

/** Changes of what a case says; nothing where it is the same. */
const SHARED: Readonly<Record<string, Partial<XenCase>>> = {
  'global-function': {},
  // gcc puts do_poll into its caller here.
  'static-function': { changed: ['common/sched/core.o do_sched_op'] },
  'cold-part': {},
  'static-locals': {},
  // There are no guests of 32 bits with calls of their own.
  'compiled-twice': { changed: ['common/multicall.o do_multicall'] },
  'library-unit': {},
  alternatives: {},
  'warn-frame': {},
  'bug-frame': {},
  'bug-crash': {},
  'run-fn-frame': {
    looks: [
      {
        operation: 'hypercall vm_assist 0 63',
        original: { result: -22, not: /PC:/ },
        patched: { result: -22, line: /PC: .*do_vm_assist/ },
      },
    ],
  },
  'names-in-traces': {
    looks: [
      {
        operation: 'hypercall vm_assist 0 63',
        original: { result: -22, not: /PC:/ },
        patched: { result: -22, line: /PC: .*common\/domain\.c#tell\+/ },
      },
    ],
  },
  // Texts that are not in Xen's own image it does not print there (arch/arm/traps.c, do_bug_frame).
  'assert-frame': {
    tree: 'arm64-debug',
    crash: {
      operation: 'hypercall vm_assist 0 63',
      line: /Assertion '<unknown>' failed at common\/domain\.c:1799/,
    },
  },
  'header-inline': {
    changed: [
      'arch/arm/domain.o do_vcpu_op',
      'common/event_channel.o do_event_channel_op',
      'common/event_channel.o evtchn_bind_vcpu',
      'common/event_channel.o evtchn_bind_virq',
      'common/event_fifo.o evtchn_fifo_init_control',
      'common/memory.o do_memory_op',
      'common/vm_event.o vm_event_resume',
    ],
    // Which calls there are is asked after whose they are.
    looks: [{ operation: 'hypercall vcpu_op 3 0x10000 0', original: { result: -2 }, patched: { result: -22 } }],
  },
  'apply-and-revert-hooks': {},
}

const ownHandle = 'hypercall xen_version 8 buffer:16'
const inHandlers = { file: 'xen/common/keyhandler.c', find: 'static void cf_check show_handlers(unsigned char key)' }
const handlersText = 'printk("\'%c\' pressed -> showing installed handlers\\n", key);'

const OWN: readonly XenCase[] = [
  {
    name: 'lines-added',
    shows: 'with --lines ignore, a later function whose bug frame holds its line is dragged in',
    edits: [
      {
        file: 'xen/common/domain.c',
        after: 'long do_vm_assist(',
        find: '    switch ( cmd )\n',
        put: '    if ( cmd == 9 )\n        return -EBUSY;\n\n    switch ( cmd )\n',
      },
    ],
    changed: ['common/domain.o continue_hypercall_on_cpu', 'common/domain.o do_vm_assist'],
    looks: [{ operation: 'hypercall vm_assist 9 5', original: { result: -38 }, patched: { result: -16 } }],
  },
  {
    name: 'static-to-global',
    shows: 'the running Xen knows the function as a local one, the patched source as a global one',
    edits: [
      {
        file: 'xen/common/keyhandler.c',
        find: 'static keyhandler_fn_t cf_check show_handlers, ',
        put: 'keyhandler_fn_t cf_check show_handlers; static keyhandler_fn_t cf_check ',
      },
      { ...inHandlers, put: 'void cf_check show_handlers(unsigned char key)' },
      { file: 'xen/common/keyhandler.c', find: 'showing installed handlers', put: 'these are installed' },
    ],
    changed: ['common/keyhandler.o show_handlers'],
    looks: [
      { operation: 'debug-keys h', original: { line: /showing installed/ }, patched: { line: /these are installed/ } },
    ],
  },
  {
    name: 'new-function',
    shows: 'a new static function with constants, strings and a variable of its own',
    edits: [
      {
        ...inHandlers,
        put: `static unsigned int shown;
static const unsigned int weights[] = { 1, 20, 300, 4000, 50000 };
static noinline const char *describe_rate(unsigned int count)
{
    static const char *const words[] = { "none", "one", "few", "some", "many" };

    count = min(flsl(count), 4);
    shown += weights[count];
    return words[count];
}

static void cf_check show_handlers(unsigned char key)`,
      },
      {
        file: 'xen/common/keyhandler.c',
        find: handlersText,
        put: `${handlersText} printk("rate: %s", describe_rate(key & 3)); printk(", asked %u\\n", shown);`,
      },
    ],
    // gcc counts the places of texts from one of them, and there are more.
    changed: ['common/keyhandler.o dump_domains', 'common/keyhandler.o show_handlers'],
    added: ['common/keyhandler.o describe_rate'],
    addedData: ['common/keyhandler.o shown', 'common/keyhandler.o weights', 'common/keyhandler.o words'],
    // h is 0x68.
    looks: [{ operation: 'debug-keys h', original: { not: /rate/ }, patched: { line: /rate: none, asked 1$/ } }],
  },
  {
    name: 'several-files',
    shows:
      'three files of one patch, C and a header with a new declaration, and a function that one calls in the other',
    edits: [
      {
        file: 'xen/include/xen/version.h',
        find: 'const char *xen_deny(void);',
        put: 'const char *xen_deny(void); const char *xen_fix(void);',
      },
      { file: 'xen/common/version.c', append: '\nconst char *xen_fix(void)\n{\n    return "fix 1";\n}\n' },
      { ...inHandlers, put: 'const char *xen_fix(void); static void cf_check show_handlers(unsigned char key)' },
      {
        file: 'xen/common/keyhandler.c',
        find: handlersText,
        put: 'printk("\'%c\' pressed -> handlers (%s)\\n", key, xen_fix());',
      },
    ],
    changed: ['common/keyhandler.o dump_domains', 'common/keyhandler.o show_handlers'],
    added: ['common/version.o xen_fix'],
    looks: [
      { operation: 'debug-keys h', original: { line: /showing installed/ }, patched: { line: /handlers \(fix 1\)/ } },
    ],
  },
  {
    name: 'new-file',
    shows: 'a new source file, the Makefile that names it, and a function that calls into it',
    edits: [
      ...inNewFile(
        'assist_names',
        'static const char *const names[] = { "enable", "disable" };\nstatic unsigned int asked;\n\n' +
          'const char *assist_name(unsigned int cmd);\nconst char *assist_name(unsigned int cmd)\n{\n' +
          '    ++asked;\n    return cmd < ARRAY_SIZE(names) ? names[cmd] : "unknown";\n}\n\n' +
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
        put: '    printk("assist %s", assist_name(cmd)); printk(" asked %u\\n", assists_asked()); switch ( cmd )\n',
      },
    ],
    changed: ['common/domain.o do_vm_assist'],
    added: ['common/assist_names.o assist_name', 'common/assist_names.o assists_asked'],
    addedData: ['common/assist_names.o asked', 'common/assist_names.o names'],
    looks: [
      {
        operation: 'hypercall vm_assist 1 5',
        original: { result: 0, not: /assist/ },
        patched: { result: 0, line: /assist disable asked 1/ },
      },
    ],
  },
  {
    name: 'load-and-unload-hook',
    shows: 'a function that changes together with data that only a hook can change',
    edits: [...(hookCases.find(({ name }) => name === 'load-and-unload-hook')?.edits ?? [])],
    changed: ['common/domain.o do_vm_assist'],
    added: ['common/domain.o set_handle', 'common/domain.o unset_handle'],
    looks: [
      { operation: ownHandle, original: { line: /00 00 00 00/, not: /5a/ }, patched: { line: /5a 00 00 00/ } },
      { operation: 'hypercall vm_assist 7 5', original: { result: -38 }, patched: { result: -95 } },
    ],
    onApply: /hook: handle set/,
    onRevert: /hook: handle put back/,
  },
  {
    name: 'hooks-alone',
    shows: 'a load hook in a payload that replaces nothing, whose code nothing else would make ready to run',
    edits: probeFile('    printk("hook: alone\\n");', /./, /./).edits,
    changed: [],
    added: ['common/probe.o probe'],
    onApply: /hook: alone/,
  },
]

export const arm64Cases: readonly XenCase[] = [
  ...all.flatMap(one => {
    const own = SHARED[one.name]
    return own === undefined ? [] : [{ ...one, tree: 'arm64' as const, ...own }]
  }),
  ...OWN.map(one => ({ tree: 'arm64' as const, ...one })),
]
