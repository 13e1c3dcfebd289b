/**
 * Live patches for the kernel that Debian ships, built from its prepared source alone, on that very kernel: what files hold
 * before, with and after each.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rehearse } from '../../src/hosts/rehearsal/index.ts'
import { readKernelImage } from '../../src/loaders/linux/kernel-image.ts'
import { readKernel } from '../../src/trees/linux/unpack.ts'
import { missingFor } from '../support/missing.ts'
import { LINE, withoutKernel } from './kernel.ts'
import { type Edit, Workshop } from './made.ts'

const without = withoutKernel('gcc', 'make', 'flex', 'bison', 'bc', 'objcopy')
const withoutQemu = missingFor('qemu-system-x86_64')

interface Case extends Edit {
  readonly what: string
  /** The functions that the payload replaces or brings. */
  readonly functions: readonly string[]
  /** A file to read, and what its first line then is. */
  readonly reads: string
  readonly shows: (before: string) => string
}

const CMDLINE = 'fs/proc/cmdline.c'
const SHOW = '\tseq_puts(m, saved_command_line);\n'

/** What writes a text that is not known to the compiler. */
const PUTS =
  LINE === '6.1'
    ? 'void seq_puts(struct seq_file *m, const char *s)\n{\n\tint len = strlen(s);\n'
    : 'void __seq_puts(struct seq_file *m, const char *s)\n{\n'

const CASES: readonly Case[] = [
  {
    what: 'a static function',
    file: CMDLINE,
    replace: SHOW,
    by: `\tseq_puts(m, "patched: ");\n${SHOW}`,
    functions: ['cmdline_proc_show'],
    reads: '/proc/cmdline',
    shows: before => `patched: ${before}`,
  },
  {
    what: 'a new static variable in a function',
    file: 'fs/proc/version.c',
    replace: '\tseq_printf(m, linux_proc_banner,',
    by: '\tstatic int reads;\n\n\tseq_printf(m, "read %d: ", ++reads);\n\tseq_printf(m, linux_proc_banner,',
    functions: ['version_proc_show'],
    reads: '/proc/version',
    shows: before => `read 1: ${before}`,
  },
  {
    what: 'a function that the kernel exports',
    file: 'fs/seq_file.c',
    replace: PUTS,
    by: `${PUTS}\n\tif (s[0] == 'c' && s[1] == 'o')\n\t\tseq_putc(m, '!');\n`,
    functions: [LINE === '6.1' ? 'seq_puts' : '__seq_puts'],
    reads: '/proc/cmdline',
    shows: before => `!${before}`,
  },
  {
    what: 'a new function with data of its own',
    file: CMDLINE,
    replace: `static int cmdline_proc_show(struct seq_file *m, void *v)\n{\n`,
    by: `static noinline void first_words(struct seq_file *m)\n{\n\tstatic const char *const words[] = { "one", "two" };\n\n\tseq_printf(m, "%s %s: ", words[0], words[nr_cpu_ids > 1]);\n}\n\nstatic int cmdline_proc_show(struct seq_file *m, void *v)\n{\n\tfirst_words(m);\n`,
    functions: ['cmdline_proc_show', 'first_words'],
    reads: '/proc/cmdline',
    shows: before => `one two: ${before}`,
  },
  {
    what: "a jump label for a key of the kernel's own",
    file: 'drivers/char/random.c',
    replace: '\tsnprintf(uuid_string, sizeof(uuid_string), "%pU", uuid);\n',
    by: '\tsnprintf(uuid_string, sizeof(uuid_string), "%pU", uuid);\n\tif (crng_ready())\n\t\tuuid_string[0] = \'R\';\n',
    functions: ['proc_do_uuid'],
    reads: '/proc/sys/kernel/random/boot_id',
    shows: before => `R${before.slice(1)}`,
  },
]

/** Out of tree, unsigned, live patch: no warning and no oops. */
const CYCLE = `load case.ko
wait live_case
expect-state live_case enabled
HERE
disable live_case
wait live_case
unload live_case
expect-state live_case absent
expect-taints OEK`

/** As objcopy takes it out of the module. */
function sectionBytes(module: Uint8Array, name: string): Uint8Array {
  const work = mkdtempSync(join(tmpdir(), 'hotsplice-linux-'))
  try {
    const [file, bytes] = [join(work, 'module.ko'), join(work, 'section')]
    writeFileSync(file, module)
    execFileSync('objcopy', ['-O', 'binary', '--only-section', name, file, bytes])
    return readFileSync(bytes)
  } finally {
    rmSync(work, { recursive: true })
  }
}

function tried(image: string, module: Uint8Array, script: string) {
  const payloads = [{ name: 'case.ko', bytes: module }]
  return rehearse({ system: 'Linux', hypervisor: image, payloads, script, cpus: 2, timeoutMs: 240_000 })
}

describe.skipIf(without !== '')(`live patches for the shipped kernel${without}`, () => {
  let workshop: Workshop | undefined
  let image = ''
  beforeAll(() => {
    workshop = new Workshop()
    image = workshop.image
  })
  afterAll(() => workshop?.close())

  const made = (...asked: Parameters<Workshop['build']>) => (workshop ?? new Workshop()).build(...asked)

  it.each(CASES)('$what: $reads shows it while it is enabled', async one => {
    const { report, payload } = await made(one)
    expect(report.refusals).toEqual([])
    const included = report.functions.filter(each => each.included).map(({ name }) => name)
    expect(included.toSorted()).toEqual([...one.functions].toSorted())
    if (withoutQemu !== '' || payload === undefined) return expect(report.outcome).toBe('built')
    const reads = `read ${one.reads}`
    const script = `${reads}\n${CYCLE.replace('HERE', reads)}\n${reads}\n`
    const { outcome, operations } = await tried(image, payload, script)
    expect(operations.filter(({ expected }) => !expected)).toEqual([])
    expect(outcome).toBe('passed')
    const [before, inside, after] = operations.flatMap(({ text, output }) => (text === reads ? [output[0]] : []))
    expect(inside).toBe(one.shows(before ?? 'nothing'))
    expect(after).toBe(before)
  })

  it('is not taken by another kernel', async () => {
    const [first] = CASES
    const { report, payload } = first === undefined ? {} : await made(first)
    expect(report?.base?.buildId).toMatch(/^[0-9a-f]{40}$/)
    expect(Buffer.from(payload ?? '').includes(Buffer.from(report?.base?.buildId ?? '', 'hex'))).toBe(true)
    if (withoutQemu !== '' || payload === undefined) return expect(payload).toBeDefined()
    const other = Buffer.from(payload)
    const at = other.indexOf(readKernelImage(readKernel(image)).facts.buildId)
    other.writeUInt8(other.readUInt8(at) ^ 1, at)
    expect(await tried(image, other, '! ENOEXEC load case.ko')).toMatchObject({ outcome: 'passed' })
  })

  it('has the same bytes each time', async () => {
    const [first] = CASES
    if (first === undefined) return
    const [one, other] = [await made(first), await made(first)]
    expect(one.payload).toEqual(other.payload)
  })

  it.each([undefined, false])('takes the place of other live patches, unless told not to: %s', async replace => {
    const [first] = CASES
    const { payload } = first === undefined ? {} : await made(first, true, replace === undefined ? {} : { replace })
    const { at, size } = readKernelImage(readKernel(image)).facts.layouts.patch
    const patch = sectionBytes(payload ?? new Uint8Array(), '.data.livepatch').subarray(0, size)
    expect(patch[at('replace')]).toBe(replace === false ? 0 : 1)
    expect(patch.filter(byte => byte !== 0)).toHaveLength(replace === false ? 0 : 1)
  })

  it('has nothing to do for a comment', async () => {
    const { report } = await made({ file: CMDLINE, replace: SHOW, by: `\t/* all of it */\n${SHOW}` })
    expect(report.outcome).toBe('nothing-to-do')
  })

  it('leaves out what a line moved in: a warning below', async () => {
    const name = '\t\t\tWARN(1, "name \'%s\'\\n", name);\n\t\t\treturn -ENOENT;\n'
    const { report } = await made({
      file: 'fs/proc/generic.c',
      replace: name,
      by: `\t\t\tpr_info("no such folder\\n");\n\n${name}`,
    })
    expect(report.outcome).toBe('built')
    expect(report.functions.filter(each => each.included).map(({ name }) => name)).toContain('__xlate_proc_name')
    expect(report.functions.filter(each => each.included).length).toBeLessThan(3)
  })

  it('leaves a function that ftrace cannot take over to its callers', async () => {
    const from = '\tunsigned n;\n\tspin_lock(&dentry->d_lock);\n\tif (unlikely(d_in_lookup(dentry)))'
    const by = from.replace('n;\n', 'n;\n\n\tpr_info_once("first name\\n");\n')
    const edit = { file: 'fs/dcache.c', replace: from, by }
    const refused = await made(edit)
    expect(refused.report.refusals).toEqual([
      expect.objectContaining({
        code: 'no-ftrace-site',
        symbol: '__d_add',
        hint: expect.stringMatching(
          /^build with --promote-callers __d_add: d_add of fs\/dcache\.o; d_splice_alias of fs\/dcache\.o will be replaced/,
        ),
      }),
    ])
    const { report, payload } = await made(edit, true, { promoteCallers: ['all'] })
    expect(report.refusals).toEqual([])
    const included = report.functions.filter(each => each.included).map(({ name }) => name)
    expect(included.toSorted()).toEqual(['__d_add', 'd_add', 'd_splice_alias'])
    if (withoutQemu !== '' || payload === undefined) return expect(report.outcome).toBe('built')
    const { outcome, operations } = await tried(image, payload, CYCLE.replace('HERE', '! ENOENT read /not-there'))
    expect(operations.filter(({ expected }) => !expected)).toEqual([])
    expect(outcome).toBe('passed')
    expect(operations.flatMap(({ console }) => console).join('\n')).toContain('first name')
  })

  it('does not leave what others call to the callers that it sees', async () => {
    // fs/proc/proc_net.c calls it, too, and nothing exports it.
    const edit = {
      file: 'fs/proc/generic.c',
      replace: '\tint i;\n\n\tif (!dir_emit_dots(file, ctx))',
      by: '\tint i;\n\n\tif (!de || !dir_emit_dots(file, ctx))',
    }
    const { report } = await made(edit, true, { promoteCallers: ['proc_readdir_de'] })
    expect(report.outcome).toBe('refused')
    expect(report.refusals).toEqual([expect.objectContaining({ code: 'callers-unknown', symbol: 'proc_readdir_de' })])
  })

  it.each<[string, RegExp, Edit]>([
    [
      'a definition that goes where another source has a weak one',
      /^other-definition arch_vma_name$/,
      {
        file: 'arch/x86/mm/mmap.c',
        replace: 'const char *arch_vma_name(struct vm_area_struct *vma)\n{\n\treturn NULL;\n}\n',
        by: '',
      },
    ],
    [
      'a variable that is shared with the host no longer',
      /^data-layout wall_clock$/,
      { file: 'arch/x86/kernel/kvmclock.c', replace: 'wall_clock __bss_decrypted;', by: 'wall_clock;' },
    ],
    [
      'another type in a list of them',
      /^unknown-section __BTF_ID__struct__inode__\d+$/,
      {
        file: 'kernel/bpf/bpf_inode_storage.c',
        replace: 'BTF_ID_LIST_SINGLE(bpf_inode_storage_btf_ids, struct, inode)',
        by: 'BTF_ID_LIST_SINGLE(bpf_inode_storage_btf_ids, struct, file)',
      },
    ],
    [
      'a function that is not to be traced any more',
      /^no-ftrace-site version_proc_show$/,
      {
        file: 'fs/proc/version.c',
        replace: 'static int version_proc_show',
        by: 'static notrace int version_proc_show',
      },
    ],
  ])('does not take for nothing: %s', async (_, refused, edit) => {
    const { report } = await made(edit)
    expect(report.outcome).toBe('refused')
    expect(report.refusals.map(({ code, symbol }) => `${code} ${symbol}`)).toContainEqual(
      expect.stringMatching(refused),
    )
  })

  it('refuses boot code', async () => {
    const edit = {
      file: CMDLINE,
      replace: 'proc_create_single("cmdline", 0,',
      by: 'proc_create_single("cmdline", 0444,',
    }
    const { report } = await made(edit)
    expect(report.outcome).toBe('refused')
    expect(report.refusals.map(({ code }) => code)).toContain('init-code')
  })

  it.each([
    [
      'a header that thousands read',
      'linux/header-users-unknown',
      'include/linux/seq_file.h',
      'struct seq_operations {',
    ],
    [
      'a source that another takes in',
      'linux/included-source',
      'kernel/sched/cpupri.c',
      'static int convert_prio(int prio)',
    ],
    ['the vDSO', 'linux/not-kernel-code', 'arch/x86/entry/vdso/vclock_gettime.c', '#include <linux/time.h>'],
  ])('takes no patch of %s yet: %s', async (...[, code, file, replace]) => {
    await expect(made({ file, replace, by: `/* */\n${replace}` })).rejects.toMatchObject({ code })
  })

  it('asks for the image', async () => {
    const edit = { file: CMDLINE, replace: SHOW, by: `\n${SHOW}` }
    await expect(made(edit, false)).rejects.toMatchObject({ code: 'linux/no-image' })
  })
})
