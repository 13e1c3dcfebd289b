/**
 * Live patches with what Linux keeps in tables beside code: readelf says what is in the module, and the kernel that Debian
 * ships what comes of it.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { missingFor } from '../support/missing.ts'
import { boot, said } from './guest.ts'
import { LINE, withoutKernel } from './kernel.ts'
import { type Edit, Workshop } from './made.ts'

const without = withoutKernel('gcc', 'make', 'flex', 'bison', 'bc', 'readelf')
const withoutQemu = missingFor('qemu-system-x86_64')

interface Case extends Edit {
  readonly what: string
  readonly functions: readonly string[]
  /** Bytes of sections of the module. */
  readonly sections: Readonly<Record<string, number>>
  /** Lines of kernels that keep such a table. */
  readonly only?: string
  readonly reads: string
  readonly shows: (before: string) => string
  /** What the kernel notes besides: a warning is 512. */
  readonly taints?: number
}

/** Bytes of struct alt_instr. */
const ALTERNATIVE = LINE === '6.1' ? 12 : 14

const CMDLINE = 'fs/proc/cmdline.c'
const INCLUDE = `#include <linux/seq_file.h>\n${LINE === '6.1' ? '' : '#include "internal.h"\n'}`
const HEAD = 'static int cmdline_proc_show(struct seq_file *m, void *v)\n{\n'
const SHOW = '\tseq_puts(m, saved_command_line);\n'

/** An edit of what /proc/cmdline shows: another header, a function before it, and words of its own first. */
const cmdline = (header: string, own: string, body: string) => ({
  file: CMDLINE,
  replace: `${INCLUDE}\n${HEAD}${SHOW}`,
  by: `${INCLUDE}#include <${header}>\n\n${own}${HEAD}${body}${SHOW}`,
  functions: ['cmdline_proc_show'],
  reads: '/proc/cmdline',
})

const CASES: readonly Case[] = [
  {
    what: 'a name that several units have: its position',
    file: 'fs/proc/fd.c',
    replace: 'seq_printf(m, "pos:',
    by: 'seq_printf(m, "Pos:',
    functions: ['seq_show'],
    sections: {},
    reads: '/proc/self/fdinfo/1',
    shows: before => before.replace('pos', 'Pos'),
  },
  {
    what: 'code for a feature of the processor, with what runs before that is known',
    ...cmdline(
      'asm/cpufeature.h',
      '',
      '\tif (static_cpu_has(X86_FEATURE_AVX))\n\t\tseq_puts(m, "avx ");\n\telse\n\t\tseq_puts(m, "none ");\n',
    ),
    sections: { '.altinstructions': 2 * ALTERNATIVE, '.altinstr_aux': 18 },
    shows: before => `avx ${before}`,
  },
  {
    what: 'nothing but the feature that alternatives are for',
    file: 'arch/x86/kernel/fpu/xstate.c',
    replace: '\tif (cpu_feature_enabled(X86_FEATURE_AVX512F))\n\t\tavx512_status(m, task);',
    by: '\tif (cpu_feature_enabled(X86_FEATURE_AVX))\n\t\tavx512_status(m, task);',
    functions: ['proc_pid_arch_status'],
    sections: { '.altinstructions': 2 * ALTERNATIVE },
    reads: '/proc/self/arch_status',
    shows: () => 'AVX512_elapsed_ms:\t-1',
  },
  {
    what: 'an access that may fault',
    ...cmdline(
      'linux/uaccess.h',
      'static noinline int probe(void)\n{\n\tint v;\n\n\tif (!user_access_begin((void __user *)8, 4))\n\t\treturn 1;\n\tunsafe_get_user(v, (int __user *)8, fault);\n\tuser_access_end();\n\treturn 2;\nfault:\n\tuser_access_end();\n\treturn 3;\n}\n\n',
      '\tseq_printf(m, "%d ", probe());\n',
    ),
    functions: ['cmdline_proc_show', 'probe'],
    sections: { __ex_table: 12 },
    shows: before => `3 ${before}`,
  },
  {
    // 6.12 writes the limit into code when it starts, over a number that is larger than this address. A live patch reads it.
    what: 'the limit of user addresses',
    ...cmdline(
      'linux/uaccess.h',
      'static noinline int probe(unsigned long at)\n{\n\treturn access_ok((void __user *)at, 4);\n}\n\n',
      '\tseq_printf(m, "%d%d%d ", probe(8), probe(0x7fff00000000), probe(0x0100000000000000));\n',
    ),
    functions: ['cmdline_proc_show', 'probe'],
    sections: {},
    shows: before => `110 ${before}`,
  },
  {
    what: "an access that may fault, of the kernel's own memory",
    ...cmdline(
      'linux/uaccess.h',
      'static noinline int probe(void)\n{\n\tint v;\n\n\t__get_kernel_nofault(&v, (void *)-4096L, int, fault);\n\treturn 2;\nfault:\n\treturn 3;\n}\n\n',
      '\tseq_printf(m, "%d ", probe());\n',
    ),
    only: '6.12',
    functions: ['cmdline_proc_show', 'probe'],
    sections: { __ex_table: 12 },
    shows: before => `3 ${before}`,
  },
  {
    what: 'a warning',
    ...cmdline('linux/bug.h', '', '\tif (WARN_ON(!v || v))\n\t\tseq_puts(m, "warned ");\n'),
    sections: { __bug_table: 12 },
    shows: before => `warned ${before}`,
    taints: 512,
  },
  {
    what: 'a message',
    ...cmdline('linux/printk.h', '', '\tpr_info("who reads this?\\n");\n'),
    sections: {},
    shows: before => before,
  },
  {
    what: 'a message for debugging, which can be switched on',
    ...cmdline('linux/printk.h', '', '\tpr_debug("who reads this?\\n");\n'),
    sections: { __dyndbg: 56, __jump_table: 16 },
    shows: before => before,
  },
  {
    what: "messages for debugging of the kernel's own",
    file: 'kernel/params.c',
    replace: '\tpr_debug("Unknown argument \'%s\'\\n", param);\n',
    by: '\tpr_debug("Unknown argument \'%s\'\\n", param);\n\tpr_info("!\\n");\n',
    functions: ['parse_args'],
    sections: { __jump_table: 64 },
    reads: '/proc/cmdline',
    shows: before => before,
  },
  {
    what: 'a static call',
    ...cmdline('linux/sched.h', '', '\tif (cond_resched() >= 0)\n\t\tseq_puts(m, "called ");\n'),
    sections: { '.static_call_sites': 8 },
    shows: before => `called ${before}`,
  },
  {
    what: 'a static call beside one that was there',
    file: 'fs/proc/fd.c',
    replace: '\t\tcond_resched();\n',
    by: '\t\tcond_resched();\n\t\tcond_resched();\n',
    functions: ['proc_readfd_common'],
    sections: { '.static_call_sites': 16 },
    reads: '/proc/cmdline',
    shows: before => before,
  },
  {
    what: 'what a hypervisor may do in its own way',
    ...cmdline(
      'linux/irqflags.h',
      '',
      '\tunsigned long flags;\n\n\tlocal_irq_save(flags);\n\tlocal_irq_restore(flags);\n\tseq_puts(m, irqs_disabled() ? "off " : "on ");\n',
    ),
    only: '6.1',
    sections: { '.parainstructions': 64 },
    shows: before => `on ${before}`,
  },
  {
    what: 'a locked instruction',
    ...cmdline(
      'linux/atomic.h',
      '',
      '\tstatic atomic_t reads;\n\n\tseq_printf(m, "%d ", atomic_inc_return(&reads));\n',
    ),
    sections: { '.smp_locks': 4 },
    shows: before => `1 ${before}`,
  },
]

describe.skipIf(without !== '')(`tables beside code of the shipped kernel${without}`, () => {
  let workshop: Workshop | undefined
  beforeAll(() => {
    workshop = new Workshop()
  })
  afterAll(() => workshop?.close())

  it.each(CASES.filter(({ only = LINE }) => only === LINE))('$what', async one => {
    if (workshop === undefined) return
    const { report, payload } = await workshop.build(one)
    expect(report.refusals).toEqual([])
    // All of what is replaced is the image's, its entries in tables included.
    expect(report.warnings).toEqual([])
    const included = report.functions.filter(each => each.included).map(({ name }) => name)
    expect(included.toSorted()).toEqual([...one.functions].toSorted())
    const sizes = sectionSizes(payload ?? new Uint8Array())
    expect(Object.fromEntries(Object.keys(one.sections).map(name => [name, sizes.get(name)]))).toEqual(one.sections)
    if (withoutQemu !== '' || payload === undefined) return
    const found = said(boot(workshop.image, { module: payload, name: 'live_case', reads: [one.reads] }))
    const before = found.get(`before ${one.reads}`) ?? ''
    expect(['load', 'enabled', 'disable', 'unload'].map(step => found.get(step))).toEqual(['0', '1', '1', '0'])
    expect(found.get(`with ${one.reads}`)).toBe(one.shows(before))
    expect(found.get(`after ${one.reads}`) ?? '').toBe(before)
    // Out of tree, unsigned, live patch.
    expect(found.get('tainted')).toBe(String(4096 + 8192 + 32768 + (one.taints ?? 0)))
  })
})

/** By name, as readelf shows them. */
function sectionSizes(module: Uint8Array): ReadonlyMap<string, number> {
  const work = mkdtempSync(join(tmpdir(), 'hotsplice-linux-'))
  try {
    const file = join(work, 'module.ko')
    writeFileSync(file, module)
    const text = execFileSync('readelf', ['-SW', file], { encoding: 'utf8' })
    return new Map(
      [...text.matchAll(/\] (\S+) +\S+ +[0-9a-f]{16} [0-9a-f]+ ([0-9a-f]+) /g)].map(([, name = '', size = '']) => {
        return [name, Number.parseInt(size, 16)] as const
      }),
    )
  } finally {
    rmSync(work, { recursive: true })
  }
}
