/**
 * What the other files of this folder have no case for, on one boot of the kernel that Debian ships: a system call with its
 * `.cold` part, a new file, an inline function of a header that many units read. Each is loaded, seen and taken back before the next.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rehearse } from '../../src/hosts/rehearsal/index.ts'
import { missingFor } from '../support/missing.ts'
import { withoutKernel } from './kernel.ts'
import { type Edit, Workshop } from './made.ts'

const without = withoutKernel('gcc', 'make', 'flex', 'bison', 'bc', 'readelf')
const withoutQemu = missingFor('qemu-system-x86_64')

interface Kind {
  /** The module's. */
  readonly name: string
  readonly edits: readonly Edit[]
  readonly units: readonly string[]
  /** Among what the payload replaces or brings. */
  readonly functions: readonly string[]
  /** What a script asks, and checks of what it then says, without the patch and with it. */
  readonly asks: string
  readonly without: string
  readonly with: string
}

const HEAD = 'static int cmdline_proc_show(struct seq_file *m, void *v)\n{\n'
const COPIED = '\tmemcpy(tmp, u->nodename, i);\n'
const FOUND = '\treturn get_pid_task(proc_pid(inode), PIDTYPE_PID);\n'
const WORDS = 'static noinline void first_words(struct seq_file *m)\n{\n\tseq_puts(m, "words: ");\n}\n'

const KINDS: readonly Kind[] = [
  {
    name: 'syscall',
    edits: [{ file: 'kernel/sys.c', replace: COPIED, by: `${COPIED}\ttmp[0] = '!';\n` }],
    units: ['kernel/sys.o'],
    functions: ['__ia32_sys_gethostname', '__x64_sys_gethostname', '__x64_sys_gethostname.cold'],
    asks: 'run PROGRAM',
    without: 'expect-output "it is called ("',
    with: 'expect-output "it is called !"',
  },
  {
    name: 'file',
    edits: [
      { file: 'fs/proc/words.h', replace: '', by: WORDS },
      { file: 'fs/proc/cmdline.c', replace: HEAD, by: `#include "words.h"\n\n${HEAD}\tfirst_words(m);\n` },
    ],
    units: ['fs/proc/cmdline.o'],
    functions: ['cmdline_proc_show', 'first_words'],
    asks: 'read /proc/cmdline',
    without: 'expect-no-output words',
    with: 'expect-output "words: console="',
  },
  {
    name: 'inline',
    edits: [{ file: 'fs/proc/internal.h', replace: FOUND, by: `\tpr_info_once("who asks?\\n");\n${FOUND}` }],
    units: ['fs/proc/base.o', 'fs/proc/fd.o'],
    functions: ['proc_fd_link', 'proc_pid_permission'],
    asks: 'read /proc/self/fdinfo/1',
    without: 'expect-output "pos:"',
    with: 'expect-console "who asks?"',
  },
]

const PROGRAM = `#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
  char name[65] = "";
  syscall(SYS_gethostname, name, sizeof(name) - 1);
  printf("it is called %s\\n", name);
  return 0;
}
`

describe.skipIf(without !== '')(`more kinds of patches of the shipped kernel${without}`, () => {
  const work = mkdtempSync(join(tmpdir(), 'hotsplice-linux-'))
  const modules = new Map<string, Uint8Array>()
  let workshop: Workshop | undefined
  beforeAll(() => {
    workshop = new Workshop()
  })
  afterAll(() => {
    workshop?.close()
    rmSync(work, { recursive: true, force: true })
  })

  it.each(KINDS)('are built: $name', async ({ name, edits, units, functions }) => {
    const { report, payload } = (await workshop?.build(edits, true, { output: `${name}.ko` })) ?? {}
    expect(report?.refusals).toEqual([])
    const included = report?.functions.filter(each => each.included) ?? []
    expect([...new Set(included.map(({ unit }) => unit))]).toEqual(expect.arrayContaining([...units]))
    modules.set(name, payload ?? new Uint8Array())
    const file = join(work, `${name}.ko`)
    writeFileSync(file, payload ?? '')
    const symbols = execFileSync('readelf', ['-sW', file], { encoding: 'utf8', maxBuffer: 1 << 26 })
    const brought = [...symbols.matchAll(/ FUNC +\S+ +\S+ +\d+ (\S+)$/gm)].map(([, each]) => each)
    expect(brought).toEqual(expect.arrayContaining([...functions]))
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
