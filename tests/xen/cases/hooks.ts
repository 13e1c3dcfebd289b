/** Hooks: code of the payload that Xen runs when it is applied or reverted. */
import type { XenCase } from '../case.ts'

const include = '\n#include <xen/livepatch_payload.h>\n'
/** XENVER_guest_handle: the sixteen bytes of the caller's handle. */
const ownHandle = 'hypercall xen_version 8 buffer:16'

const setHandle = `
static void set_handle(void)
{
    hardware_domain->handle[0] = 0x5a;
    printk("hook: handle set\\n");
}
static void unset_handle(void)
{
    hardware_domain->handle[0] = 0;
    printk("hook: handle put back\\n");
}
LIVEPATCH_LOAD_HOOK(set_handle);
LIVEPATCH_UNLOAD_HOOK(unset_handle);
`

const step = (type: string, name: string, result: string) =>
  `static ${type} ${name}(livepatch_payload_t *payload)\n{\n    printk("hook: ${name} of %s\\n", payload->name);\n${result}}\n`

/** The action hooks stand in for Xen's own apply and revert, so this payload replaces no function. */
const sixHooks = `
${step('int', 'before_apply', '    return 0;\n')}
${step('int', 'at_apply', '    return 0;\n')}
${step('void', 'after_apply', '')}
${step('int', 'before_revert', '    return 0;\n')}
${step('int', 'at_revert', '    return 0;\n')}
${step('void', 'after_revert', '')}
LIVEPATCH_PREAPPLY_HOOK(before_apply);
LIVEPATCH_APPLY_HOOK(at_apply);
LIVEPATCH_POSTAPPLY_HOOK(after_apply);
LIVEPATCH_PREREVERT_HOOK(before_revert);
LIVEPATCH_REVERT_HOOK(at_revert);
LIVEPATCH_POSTREVERT_HOOK(after_revert);
`

export const hookCases: readonly XenCase[] = [
  {
    name: 'load-and-unload-hook',
    shows: 'a function that changes together with data that only a hook can change',
    edits: [
      { file: 'xen/common/domain.c', append: include + setHandle },
      { file: 'xen/common/domain.c', after: 'long do_vm_assist(', find: 'return -ENOSYS;', put: 'return -EOPNOTSUPP;' },
    ],
    changed: ['common/domain.o do_vm_assist'],
    added: ['common/domain.o set_handle', 'common/domain.o unset_handle'],
    looks: [
      { operation: ownHandle, original: { line: /00 00 00 00/, not: /5a/ }, patched: { line: /5a 00 00 00/ } },
      { operation: 'hypercall vm_assist 7 3', original: { result: -38 }, patched: { result: -95 } },
    ],
    onApply: /hook: handle set/,
    onRevert: /hook: handle put back/,
  },
  {
    name: 'apply-and-revert-hooks',
    shows: 'the six hooks around apply and revert, in a payload that replaces nothing',
    edits: [{ file: 'xen/common/domain.c', append: include + sixHooks }],
    changed: [],
    added: ['after_apply', 'after_revert', 'at_apply', 'at_revert', 'before_apply', 'before_revert'].map(
      name => `common/domain.o ${name}`,
    ),
    onApply: /before_apply of [\s\S]*at_apply of [\s\S]*after_apply of /,
    onRevert: /before_revert of [\s\S]*at_revert of [\s\S]*after_revert of /,
  },
]
