/**
 * Live patches of modules that Debian's kernel comes with, and what a live patch has run besides (callbacks, members of
 * objects, states): all on that very kernel, in one boot.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inspect } from '../../src/flows/inspect.ts'
import { verifyKernelModule } from '../../src/flows/verify/module.ts'
import { type OperationResult, rehearse } from '../../src/hosts/rehearsal/index.ts'
import { missingFor } from '../support/missing.ts'
import { SLEPT, said, THREAD } from './edits.ts'
import { LINE, withoutKernel } from './kernel.ts'
import { type Edit, Workshop } from './made.ts'

const without = withoutKernel('gcc', 'make', 'flex', 'bison', 'bc')
const withoutQemu = missingFor('qemu-system-x86_64')

const ZRAM = 'drivers/block/zram/zram_drv.c'
const SIZE = 'return scnprintf(buf, PAGE_SIZE, "%llu\\n", zram->disksize);'

const SHOWN: Edit = { file: ZRAM, replace: SIZE, by: SIZE.replace('%llu', '%llu bytes') }
/** Uses statics of its unit, other functions of the module, and what zsmalloc exports. */
const STORED: Edit = {
  file: ZRAM,
  replace: '\tdisksize = memparse(buf, NULL);\n\tif (!disksize)',
  by: '\tdisksize = memparse(buf, NULL) * 2;\n\tif (!disksize)',
}

const callbacks = (version: number) => `#include "hotsplice.h"
static int pre(struct klp_object *object)
{
	struct klp_state *before = klp_get_prev_state(7);

	hotsplice_say("pre ${version} after %u\\n", before ? before->version : 0);
	return 0;
}
static void post(struct klp_object *object) { hotsplice_say("post ${version}\\n"); }
static void pre_un(struct klp_object *object) { hotsplice_say("pre-un ${version}\\n"); }
static void post_un(struct klp_object *object) { hotsplice_say("post-un ${version}\\n"); }
HOTSPLICE_PRE_PATCH(pre)
HOTSPLICE_POST_PATCH(post)
HOTSPLICE_PRE_UNPATCH(pre_un)
HOTSPLICE_POST_UNPATCH(post_un)
HOTSPLICE_STATE(seven, 7, ${version})
`
const VETO = '#include "hotsplice.h"\nstatic int no(void) { return -EBUSY; }\nHOTSPLICE_VETO(no)\n'

const MEMBERS = `#include <linux/fs.h>
#include "hotsplice.h"
struct hotsplice_of_inode { int reads; };
static void first(const struct inode *object, struct hotsplice_of_inode *own) { own->reads = 100; }
HOTSPLICE_SHADOW(inode, first, 16)
`
const COUNTED: Edit = {
  file: 'fs/proc/cmdline.c',
  replace: 'static int cmdline_proc_show(struct seq_file *m, void *v)\n{\n',
  by: `struct hotsplice_of_inode { int reads; };
struct hotsplice_of_inode *hotsplice_of_inode(const struct inode *object);

static int cmdline_proc_show(struct seq_file *m, void *v)
{
	struct hotsplice_of_inode *own = hotsplice_of_inode(file_inode(m->file));

	seq_printf(m, "%d: ", own ? own->reads++ : -1);
`,
}

/** The most that a pipe may hold, which /proc/sys/fs/pipe-max-size shows, and a hook that sets it. */
const MOST = 'static unsigned int pipe_max_size = 1048576;\n'
const most = (number: number): Edit => ({ file: 'fs/pipe.c', replace: MOST, by: MOST.replace('1048576', `${number}`) })
const set = (number: number, otherwise: string) => `#include "hotsplice.h"
HOTSPLICE_SETS(most, "fs/pipe.c#pipe_max_size");
static const struct hotsplice_value values[] = { HOTSPLICE_NUMBER(most, 0, 4, 1048576, ${number}) };
HOTSPLICE_SET(values, ${otherwise})
`

/** By the module of the line's kernel. */
const NEEDED = LINE === '6.1' ? ['lzo-rle', 'zsmalloc'] : ['lz4_compress', 'lz4hc_compress', 'zsmalloc']

/** A module that is there, one that comes later, and one that cannot come again (before Linux 6.3). */
const OF_MODULES = `
${NEEDED.map(name => `load ${name}.ko\n`).join('')}load zram.ko
load shown.ko
wait shown
read /sys/block/zram0/disksize
disable shown
wait shown
unload shown
read /sys/block/zram0/disksize
unload zram
load both.ko
wait both
load zram.ko
read /sys/block/zram0/disksize
read /proc/cmdline
disable both
wait both
unload both
unload zram
load stored.ko
wait stored
load zram.ko
write /sys/block/zram0/disksize 1M
read /sys/block/zram0/disksize
write /sys/block/zram0/reset 1
unload zram
${LINE === '6.1' ? '! ENOEXEC load zram.ko' : 'load zram.ko\nunload zram'}
disable stored
wait stored
unload stored
`

/** A second one that takes the place of the first, one that is kept out, and members of objects. */
const BESIDES = `load first.ko
wait first
read /proc/cmdline
load second.ko
wait second
read /proc/cmdline
unload first
! EINVAL load first.ko
disable second
wait second
unload second
! EBUSY load veto.ko
load counted.ko
wait counted
read /proc/cmdline
read /proc/cmdline
disable counted
wait counted
unload counted
`

/** A value that is set, set again by what takes the place of the first, and put back; and one that is another by now. */
const VALUES = `load twice.ko
wait twice
read /proc/sys/fs/pipe-max-size
load thrice.ko
wait thrice
read /proc/sys/fs/pipe-max-size
unload twice
disable thrice
wait thrice
read /proc/sys/fs/pipe-max-size
unload thrice
write /proc/sys/fs/pipe-max-size 65536
! EINVAL load twice.ko
load thrice.ko
wait thrice
read /proc/sys/fs/pipe-max-size
disable thrice
wait thrice
unload thrice
read /proc/sys/fs/pipe-max-size
`

/** Who holds a transition up: a task that is signalled, and a thread that cannot be; two upon each other, the lower one out first. */
const transitions = (holder: string) => `run ${holder} hold
load slept.ko
! ETIMEDOUT wait slept timeout=2000
expect-output (holder) is not there yet: it is in pipe_read, which is replaced
expect-state slept transition
run ${holder} wake
wait slept
expect-state slept enabled
run ${holder} wake
disable slept
nap 300ms
run ${holder} wake
wait slept
unload slept
load thread.ko
! ETIMEDOUT wait thread timeout=2000
expect-output it is in kauditd_thread, which is replaced (a thread of the kernel: no signal reaches it)
disable thread
wait thread
unload thread
load lower.ko
wait lower
load upper.ko
wait upper
read /proc/cmdline
disable lower
wait lower
unload lower
read /proc/cmdline
disable upper
wait upper
unload upper
read /proc/cmdline
expect-taints OEK
`

describe.skipIf(without !== '')(`live patches of modules, and what is run besides${without}`, () => {
  const built = new Map<string, Uint8Array>()
  const warned = new Map<string, readonly string[]>()
  const work = mkdtempSync(join(tmpdir(), 'hotsplice-linux-'))
  let workshop: Workshop | undefined
  const made = (...asked: Parameters<Workshop['build']>) => (workshop ?? new Workshop()).build(...asked)
  beforeAll(async () => {
    workshop = new Workshop()
    const all: readonly (readonly [
      name: string,
      edits: Edit | readonly Edit[],
      text?: string | undefined,
      replace?: false,
    ])[] = [
      ['shown', SHOWN],
      ['both', [said('both'), SHOWN]],
      ['stored', STORED],
      ['first', said('one'), callbacks(1)],
      ['second', said('two'), callbacks(2)],
      ['veto', said('never'), VETO],
      ['counted', COUNTED, MEMBERS],
      ['twice', [said('twice'), most(2097152)], set(2097152, 'VETO')],
      ['thrice', [said('thrice'), most(3145728)], set(3145728, 'LEAVE')],
      ['slept', SLEPT],
      ['thread', THREAD],
      ['lower', said('lower'), undefined, false],
      ['upper', said('upper'), undefined, false],
    ]
    for (const [name, edits, text, replace] of all) {
      const sources =
        text === undefined ? {} : { sources: [{ name: 'besides.c', text, beside: [edits].flat().at(-1)?.file ?? '' }] }
      const stacked = replace === undefined ? {} : { replace }
      const { report, payload } = await made(edits, true, { output: `${name}.ko`, ...sources, ...stacked })
      expect([name, report.refusals]).toEqual([name, []])
      warned.set(
        name,
        report.warnings.map(({ code }) => code),
      )
      built.set(name, payload ?? new Uint8Array())
    }
  })
  afterAll(() => {
    workshop?.close()
    rmSync(work, { recursive: true, force: true })
  })

  it('says what is of a module, and would be taken', () => {
    const [both, stored] = ['both', 'stored'].map(name => built.get(name) ?? new Uint8Array())
    const of = (bytes: Uint8Array = new Uint8Array()) => {
      const found = inspect(bytes, 'x.ko')
      return 'lookedUp' in found ? found : undefined
    }
    expect(of(both)?.functions?.map(({ object, name }) => `${object} ${name}`)).toEqual([
      'vmlinux cmdline_proc_show',
      'zram disksize_show',
    ])
    const objects = new Set(of(stored)?.lookedUp.map(({ object }) => object))
    expect([...objects].sort()).toEqual(['vmlinux', 'zram', 'zsmalloc'])
    for (const payload of built.values()) {
      const report = verifyKernelModule({ payload, kernel: workshop?.image ?? '' })
      expect(report.checks.filter(({ status }) => status === 'failed')).toEqual([])
      expect(report.checks.find(({ code }) => code === 'klp-other-objects')?.status).toBe('passed')
    }
  })

  it('says before what cannot be waited for, or not be loaded again', () => {
    expect(warned.get('thread')).toContain('thread-function')
    expect(warned.get('slept')).not.toContain('thread-function')
    expect(warned.get('stored')?.includes('module-reload')).toBe(LINE === '6.1')
    expect(warned.get('shown')).not.toContain('module-reload')
  })

  it('is not told to be taken where the module has no such function', () => {
    const payload = Buffer.from(built.get('shown') ?? '')
    const at = payload.indexOf('zram\0disksize_show\0')
    expect(at).toBeGreaterThan(0)
    payload.write('zram\0disksize_shew', at, 'latin1')
    const report = verifyKernelModule({ payload, kernel: workshop?.image ?? '' })
    expect(report).toMatchObject({ accepted: false, errno: 'EINVAL' })
  })

  it('refuses a static key of a module, and says what is silent', async () => {
    const key = {
      file: 'net/netfilter/nf_tables_core.c',
      replace: '\tinfo.trace = false;\n',
      by: '\tinfo.trace = false;\n\tif (!chain)\n\t\treturn NF_DROP;\n',
    }
    const { report } = await made(key)
    expect(report.refusals.map(({ code, symbol }) => `${code} ${symbol}`)).toContain('module-entry nft_do_chain')
    expect(report.refusals[0]?.text).toContain('a static key for nft_trace_enabled of the module nf_tables')
    const watched = {
      file: 'net/netfilter/nf_conntrack_tftp.c',
      replace: '\tif (tfh == NULL)\n',
      by: '\tif (tfh == NULL || protoff == 12345)\n',
    }
    const silent = await made(watched)
    expect(silent.report.refusals).toEqual([])
    expect(silent.report.notices.map(({ code }) => code)).toContain('silent-event')
  })

  // No pointer of zram's leads to zcomp_destroy(), so that 6.12 seals it when the module is loaded.
  it.skipIf(LINE === '6.1')('refuses addresses of what a module has sealed (6.1 seals nothing)', async () => {
    const place = '\tif (!disksize)\n'
    const taking = (by: string) => ({ file: ZRAM, replace: place, by: `\tif (disksize == 4711) ${by}\n${place}` })
    const pointer = '{ static void (*volatile later)(struct zcomp *) = zcomp_destroy; later(zram->comps[0]); }'
    const refused = await made(taking(pointer))
    expect(refused.report.refusals.map(({ text }) => text).join()).toMatch(/\[sealed-target\].* zcomp_destroy /)
    const called = await made(taking('zcomp_destroy(zram->comps[0]);'))
    expect(called.report.refusals).toEqual([])
  })

  it.skipIf(withoutQemu !== '')(`all work on the kernel${withoutQemu}`, async () => {
    const payloads = [
      ...[...NEEDED, 'zram'].map(name => ({
        name: `${name}.ko`,
        bytes: workshop?.module(name) ?? new Uint8Array(),
      })),
      ...[...built].map(([name, bytes]) => ({ name: `${name}.ko`, bytes })),
    ]
    const holder = join(work, 'holder')
    execFileSync('gcc', ['-static', '-O2', '-o', holder, fileURLToPath(new URL('holder.c', import.meta.url))])
    const asked = {
      hypervisor: workshop?.image ?? '',
      payloads,
      script: OF_MODULES + BESIDES + VALUES + transitions(holder),
      cpus: 2,
      timeoutMs: 240_000,
    }
    const { outcome, operations } = await rehearse({ system: 'Linux', ...asked })
    expect(operations.filter(({ expected }) => !expected)).toEqual([])
    expect(outcome).toBe('passed')
    const first = (file: string) => linesOf(operations, file).map(line => line.replace(/ (?!bytes).*/, ''))
    expect(first('/sys/block/zram0/disksize')).toEqual(['0 bytes', '0', '0 bytes', '2097152'])
    const shown = ['both:', 'one:', 'two:', '100:', '101:', 'upper:', 'upper:']
    expect(first('/proc/cmdline').slice(0, -1)).toEqual(shown)
    expect(first('/proc/cmdline').at(-1)).not.toContain(':')
    expect(first('/proc/sys/fs/pipe-max-size')).toEqual(['2097152', '3145728', '1048576', '65536', '65536'])
    const console = operations.flatMap(each => each.console).join('\n')
    const told = [...console.matchAll(/hotsplice: (\S+ \d(?: after \d)?)$/gm)].map(([, words]) => words)
    // The second takes the place of the first, whose callbacks are not called again.
    expect(told).toEqual(['pre 1 after 0', 'post 1', 'pre 2 after 1', 'post 2', 'pre-un 2', 'post-un 2'])
  })
})

const linesOf = (operations: readonly OperationResult[], file: string) =>
  operations.flatMap(({ text, output }) => (text === `read ${file}` ? [output[0] ?? ''] : []))
