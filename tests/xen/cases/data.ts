/** Changes that bring or change data, headers that many units read, and several files at once. */
import { type Probe, probeFile, type XenCase } from '../case.ts'

const emulPrivOp = 'xen/arch/x86/pv/emul-priv-op.c'

/** Asks which breakpoint watches port 0x63, with a two-byte one set on port 0x60; called through a pointer, so not inlined. */
const watchedPort: Probe = {
  edits: [
    {
      file: emulPrivOp,
      append: `
#include <xen/livepatch_payload.h>
static void probe(void)
{
    unsigned int (*volatile check)(struct vcpu *, unsigned int, unsigned int) = check_guest_io_breakpoint;
    struct vcpu *v = hardware_domain->vcpu[0];
    const struct vcpu old = *v;

    v->arch.pv.ctrlreg[4] |= X86_CR4_DE;
    v->arch.pv.dr7_emul = 3;
    v->arch.dr[0] = 0x60;
    v->arch.dr7 = DR_LEN_2 << DR_CONTROL_SHIFT;
    printk("probe: matches %#x\\n", check(v, 0x63, 1));
    v->arch.pv.ctrlreg[4] = old.arch.pv.ctrlreg[4];
    v->arch.pv.dr7_emul = old.arch.pv.dr7_emul;
    v->arch.dr[0] = old.arch.dr[0];
    v->arch.dr7 = old.arch.dr7;
}
LIVEPATCH_LOAD_HOOK(probe);
`,
    },
  ],
  original: /probe: matches 0$/,
  patched: /probe: matches 0x1$/,
}

export const dataCases: readonly XenCase[] = [
  {
    name: 'new-function',
    shows: 'a new static function with constants, strings and a variable of its own',
    edits: [
      {
        file: 'xen/arch/x86/nmi.c',
        find: 'static void cf_check do_nmi_stats(',
        put: `static unsigned int shown;
static const unsigned int weights[] = { 1, 20, 300, 4000, 50000 };
static noinline const char *describe_rate(unsigned int count)
{
    static const char *const words[] = { "none", "one", "few", "some", "many" };

    count = min(flsl(count), 4);
    shown += weights[count];
    return words[count];
}

static void cf_check do_nmi_stats(`,
      },
      {
        file: 'xen/arch/x86/nmi.c',
        find: 'printk("CPU\\tNMI\\n");',
        put: 'printk("CPU\\tNMI\\n"); printk("rate: %s", describe_rate(nmi_count(0))); printk(", asked %u\\n", shown);',
      },
    ],
    changed: ['arch/x86/nmi.o do_nmi_stats'],
    added: ['arch/x86/nmi.o describe_rate'],
    addedData: ['arch/x86/nmi.o shown', 'arch/x86/nmi.o weights', 'arch/x86/nmi.o words'],
    looks: [{ operation: 'debug-keys n', original: { not: /rate/ }, patched: { line: /rate: none, asked 1$/ } }],
  },
  {
    name: 'header-inline',
    shows: 'an inline function of a header that 248 units include: exactly those that inlined it',
    edits: [
      {
        file: 'xen/include/xen/sched.h',
        after: 'static inline struct vcpu *domain_vcpu(',
        find: 'unsigned int vcpu_id)',
        put: 'uint16_t vcpu_id)',
      },
    ],
    changed: [
      'arch/x86/domain.o do_vcpu_op',
      'arch/x86/domctl.o arch_do_domctl',
      'arch/x86/hvm/hvm.o do_altp2m_op',
      'arch/x86/hvm/hvm.o do_hvm_op',
      'arch/x86/x86_64/domain.o compat_vcpu_op',
      'common/event_channel.o do_event_channel_op',
      'common/event_channel.o evtchn_bind_vcpu',
      'common/event_channel.o evtchn_bind_virq',
      'common/event_fifo.o evtchn_fifo_init_control',
      'common/memory.o do_memory_op',
      'common/vm_event.o vm_event_resume',
    ],
    // VCPUOP_is_up of vCPU 0x10000.
    looks: [{ operation: 'hypercall vcpu_op 3 0x10000 0', original: { result: -2 }, patched: { result: 1 } }],
  },
  {
    name: 'several-files',
    shows: 'four files of one patch, C and a header with a new declaration, and a function that two of them share',
    edits: [
      {
        file: 'xen/include/xen/version.h',
        find: 'const char *xen_deny(void);',
        put: 'const char *xen_deny(void); const char *xen_fix(void);',
      },
      { file: 'xen/common/version.c', append: '\nconst char *xen_fix(void)\n{\n    return "fix 1";\n}\n' },
      {
        file: 'xen/arch/x86/nmi.c',
        find: 'static void cf_check do_nmi_stats(',
        put: 'const char *xen_fix(void); static void cf_check do_nmi_stats(',
      },
      {
        file: 'xen/arch/x86/nmi.c',
        find: 'printk("CPU\\tNMI\\n");',
        put: 'printk("CPU\\tNMI (%s)\\n", xen_fix());',
      },
      {
        file: 'xen/common/keyhandler.c',
        find: 'static void cf_check show_handlers(unsigned char key)',
        put: 'const char *xen_fix(void); static void cf_check show_handlers(unsigned char key)',
      },
      {
        file: 'xen/common/keyhandler.c',
        find: 'printk("\'%c\' pressed -> showing installed handlers\\n", key);',
        put: 'printk("\'%c\' pressed -> handlers (%s)\\n", key, xen_fix());',
      },
    ],
    changed: ['arch/x86/nmi.o do_nmi_stats', 'common/keyhandler.o show_handlers'],
    added: ['common/version.o xen_fix'],
    looks: [
      { operation: 'debug-keys n', original: { line: /CPU\s+NMI$/ }, patched: { line: /CPU\s+NMI \(fix 1\)/ } },
      { operation: 'debug-keys h', original: { line: /showing installed/ }, patched: { line: /handlers \(fix 1\)/ } },
    ],
  },
  {
    name: 'switch-table',
    shows: 'nothing but the table differs that the compiler made of a switch (CSWTCH.n)',
    edits: [{ file: emulPrivOp, find: 'case DR_LEN_2: width = 2;', put: 'case DR_LEN_2: width = 4;' }],
    changed: ['arch/x86/pv/emul-priv-op.o check_guest_io_breakpoint'],
    changedData: ['arch/x86/pv/emul-priv-op.o CSWTCH'],
    probe: watchedPort,
  },
  {
    name: 'table-of-one-function',
    shows: 'nothing but a constant table differs, and the function that alone reads it is replaced for its sake',
    edits: [{ file: 'xen/arch/x86/hvm/vlapic.c', find: 'REG(LDR)   | REG(SPIV)', put: 'REG(SPIV)' }],
    changed: ['arch/x86/hvm/vlapic.o guest_rdmsr_x2apic'],
    changedData: ['arch/x86/hvm/vlapic.o readable'],
    probe: probeFile(
      `    struct hvm_hw_lapic_regs *regs = xzalloc(struct hvm_hw_lapic_regs);
    struct vcpu *asked = xzalloc(struct vcpu);
    uint64_t value = 0;

    asked->arch.hvm.vlapic.hw.apic_base_msr = APIC_BASE_ENABLE | APIC_BASE_EXTD;
    asked->arch.hvm.vlapic.regs = regs;
    printk("probe: LDR answers %d\\n", guest_rdmsr_x2apic(asked, MSR_X2APIC_FIRST + (APIC_LDR >> 4), &value));
    xfree(asked);
    xfree(regs);`,
      /probe: LDR answers 0$/,
      /probe: LDR answers 2$/,
      '#include <xen/sched.h>\n#include <xen/xmalloc.h>\n#include <asm/hvm/hvm.h>\n#include <asm/hvm/vlapic.h>',
    ),
  },
]
