/** Patches that cannot become a payload, and patches that change no code. */
import type { Edit } from '../edits.ts'
import type { Configuration } from '../tree.ts'

export interface RefusedCase {
  readonly name: string
  readonly tree?: Configuration
  readonly edits: readonly Edit[]
  /** Each as `code unit symbol`; a part that may be anything is left out from the right. There may be no others. */
  readonly refusals: readonly string[]
}

const file = 'xen/common/domain.c'
const inVmAssist = { file, after: 'long do_vm_assist(', find: 'struct domain *currd = current->domain;' }
const changedVariable: Edit = {
  file: 'xen/common/grant_table.c',
  find: 'opt_transitive_grants = true;',
  put: 'opt_transitive_grants = false;',
}
const changedInitFunction: Edit = {
  file: 'xen/common/keyhandler.c',
  find: 'num_present_cpus() > 16',
  put: 'num_present_cpus() > 32',
}
const newPerCpu: readonly Edit[] = [
  {
    file,
    find: 'long do_vm_assist(',
    put: 'static DEFINE_PER_CPU(unsigned int, assists); long do_vm_assist(',
  },
  { ...inVmAssist, put: 'struct domain *currd = current->domain; unsigned int asked = ++this_cpu(assists);' },
  { file, after: 'long do_vm_assist(', find: 'return -ENOSYS;', put: 'return asked > 9 ? -EBUSY : -ENOSYS;' },
]

export const refusedCases: readonly RefusedCase[] = [
  {
    name: 'the initial value of a variable',
    edits: [changedVariable],
    refusals: ['changed-data common/grant_table.o opt_transitive_grants'],
  },
  {
    name: 'the initial value of a static local',
    edits: [{ file: 'xen/common/keyhandler.c', find: 'static u32 count = 0;', put: 'static u32 count = 7;' }],
    refusals: ['data-layout common/keyhandler.o count'],
  },
  {
    name: 'a constant that other units read',
    edits: [
      {
        file: 'xen/arch/x86/cpu-policy.c',
        find: 'known_features[] = INIT_KNOWN_FEATURES;',
        put: 'known_features[] = { 0x12345678 };',
      },
    ],
    refusals: ['changed-constant arch/x86/cpu-policy.o known_features'],
  },
  {
    name: 'a constant array of one function',
    edits: [
      {
        file: 'xen/common/vsprintf.c',
        after: 'small_digits[] =',
        find: '"0123456789abcdef',
        put: '"0123456789ABCDEF',
      },
    ],
    refusals: ['changed-constant common/vsprintf.o small_digits'],
  },
  {
    name: 'a function that only runs at boot',
    edits: [changedInitFunction],
    refusals: ['init-code common/keyhandler.o initialize_keytable'],
  },
  {
    name: 'a boot function dragged in by moved lines',
    edits: [
      {
        file: 'xen/common/sched/core.c',
        find: '    if ( sched_poll->nr_ports > 128 )\n',
        put: '    if ( sched_poll->nr_ports == 127 )\n        return -EBUSY;\n\n    if ( sched_poll->nr_ports > 128 )\n',
      },
    ],
    refusals: ['init-code common/sched/core.o scheduler_init'],
  },
  {
    name: 'a function too small for the jump',
    edits: [
      {
        file: 'xen/arch/x86/mm.c',
        find: 'BUG_ON(idx >= __end_of_fixed_addresses_x || idx <= FIX_X_RESERVED);',
        put: 'if ( idx >= __end_of_fixed_addresses_x || idx <= FIX_X_RESERVED ) return;',
      },
    ],
    refusals: ['too-small arch/x86/mm.o __set_fixmap_x'],
  },
  {
    name: 'a section that the loader does not know',
    edits: [
      {
        ...inVmAssist,
        put: 'static unsigned int __section(".hotsplice_unknown") asked; struct domain *currd = current->domain;',
      },
      { file, after: 'long do_vm_assist(', find: 'return -ENOSYS;', put: 'return ++asked > 9 ? -EBUSY : -ENOSYS;' },
    ],
    refusals: ['unknown-section common/domain.o asked'],
  },
  {
    name: 'a new per-CPU variable',
    edits: newPerCpu,
    refusals: ['percpu-data common/domain.o per_cpu__assists'],
  },
  {
    name: 'the size of a variable',
    edits: [{ file: 'xen/common/keyhandler.c', find: '} key_table[128]', put: '} key_table[129]' }],
    refusals: ['data-layout common/keyhandler.o key_table'],
  },
  {
    name: 'a new initcall',
    edits: [{ file, append: '\nstatic int __init cf_check late(void)\n{\n    return 0;\n}\n__initcall(late);\n' }],
    refusals: ['init-data common/domain.o'],
  },
  {
    name: 'the patching code itself',
    edits: [
      {
        file: 'xen/common/livepatch.c',
        after: '\nvoid revert_payload_tail(',
        find: 'data->state = LIVEPATCH_STATE_CHECKED;',
        put: 'data->state = LIVEPATCH_STATE_CHECKED; data->rc = 0;',
      },
    ],
    refusals: [
      'patching-code common/livepatch.o check_for_livepatch_work',
      'patching-code common/livepatch.o revert_payload_tail',
    ],
  },
  {
    name: 'a linker script',
    edits: [{ file: 'xen/arch/x86/xen.lds.S', find: '__2M_text_end = .;', put: '__2M_text_end = . + 0;' }],
    refusals: ['linker-script arch/x86/efi.lds.S', 'linker-script arch/x86/xen.lds.S'],
  },
  {
    name: 'the flags in a Makefile',
    edits: [
      {
        file: 'xen/common/Makefile',
        find: 'obj-y += bitmap.o\n',
        put: 'obj-y += bitmap.o\nCFLAGS-y += -DHOTSPLICE_TEST\n',
      },
    ],
    refusals: ['makefile-edit xen/common/Makefile'],
  },
  {
    name: 'two hooks where Xen takes one',
    edits: [
      {
        file,
        append: `
#include <xen/livepatch_payload.h>
static int first(livepatch_payload_t *payload)
{
    return 0;
}
static int second(livepatch_payload_t *payload)
{
    return 1;
}
LIVEPATCH_PREAPPLY_HOOK(first);
LIVEPATCH_PREAPPLY_HOOK(second);
`,
      },
    ],
    refusals: ['several-hooks'],
  },
  {
    name: 'several of these at once: all are said',
    edits: [changedVariable, changedInitFunction, ...newPerCpu],
    refusals: [
      'changed-data common/grant_table.o opt_transitive_grants',
      'init-code common/keyhandler.o initialize_keytable',
      'percpu-data common/domain.o per_cpu__assists',
    ],
  },
]

/** No code changes: exit 3. */
export const idleCases: readonly { readonly name: string; readonly edits: readonly Edit[] }[] = [
  { name: 'a comment on a line of code', edits: [{ ...inVmAssist, put: `${inVmAssist.find} /* the caller's */` }] },
  {
    name: 'a comment of its own lines, in a file without bug frames',
    edits: [
      {
        file: 'xen/common/version.c',
        find: '#include <asm/cache.h>\n',
        put: '#include <asm/cache.h>\n\n/* Who\n * am I? */\n',
      },
    ],
  },
  {
    name: 'another name for a local variable',
    edits: [
      { file: 'xen/lib/parse-size.c', find: 'unsigned long long ret;', put: 'unsigned long long value;' },
      { file: 'xen/lib/parse-size.c', find: 'ret = simple_strtoull', put: 'value = simple_strtoull' },
      ...['T', 'G', 'M', 'K'].map(unit => ({
        file: 'xen/lib/parse-size.c',
        after: `case '${unit}'`,
        find: '        ret <<= 10;',
        put: '        value <<= 10;',
      })),
      { file: 'xen/lib/parse-size.c', find: 'ret <<= 10; /*', put: 'value <<= 10; /*' },
      { file: 'xen/lib/parse-size.c', find: 'return ret;', put: 'return value;' },
    ],
  },
  {
    name: 'a macro that nobody uses',
    edits: [{ file: 'xen/common/event_channel.h', find: '#include', put: '#define NOBODY 1\n#include' }],
  },
  {
    name: 'a file of another architecture',
    edits: [{ file: 'xen/arch/arm/vpsci.c', append: '\nint on_arm_only(void) { return 1; }\n' }],
  },
]
