/**
 * What of a fix can be seen from dom0: a hypercall that the hypervisor answers otherwise once the fix is applied. Known of a
 * fix by its advisory, or by the title of its commit, which is the same on each branch that it was brought back to.
 */

/** An errno's name; `success`; a text in what comes back, behind a colon; or that the hypervisor goes down. */
export type Answer = string

const DOWN: Answer = 'crash'
const DONE: Answer = 'success'

export interface Behaviour {
  /** What is asked, in words. */
  readonly what: string
  /** Lines of a rehearsal's script that have to come first, once. */
  readonly first?: readonly string[]
  /** Likewise, before each time that it is asked. */
  readonly each?: readonly string[]
  /** A line of it; DOMCTL stands for the number of that interface on the base. */
  readonly call: string
  readonly before: Answer
  readonly fixed: Answer
  /** QEMU's -cpu, where its usual one shows nothing. */
  readonly cpuModel?: string
}

/** The padding of the union in `struct xen_domctl` (128 bytes) behind so many. */
const rest = (used: number) => `zeros:${128 - used}`
/** A paravirtualised domain of one processor without memory, as 4.18 and 4.19 take it. */
const CREATE = `hypercall domctl { u32:1 u32:DOMCTL u16:1 zeros:6 zeros:20 zeros:8 u32:1 u32:1023 u32:64 u32:1024 u32:1 ${rest(48)} }`
/** The domctl of domain 1 with that number: its fields, which are so many bytes. */
const domctl = (number: number, fields: string, used: number) =>
  `hypercall domctl { u32:${number} u32:DOMCTL u16:1 zeros:6 ${fields} ${rest(used)} }`
/** Domain 1 again, with the processor's own virtualisation and paging, a local APIC, and room for 16 MB. ALTP2M is a field that 4.19 brought. */
const CREATE_HVM = [
  domctl(1, 'zeros:20 u32:3 u32:0 u32:1 u32:1023 u32:64 u32:1024 u32:1 ALTP2M u32:0 u32:0 u32:1 u32:0', 64),
  domctl(11, 'u64:4096', 8),
]
/** With a processor, and what Windows asks of a hypervisor. */
const CREATE_VIRIDIAN = [...CREATE_HVM, domctl(15, 'u32:1', 4), 'hypercall hvm_op 0 { u16:1 zeros:2 u32:9 u64:1 }']
/** What QEMU's usual processor has not: paging for guests. */
const HVM_CPU = 'qemu64,npt=on'
/** A saved guest: its header, one record about vCPU 0, and the end. */
const saved = (code: number, size: number, fields: string) => ({
  bytes: 48 + size,
  fields: `{ u16:1 u16:0 u32:24 u32:0x54381286 u32:1 zeros:16 u16:${code} u16:0 u32:${size} ${fields} zeros:8 }`,
})
/** Synthetic timer 0 of Windows, enabled, with a count of zero. */
const STIMER = saved(17, 216, 'zeros:152 u64:0x20001 zeros:56')
const stimerLine = (enabled: string) => `: 0090  00 00 00 00 00 00 00 00 ${enabled} 00 02 00`
/** Pages of memory for domain 1 at these places of its own. */
const populate = (...gfns: readonly string[]) =>
  `hypercall memory_op 6 { { ${gfns.map(gfn => `u64:${gfn}`).join(' ')} } u64:${gfns.length} u32:0 u32:0 u16:1 zeros:6 }`
/** Of domain 1: a page, or a range of them, goes to another place. */
const move = (from: string, to: string, pages = 0) =>
  `hypercall memory_op 7 { u16:1 u16:${pages} u32:${pages === 0 ? 2 : 3} u64:${from} u64:${to} }`
const dmOp = (number: number, fields: string, size: number) =>
  `hypercall dm_op 1 1 { { u32:${number} u32:0 ${fields} } u64:${size + 8} }`
const pin = (gfn: number, kind = 'u32:6') => dmOp(18, `u64:${gfn} u64:${gfn} ${kind} u32:0`, 24)
const unpin = (gfn: number) => pin(gfn, 'u32:0xffffffff')
/** A vCPU at reset, with r8 to r15 of a number each. */
const CPU = saved(
  2,
  1032,
  `zeros:576 ${[8, 9, 10, 11, 12, 13, 14, 15].map(value => `u64:${value}`).join(' ')} u64:0 u64:2 u64:16 zeros:368`,
)
/** A page of dom0's that nothing of it is in: there it maps what is domain 1's. */
const HERE = '0xffffffff80480000'
const THERE = '0xffffffff80481000'
/**
 * Grants 23 and 24 of domain 1, to dom0: a page of its own, and 0x102. The counts of its timers are written there, which stand
 * in a saved guest where these entries do in the table that dom0 maps.
 */
const grant = (gfn: string): readonly string[] => {
  const counts = `u16:1 u16:0 u32:${gfn} u16:1 u16:0 u32:0x102 zeros:16`
  const { bytes, fields } = saved(17, 216, `zeros:184 ${counts}`)
  return [domctl(34, `u32:${bytes} zeros:4 ${fields}`, 16), domctl(55, `u32:17 u32:0 u64:216 u64:${HERE}`, 24)]
}
/** Ports of dom0 that are free once VIRQ_DOM_EXC has the first. */
const OTHER_PORTS = 4094
const bindVirq = (virq: number) => `hypercall event_channel_op 1 { u32:${virq} u32:0 u32:0 }`
const GSI_5 = (pirq: string) =>
  `hypercall physdev_op 13 { u16:0x7ff0 zeros:2 u32:1 u32:5 u32:${pirq} zeros:16 zeros:8 }`

export const BEHAVIOURS: ReadonlyMap<string, Behaviour> = new Map<string, Behaviour>([
  [
    'XSA-444',
    {
      what: 'a breakpoint in the area where arguments of 32-bit guests are translated',
      call: 'hypercall 8 0 0xffff820080000000',
      before: DONE,
      fixed: 'EPERM',
    },
  ],
  [
    'XSA-500',
    {
      what: 'to copy to a grant that leads elsewhere since it was mapped to be read',
      first: [
        ...CREATE_VIRIDIAN,
        populate('0x100', '0x101', '0x102'),
        'hypercall memory_op 7 { u16:1 u16:0 u32:1 u64:0 u64:0x300 }',
        `hypercall 22 ${HERE} 0x300067 0 1`,
        ...grant('0x100'),
        `hypercall grant_table_op 0 { u64:${THERE} u32:6 u32:23 u16:1 u16:0 u32:0 u64:0 } 1`,
        'expect-output "0010  01 00 00 00 00 00 00 00"',
        ...grant('0x101'),
      ],
      call: 'hypercall grant_table_op 5 { u64:24 u16:1 zeros:6 u64:23 u16:1 zeros:6 u16:8 u16:3 u32:0 } 1',
      before: ': 0020  08 00 03 00 00 00',
      fixed: ': 0020  08 00 03 00 ff ff',
      cpuModel: HVM_CPU,
    },
  ],
  [
    'XSA-504',
    {
      what: "the state of a guest's timer that was restored, enabled with a count of zero",
      first: CREATE_VIRIDIAN,
      each: [domctl(34, `u32:${STIMER.bytes} zeros:4 ${STIMER.fields}`, 16)],
      call: domctl(55, 'u32:17 u32:0 u64:216 buffer:216', 24),
      before: stimerLine('01'),
      fixed: stimerLine('00'),
      cpuModel: HVM_CPU,
    },
  ],
  [
    'XSA-507',
    {
      what: 'to take the page that a guest shares with Xen from one that is populated on demand',
      first: [
        ...CREATE_HVM,
        'hypercall memory_op 6 { { u64:0x100 u64:0x101 u64:0x102 u64:0x103 } u64:4 u32:0 u32:0x10000 u16:1 zeros:6 }',
      ],
      each: ['hypercall memory_op 7 { u16:1 u16:0 u32:0 u64:0 u64:0x200 }'],
      call: 'hypercall memory_op 1 { { u64:0x200 } u64:1 u32:0 u32:0 u16:1 zeros:6 }',
      before: DOWN,
      fixed: DONE,
      cpuModel: HVM_CPU,
    },
  ],
  [
    'XSA-428',
    {
      what: 'one more range of memory whose kind is pinned than 64',
      first: [...CREATE_HVM, ...Array.from({ length: 64 }, (_, at) => pin(at))],
      // One that is there already is only changed; whether it is, hangs on the answer before.
      each: [unpin(0), pin(100), unpin(100), pin(0)],
      call: pin(100),
      before: DONE,
      fixed: 'ENOSPC',
      cpuModel: HVM_CPU,
    },
  ],
  [
    'XSA-496',
    {
      what: 'which domains have changed, after an event could not be bound for want of ports',
      first: [
        bindVirq(3),
        ...Array<string>(OTHER_PORTS).fill('hypercall event_channel_op 6 { u16:0x7ff0 u16:0x7ff0 u32:0 }'),
      ],
      each: ['hypercall event_channel_op 3 { u32:1 }', bindVirq(3), `! ENOSPC ${bindVirq(1)}`],
      call: `hypercall domctl { u32:90 u32:0 u16:0x7ff4 zeros:6 ${rest(0)} }`,
      before: 'ENOENT',
      fixed: DONE,
    },
  ],
  ['XSA-506', { what: 'dm_op without a buffer', call: 'hypercall dm_op 1 0 null', before: 'ESRCH', fixed: 'ENODATA' }],
  [
    'xen/kexec: return error code for unknown hypercalls',
    { what: 'kexec_op of an unknown kind', call: 'hypercall kexec_op 99 null', before: DONE, fixed: 'EOPNOTSUPP' },
  ],
  [
    'domctl: correct return value of XEN_DOMCTL_[gs]etvcpuaffinity',
    {
      what: 'affinities of a vCPU, the first of two into memory that is not there',
      call: `hypercall domctl { u32:25 u32:DOMCTL u16:0 zeros:6 u32:0 u32:3 bad u32:64 zeros:4 buffer:8 u32:64 zeros:4 ${rest(40)} }`,
      before: DONE,
      fixed: 'EFAULT',
    },
  ],
  [
    'x86/MCE: restore CPU vendor reporting to the outside world',
    {
      what: "the processor's vendor, as Linux numbers it",
      call: 'hypercall 48 { u32:3 u32:0x01ecc003 u32:1 zeros:4 buffer:1024 zeros:128 }',
      before: ': 06 00 00 00 01 00 00 00 1a 00',
      fixed: ': 06 00 00 00 00 00 00 00 1a 00',
      cpuModel: 'Nehalem',
    },
  ],
  [
    'x86/physdev: Return pirq that irq was already mapped to',
    {
      what: 'any PIRQ for an interrupt that has one',
      first: [GSI_5('5')],
      call: GSI_5('0xffffffff'),
      before: 'EPERM',
      fixed: DONE,
    },
  ],
  [
    'xen: vm_event: do not do vm_event_op for an invalid domain',
    {
      what: 'vm_event_op for no domain',
      call: `hypercall domctl { u32:56 u32:DOMCTL u16:0x7ff4 zeros:6 u32:0 u32:1 ${rest(8)} }`,
      before: DOWN,
      fixed: 'ESRCH',
    },
  ],
  [
    'xen/memory: Make resource_max_frames() to return 0 on unknown type',
    {
      what: 'the size of a resource of an unknown type',
      first: [CREATE],
      call: 'hypercall memory_op 28 { u16:1 u16:7 zeros:12 u64:0 null }',
      before: DONE,
      fixed: 'EINVAL',
    },
  ],
  [
    'memory: overlapping XENMAPSPACE_gmfn_range requests',
    {
      what: 'the second of two pages that were moved by one',
      first: CREATE_HVM,
      each: [populate('0x100', '0x101'), move('0x100', '0x101', 2)],
      call: move('0x101', '0x200'),
      before: 'EACCES',
      fixed: DONE,
      cpuModel: HVM_CPU,
    },
  ],
  [
    'x86/hvm: be more strict with XENMAPSPACE_gmfn source types',
    {
      what: 'to move a page that is read-only',
      first: CREATE_HVM,
      each: [populate('0x100'), dmOp(12, 'u32:1 u16:1 u16:0 u64:0x100', 16)],
      call: move('0x100', '0x200'),
      before: DONE,
      fixed: 'EACCES',
      cpuModel: HVM_CPU,
    },
  ],
  [
    'x86/domctl: restore all registers in arch_{get,set}_info_guest()',
    {
      what: 'registers 14 and 13 of a vCPU that was restored',
      first: [...CREATE_HVM, domctl(15, 'u32:1', 4), domctl(34, `u32:${CPU.bytes} zeros:4 ${CPU.fields}`, 16)],
      call: domctl(13, 'u32:0 zeros:4 buffer:5168', 16),
      before: ': 0210  00 00 00 00 00 00 00 00 00 00',
      fixed: ': 0210  0e 00 00 00 00 00 00 00 0d 00',
      cpuModel: HVM_CPU,
    },
  ],
])

/** The scripts whose rehearsals show it, each with the operations after which the hypervisor is down at the end. */
export interface Look {
  readonly script: string
  readonly goesDown: boolean
}

/** The version of domctl that has that field. */
const ALTP2M_SINCE = 0x17

export function looksAt({ first = [], each = [], call, before, fixed }: Behaviour, version: string): readonly Look[] {
  const ask = (answer: Answer): readonly string[] => {
    if (answer.startsWith(': ')) return [...each, call, `expect-output "${answer.slice(2)}"`]
    return [...each, answer === DONE || answer === DOWN ? call : `! ${answer} ${call}`]
  }
  const [goesDown, asked] = [before === DOWN, ask(before)]
  const applied = ['upload fix fix.livepatch', 'apply fix', ...ask(fixed), 'revert fix', ...asked]
  const scripts = goesDown
    ? [
        [...first, ...asked],
        [...first, ...applied],
      ]
    : [[...first, ...asked, ...applied, 'unload fix']]
  const altp2m = Number(version) < ALTP2M_SINCE ? '' : 'u32:0'
  const onBase = (line: string) => line.replaceAll('DOMCTL', version).replace('ALTP2M', altp2m)
  return scripts.map(lines => ({ script: `${lines.map(onBase).join('\n')}\n`, goesDown }))
}
