/** Changes that show in the special sections: alternatives, exception tables, fixup code, bug frames. */
import { probeFile, type XenCase } from '../case.ts'

/** EVTCHNOP_status of port 5 of the caller's own domain. */
const statusOfPort5 = 'hypercall event_channel_op 5 { u32:0x7ff0 u32:5 zeros:24 }'
/** XEN_DOMCTL_getdomaininfo of domain 0. */
const infoOfDomain0 = 'hypercall domctl { u32:5 u32:0x15 u64:0 zeros:128 }'
const inVmAssist = { file: 'xen/common/domain.c', after: 'long do_vm_assist(', find: 'type >= BITS_PER_LONG' }

/** Follows the jump that a payload leaves at a function's start, and says which of two instructions is in there. */
const findFence = `    const uint8_t *code = (void *)cache_flush;
    unsigned int i, mfence = 0, lfence = 0;

    if ( code[0] == 0xe9 )
        code += 5 + *(const int32_t *)(code + 1);
    for ( i = 0; i < 0x60; i++ )
        if ( code[i] == 0x0f && code[i + 1] == 0xae )
        {
            mfence += code[i + 2] == 0xf0;
            lfence += code[i + 2] == 0xe8;
        }
    cache_flush(code, 16);
    printk("probe: %u mfence %u lfence\\n", mfence, lfence);`

export const specialCases: readonly XenCase[] = [
  {
    name: 'alternatives',
    shows: 'a function with alternatives, called through a table and inlined into its caller',
    edits: [
      {
        file: 'xen/common/event_channel.c',
        find: 'status->status = EVTCHNSTAT_closed;',
        put: 'status->status = EVTCHNSTAT_closed; rc = -ENOENT;',
      },
    ],
    changed: ['common/event_channel.o evtchn_status'],
    looks: [{ operation: statusOfPort5, original: { result: 0 }, patched: { result: -2 } }],
  },
  {
    name: 'alternatives-only',
    shows: 'nothing but the bytes of a replacement differ: the peers call this function unchanged',
    edits: [{ file: 'xen/arch/x86/flushtlb.c', after: 'alternative(""', find: 'mfence', put: 'lfence' }],
    changed: ['arch/x86/flushtlb.o cache_flush'],
    probe: probeFile(findFence, /probe: 2 mfence 0 lfence/, /probe: 1 mfence 1 lfence/),
  },
  {
    name: 'fixup-only',
    shows: 'nothing but fixup code differs, in a file that includes itself a second time',
    edits: [
      {
        file: 'xen/arch/x86/usercopy.c',
        after: '"6:  mov',
        find: 'xor  %%eax, %%eax',
        put: 'mov  $0x5a, %%eax',
      },
    ],
    changed: ['arch/x86/usercopy.o copy_from_guest_ll', 'arch/x86/usercopy.o copy_from_unsafe_ll'],
    probe: probeFile(
      '    uint8_t to[3] = { 1, 2, 3 };\n' +
        '    unsigned int left = copy_from_unsafe_ll(to, (void *)0x123, 3);\n\n' +
        '    printk("probe: %u left, %02x%02x%02x\\n", left, to[0], to[1], to[2]);',
      /probe: 3 left, 000000/,
      /probe: 3 left, 5a5a5a/,
    ),
  },
  {
    name: 'warn-frame',
    shows: 'a WARN in the payload: Xen finds its frame, file and line',
    edits: [{ ...inVmAssist, put: 'WARN_ON(type >= BITS_PER_LONG)' }],
    changed: ['common/domain.o do_vm_assist'],
    looks: [
      {
        operation: 'hypercall vm_assist 0 64',
        original: { result: -22, not: /WARN/ },
        patched: { result: -22, line: /Xen WARN at common\/domain\.c:1799/ },
      },
    ],
  },
  {
    name: 'bug-frame',
    shows: 'a function with a BUG that is not hit',
    edits: [
      {
        file: 'xen/common/domctl.c',
        find: '= d->outstanding_pages;',
        put: '= d->outstanding_pages + 0x5a5a;',
      },
    ],
    changed: ['common/domctl.o getdomaininfo'],
    looks: [
      {
        operation: infoOfDomain0,
        original: { result: 0, not: /5a 5a/ },
        patched: { result: 0, line: /5a 5a 00 00 00/ },
      },
    ],
  },
  {
    name: 'bug-crash',
    shows: 'a BUG in the payload that is hit: Xen finds its frame, file and line',
    edits: [{ ...inVmAssist, put: '({ BUG_ON(type == 63); type >= BITS_PER_LONG; })' }],
    changed: ['common/domain.o do_vm_assist'],
    crash: { operation: 'hypercall vm_assist 0 63', line: /Xen BUG at common\/domain\.c:1799/ },
  },
  {
    name: 'run-fn-frame',
    shows: 'a frame that runs a function in exception context, and a place inside the payload in what it prints',
    edits: [{ ...inVmAssist, put: '({ if ( type == 63 ) dump_execution_state(); type >= BITS_PER_LONG; })' }],
    changed: ['common/domain.o do_vm_assist'],
    looks: [
      {
        operation: 'hypercall vm_assist 0 63',
        original: { result: -22, not: /RIP:/ },
        patched: { result: -22, line: /RIP: .*do_vm_assist/ },
      },
    ],
  },
  {
    name: 'names-in-traces',
    shows: 'a trace that leads through a new static function and a cold part: Xen names both, not their neighbours',
    edits: [
      {
        file: 'xen/common/domain.c',
        find: 'long do_vm_assist(',
        put: 'static noinline __attribute__((__cold__)) void tell(void) { dump_execution_state(); barrier(); } long do_vm_assist(',
      },
      { ...inVmAssist, put: '({ if ( type == 63 ) tell(); type >= BITS_PER_LONG; })' },
    ],
    changed: ['common/domain.o do_vm_assist'],
    added: ['common/domain.o tell'],
    looks: [
      {
        operation: 'hypercall vm_assist 0 63',
        original: { result: -22, not: /RIP:/ },
        patched: { result: -22, line: /RIP: .*common\/domain\.c#tell\+/ },
      },
      {
        operation: 'hypercall vm_assist 1 63',
        original: { result: -22, not: /RIP:/ },
        patched: { result: -22, line: /common\/domain\.c#do_vm_assist\.cold#[0-9a-f]{8}\+/ },
      },
    ],
  },
  {
    name: 'assert-frame',
    shows: 'the debug build: frames of 16 bytes, with the text of the condition',
    tree: 'debug',
    edits: [{ ...inVmAssist, put: '({ ASSERT(type != 63); type >= BITS_PER_LONG; })' }],
    changed: ['common/domain.o do_vm_assist'],
    looks: [{ operation: 'hypercall vm_assist 0 64', original: { result: -22 }, patched: { result: -22 } }],
    crash: {
      operation: 'hypercall vm_assist 0 63',
      line: /Assertion 'type != 63' failed at common\/domain\.c:1799/,
    },
  },
]
