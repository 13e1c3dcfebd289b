/**
 * What the other files of this folder have no case for, on one boot of the kernel that Debian ships: a system call, a
 * function with a `.cold` part, a new file, an inline function of a header that many units read. Each is loaded, seen and taken back before the next.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BuildResult } from '../../src/flows/hotpatch/build-one.ts'
import { rehearse } from '../../src/hosts/rehearsal/index.ts'
import { missingFor } from '../support/missing.ts'
import { functionTexts } from '../support/object-texts.ts'
import { LINE, withoutKernel } from './kernel.ts'
import { type Edit, Workshop } from './made.ts'

const without = withoutKernel('gcc', 'make', 'flex', 'bison', 'bc', 'readelf', 'objdump')
const withoutQemu = missingFor('qemu-system-x86_64')

interface Kind {
  /** The module's. */
  readonly name: string
  readonly edits: readonly Edit[]
  /** Among what the payload replaces or brings. */
  readonly functions: readonly string[]
  /** What a script asks, and checks of what it then says, without the patch and with it. */
  readonly asks: string
  readonly without: string
  readonly with: string
}

const HEAD = 'static int cmdline_proc_show(struct seq_file *m, void *v)\n{\n'
const NAMED =
  'SYSCALL_DEFINE1(newuname, struct new_utsname __user *, name)\n{\n\tstruct new_utsname tmp;\n\n\tdown_read(&uts_sem);\n\tmemcpy(&tmp, utsname(), sizeof(tmp));\n'
const TASK = '\tchar tcomm[64];\n\n\t/*\n\t * Test before PF_KTHREAD'
const WORDS = 'static noinline void first_words(struct seq_file *m)\n{\n\tseq_puts(m, "words: ");\n}\n'

/** Two dozen units may read it; four of them have what is inline there in a function of theirs. */
const HEADER = 'include/linux/time_namespace.h'
const BOOTTIME = '\t*ts = timespec64_add(*ts, ns_offsets->boottime);\n'
const LATER = `${BOOTTIME}\tts->tv_sec += 1000000000;\n`

const KINDS: readonly Kind[] = [
  {
    name: 'syscall',
    edits: [{ file: 'kernel/sys.c', replace: NAMED, by: `${NAMED}\ttmp.machine[0] = '!';\n` }],
    // What it is made of has no ftrace site: its two entries are replaced in its stead.
    functions: ['__do_sys_newuname', '__x64_sys_newuname', '__ia32_sys_newuname'],
    asks: 'run PROGRAM',
    without: 'expect-output "it is a x86_64"',
    with: 'expect-output "it is a !86_64"',
  },
  {
    name: 'cold',
    edits: [{ file: 'fs/proc/array.c', replace: TASK, by: TASK.replace(';\n', ";\n\n\tseq_putc(m, '!');") }],
    // In 6.12 the compiler leaves nothing of it out of line.
    functions: ['proc_task_name', ...(LINE === '6.1' ? ['proc_task_name.cold'] : [])],
    asks: 'read /proc/self/comm',
    without: 'expect-no-output !',
    with: 'expect-output !',
  },
  {
    name: 'file',
    edits: [
      { file: 'fs/proc/words.h', replace: '', by: WORDS },
      { file: 'fs/proc/cmdline.c', replace: HEAD, by: `#include "words.h"\n\n${HEAD}\tfirst_words(m);\n` },
    ],
    functions: ['cmdline_proc_show', 'first_words'],
    asks: 'read /proc/cmdline',
    without: 'expect-no-output words',
    with: 'expect-output "words: console="',
  },
  {
    name: 'inline',
    edits: [{ file: HEADER, replace: BOOTTIME, by: LATER }],
    functions: ['uptime_proc_show', 'do_sysinfo', 'get_boottime_timespec', 'posix_get_boottime_timespec'],
    asks: 'read /proc/uptime',
    without: 'expect-no-output 10000000',
    with: 'expect-output 10000000',
  },
]

/** Without what compilers say of a function whose parameters they have changed. */
const sourceName = (name: string) => name.replace(/\.(?:isra|constprop|part)(?:\.\d+)?$/, '')

const PROGRAM = `#include <stdio.h>
#include <sys/utsname.h>
int main(void) {
  struct utsname names;
  uname(&names);
  printf("it is a %s\\n", names.machine);
  return 0;
}
`

describe.skipIf(without !== '')(`more kinds of patches of the shipped kernel${without}`, () => {
  const work = mkdtempSync(join(tmpdir(), 'hotsplice-linux-'))
  const modules = new Map<string, Uint8Array>()
  const reports = new Map<string, BuildResult['report'] | undefined>()
  let workshop: Workshop | undefined
  beforeAll(() => {
    workshop = new Workshop()
  })
  afterAll(() => {
    workshop?.close()
    rmSync(work, { recursive: true, force: true })
  })

  it.each(KINDS)('are built: $name', async ({ name, edits, functions }) => {
    const { report, payload } =
      (await workshop?.build(edits, true, { output: `${name}.ko`, promoteCallers: ['all'] })) ?? {}
    expect(report?.refusals).toEqual([])
    modules.set(name, payload ?? new Uint8Array())
    reports.set(name, report)
    const file = join(work, `${name}.ko`)
    writeFileSync(file, payload ?? '')
    const symbols = execFileSync('readelf', ['-sW', file], { encoding: 'utf8', maxBuffer: 1 << 26 })
    const brought = [...symbols.matchAll(/ FUNC +\S+ +\S+ +\d+ (\S+)$/gm)].map(([, each = '']) =>
      sourceName(each.replace(/#.*/, '')),
    )
    expect(brought).toEqual(expect.arrayContaining([...functions]))
  })

  // The build goes to these folders by the machine's own makefile (ARCH_LIB, ARCH_DRIVERS), and not from arch/x86.
  it('finds code in folders that only the machine’s makefile names', async () => {
    const [memset, pci] = ['arch/x86/lib/memset_64.S', 'arch/x86/include/asm/pci_x86.h']
    const assembly = await workshop?.build({
      file: memset,
      replace: 'SYM_FUNC_START_LOCAL(memset_orig)\n',
      by: 'SYM_FUNC_START_LOCAL(memset_orig)\n\tandl $7,%esi\n',
    })
    expect(assembly?.report.outcome).toBe('refused')
    expect(assembly?.report.functions.map(({ name }) => name)).toContain('memset_orig')
    const read = 'static inline unsigned char mmio_config_readb(void __iomem *pos)\n{\n'
    const header = await workshop?.build({ file: pci, replace: read, by: `${read}\tpos += 4;\n` })
    const touched = header?.report.functions.map(({ name }) => name)
    expect(touched).toEqual(expect.arrayContaining(['pci_mmcfg_read']))
  })

  it('says what it does not export, since the running kernel does not', async () => {
    const start = 'static int __init proc_cmdline_init'
    const more = 'int words(void);\nint words(void) { return 3; }\nEXPORT_SYMBOL_GPL(words);\n'
    const made = await workshop?.build({ file: 'fs/proc/cmdline.c', replace: start, by: `${more}${start}` })
    expect(made?.report.refusals).toEqual([])
    expect(made?.report.notices.map(({ code, text }) => `${code} ${text}`)).toContainEqual(
      expect.stringMatching(/^export-left .*exports words/),
    )
  })

  // No pointer of the kernel's leads to free_pipe_info(), so that 6.12 seals it.
  it.skipIf(LINE === '6.1')('refuses addresses of what is sealed (6.1 seals nothing)', async () => {
    const place = '\t/* Null read succeeds. */\n'
    const file = 'fs/pipe.c'
    const taking = (by: string): Edit[] => [{ file, replace: place, by: `\t${by}\n${place}` }]
    const pointer = 'static void (*volatile later)(struct pipe_inode_info *) = free_pipe_info; later(pipe);'
    const made = await workshop?.build(taking(`if (total_len == 4711) { ${pointer} }`))
    expect(made?.report.refusals.map(({ text }) => text).join()).toContain('[sealed-target]')
    const called = await workshop?.build(taking('if (total_len == 4711) free_pipe_info(pipe);'))
    expect(called?.report.refusals).toEqual([])
  })

  // By the key alone: the kernel writes calls that are direct. Who reads the key may make others.
  it.skipIf(LINE === '6.1')('lets a static call have what is sealed, unless code reads its key', async () => {
    const [head, place] = ['static ssize_t\npipe_read(', '\t/* Null read succeeds. */\n']
    const calling = (by: string): readonly Edit[] => [
      { file: 'fs/pipe.c', replace: head, by: `DEFINE_STATIC_CALL(ending, free_pipe_info);\n\n${head}` },
      { file: 'fs/pipe.c', replace: place, by: `\tif (total_len == 4711) ${by};\n${place}` },
    ]
    const made = await workshop?.build(calling('static_call(ending)(pipe)'))
    expect(made?.report.refusals).toEqual([])
    const read = await workshop?.build(calling('((typeof(&free_pipe_info))static_call_query(ending))(pipe)'))
    expect(read?.report.refusals.map(({ text, hint }) => `${text} ${hint}`).join()).toMatch(
      /\[sealed-target\].* add a function that does nothing but call it/,
    )
  })

  it('names a program that keeps a copy of what is patched', async () => {
    const chosen = '\treturn z ^ (x & (y ^ z));\n'
    const by = chosen.replace(';', ' ^ (x == 4711);')
    const made = await workshop?.build({ file: 'lib/crypto/sha256.c', replace: chosen, by })
    expect(made?.report.refusals).toEqual([])
    const said = made?.report.notices.map(({ code, text }) => `${code} ${text}`)
    expect(said).toContainEqual(expect.stringMatching(/^other-copy-left kexec’s purgatory.* lib\/crypto\/sha256\.c /))
  })

  it('refuses code that the processor enters by itself', async () => {
    const entry = 'SYM_CODE_START(entry_SYSCALL_64)\n'
    const made = await workshop?.build({ file: 'arch/x86/entry/entry_64.S', replace: entry, by: `${entry}\tnop\n` })
    expect(made?.report.refusals.map(({ code }) => code)).toContain('assembly-code')
  })

  it('has of an inline function’s users those whose text is another one to objdump', () => {
    const { units = [], functions = [] } = reports.get('inline') ?? {}
    const folder = workshop?.tree ?? ''
    const headers = join(work, 'headers')
    const patched = readFileSync(join(folder, HEADER), 'latin1').replace(BOOTTIME, () => LATER)
    mkdirSync(join(headers, 'linux'), { recursive: true })
    writeFileSync(join(headers, 'linux/time_namespace.h'), patched, 'latin1')
    const differing = units.flatMap(({ command }) => {
      const [before, after] = [[], ['-I', headers]].map(more => {
        const at = command.indexOf('-o')
        const [program = '', ...words] = [...command.slice(0, at), ...command.slice(at + 2)]
        const object = join(work, 'unit.o')
        execFileSync(program, [...more, ...words, '-o', object], { cwd: folder })
        return functionTexts(object, 'objdump')
      })
      return [...(after ?? [])].flatMap(([name, text]) => (before?.get(name) === text ? [] : [sourceName(name)]))
    })
    expect(units.length).toBeGreaterThan(3)
    expect(functions.filter(each => each.included).map(({ name }) => name)).toEqual(expect.arrayContaining(differing))
    expect(differing).toHaveLength(functions.filter(each => each.included).length)
  })

  /** Symbols of a module that readelf shows: those that it needs of the running system, or those of data that it brings. */
  const symbolsIn = (bytes: Uint8Array | undefined, which: 'needed' | 'data') => {
    const file = join(work, 'symbols.ko')
    writeFileSync(file, bytes ?? '')
    const text = execFileSync('readelf', ['-sW', file], { encoding: 'utf8', maxBuffer: 1 << 26 })
    const names = which === 'needed' ? /(?<= )\.klp\.sym\.\S+/g : /(?<= OBJECT .* \d+ )\S+$/gm
    return [...text.matchAll(names)].map(([name]) => name)
  }

  it('leave out what the configuration does not compile and the kernel has not', async () => {
    const edit = { file: 'fs/dlm/dir.c', replace: 'int dlm_dir_nodeid(struct dlm_rsb *r)\n{\n', by: '' }
    const { report, payload } =
      (await workshop?.build([{ ...edit, by: `${edit.replace}\tif (!r)\n\t\treturn 0;\n` }])) ?? {}
    expect([report?.outcome, report?.refusals, payload]).toEqual(['nothing-to-do', [], undefined])
    expect(report?.notices.map(({ code }) => code)).toContain('not-compiled')
    expect(() => workshop?.module('dlm')).toThrow('no dlm.ko')
  })

  it('say what becomes of exports, and refuse nothing for them', async () => {
    const gone = { file: 'net/sunrpc/xdr.c', replace: 'EXPORT_SYMBOL_GPL(xdr_terminate_string);\n', by: '' }
    const { report } = (await workshop?.build(gone)) ?? {}
    expect([report?.outcome, report?.refusals]).toEqual(['nothing-to-do', []])
    expect(report?.notices.filter(({ code }) => code === 'export-left').map(({ text }) => text)).toEqual([
      expect.stringContaining('no longer exports xdr_terminate_string:'),
    ])
  })

  it('take a module’s own structure where a module that it needs has one too', async () => {
    const rest = '\trc = -ENOMEM;\n\tcdev = cdev_alloc();\n'
    const edit = { file: 'fs/fuse/cuse.c', replace: rest, by: `\tif (!devt)\n\t\tpr_info("none\\n");\n${rest}` }
    const { report, payload } = (await workshop?.build(edit)) ?? {}
    expect(report?.refusals).toEqual([])
    expect(symbolsIn(payload, 'needed').filter(name => name.includes('__this_module'))).toEqual([
      '.klp.sym.cuse.__this_module,0',
    ])
  })

  it('tell statics of macros apart by their lines, and bring what is new only', async () => {
    const place = '\tdata_area_of_tgt += total_in_tgt;\n'
    const comment = `\t/*\n${Array.from({ length: 6 }, () => '\t * nothing\n').join('')}\t */\n`
    const more = `${comment}\tif (!data_area_of_src) {\n\t\tcifs_dbg(VFS, "nothing\\n");\n\t\treturn -EPROTO;\n\t}\n`
    const edit = { file: 'fs/smb/client/smb1ops.c', replace: place, by: `${place}${more}` }
    const { report, payload } = (await workshop?.build(edit)) ?? {}
    expect(report?.refusals).toEqual([])
    expect(symbolsIn(payload, 'data').filter(name => /#_rs\.\d+$/.test(name))).toHaveLength(1)
    expect(symbolsIn(payload, 'needed').filter(name => name.includes('._rs.')).length).toBeGreaterThan(5)
  })

  it.skipIf(withoutQemu !== '')(`are seen while they are enabled ${withoutQemu}`, async () => {
    const source = join(work, 'program.c')
    const program = join(work, 'program')
    writeFileSync(source, PROGRAM)
    execFileSync('gcc', ['-static', '-o', program, source])
    expect([...modules.keys()]).toEqual(KINDS.map(({ name }) => name))
    const lines = KINDS.flatMap(kind => {
      const asks = kind.asks.replace('PROGRAM', program)
      const out = [`disable ${kind.name}`, `wait ${kind.name}`, `unload ${kind.name}`]
      const loaded = [`load ${kind.name}.ko`, `wait ${kind.name}`]
      return [asks, kind.without, ...loaded, asks, kind.with, ...out, asks, kind.without]
    })
    const { outcome, operations } = await rehearse({
      system: 'Linux',
      hypervisor: workshop?.image ?? '',
      payloads: [...modules].map(([name, bytes]) => ({ name: `${name}.ko`, bytes })),
      script: [...lines, 'expect-taints OEK', ''].join('\n'),
      cpus: 2,
      timeoutMs: 240_000,
    })
    expect(operations.filter(({ expected }) => !expected)).toEqual([])
    expect(outcome).toBe('passed')
  })
})
