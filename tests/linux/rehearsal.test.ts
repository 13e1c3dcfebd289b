/**
 * The rehearsal of modules on the kernel that Debian ships: what goes well, what the kernel says no to, and what brings it
 * down. Payloads are built from the prepared source.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { build } from '../../src/flows/build.ts'
import { rehearsedOn } from '../../src/flows/rehearsed-on.ts'
import { type RehearsalResult, rehearse } from '../../src/hosts/rehearsal/index.ts'
import { quiet } from '../../src/trees/index.ts'
import { missingFor } from '../support/missing.ts'
import { kernelPart, withoutKernel } from './kernel.ts'

const withoutTools = withoutKernel('gcc', 'make', 'flex', 'bison', 'bc')
const without = withoutTools === '' ? missingFor('qemu-system-x86_64', 'file') : withoutTools

const FILE = 'fs/proc/cmdline.c'
const SHOW = '\tseq_puts(m, saved_command_line);\n'
const PROGRAM = `#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int count, char **words) {
  char text[9] = "";
  read(open("/proc/cmdline", O_RDONLY), text, 8);
  printf("%s|%s\\n", count > 1 ? words[1] : "", text);
  fprintf(stderr, "done\\n");
  if (count > 2) abort();
  return count > 1 ? atoi(words[1]) : 0;
}
`

describe.skipIf(without !== '')(`a module is rehearsed${without}`, () => {
  let [image, tree, folder] = ['', '', '']
  beforeAll(() => {
    image = kernelPart('image')
    tree = kernelPart('tree')
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-linux-'))
    writeFileSync(join(folder, 'program.c'), PROGRAM)
    execFileSync('gcc', ['-static', '-w', '-o', join(folder, 'program'), join(folder, 'program.c')])
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  async function module(line: string): Promise<Uint8Array> {
    const before = readFileSync(join(tree, FILE), 'latin1')
    const after = before.replace(SHOW, () => `\t${line}\n${SHOW}`)
    const text = createTwoFilesPatch(`a/${FILE}`, `b/${FILE}`, before, after, '', '')
    const { payload, report } = await build({
      ...{ tree, target: 'linux', symbols: image, output: 'fix.ko', version: 'test', cacheFolder: folder, jobs: 2 },
      ...{ patches: [{ name: 'fix.patch', text }], progress: quiet },
    })
    expect(report.outcome).toBe('built')
    return payload ?? new Uint8Array()
  }

  async function tried(line: string, script?: string, timeoutMs = 240_000): Promise<RehearsalResult> {
    const payloads = [{ name: 'fix.ko', bytes: await module(line) }]
    const on = rehearsedOn({ payloads, symbols: image })
    expect(on.system).toBe('Linux')
    return rehearse({ ...on, payloads, timeoutMs, cacheFolder: folder, ...(script === undefined ? {} : { script }) })
  }

  it('goes through its whole life without a script', async () => {
    const result = await tried('seq_puts(m, "new: ");')
    expect(result.operations.filter(({ expected }) => !expected)).toEqual([])
    expect(result).toMatchObject({ outcome: 'passed', notRun: 0, downfall: null })
    const own = execFileSync('file', ['-b', image], { encoding: 'utf8' })
    expect(own).toContain(` version ${result.hypervisor.version} `)
    expect(result.hypervisor).toMatchObject({
      name: 'Linux',
      file: image,
      buildId: expect.stringMatching(/^[0-9a-f]{40}$/),
    })
    expect(result.console.join('\n')).toContain("livepatch: 'fix': patching complete")
  })

  it('is seen by files and programs, and does what the kernel says no to', async () => {
    const program = join(folder, 'program')
    const script = `run ${program}
expect-no-output "new: "
! ENOENT disable fix
load fix.ko
! EEXIST load fix.ko
wait fix
read /proc/cmdline
expect-output "new: console"
run ${program}
expect-output "|new: con"
expect-output done
! run ${program} 3
expect-result 3
! run ${program} 0 abort
expect-result 134
! EAGAIN unload fix
write /sys/kernel/livepatch/fix/enabled 0
wait fix
unload fix
! ENOENT wait fix
! ENOENT read /no/such/file
run ${program}
expect-as-first
`
    const result = await tried('seq_puts(m, "new: ");', script)
    expect(result.operations.filter(({ expected }) => !expected)).toEqual([])
    expect(result.outcome).toBe('passed')
  })

  it('warns, which the script without words takes for a failure', async () => {
    const script =
      'load fix.ko\nwait fix\nexpect-taints OEK\nread /proc/cmdline\nexpect-console WARNING\nexpect-taints OEK'
    const result = await tried('WARN(1, "so");', script)
    expect(result.operations.map(({ expected }) => expected)).toEqual([true, true, true, true, true, false])
    expect(result).toMatchObject({ outcome: 'failed', downfall: null })
    expect(result.operations.at(-1)?.output).toEqual(['the kernel is tainted: WOEK'])
  })

  it.each([
    ['*(volatile int *)8 = 1;', /^BUG: kernel NULL pointer dereference, address: 0*8$/],
    ['BUG();', /^kernel BUG at /],
    ['panic("enough");', /^Kernel panic - not syncing: enough$/],
  ])('crashes with %s', async (line, sign) => {
    const result = await tried(line, 'load fix.ko\nwait fix\nread /proc/cmdline\nlist')
    expect(result).toMatchObject({ outcome: 'crashed', notRun: 1, downfall: { kind: 'crashed' } })
    expect(result.downfall?.sign).toMatch(sign)
    expect(result.operations.at(-1)).toMatchObject({ operation: 'read', result: null, expected: false })
  })

  it('never returns, and the time is over', async () => {
    const result = await tried('for (;;) cpu_relax();', 'load fix.ko\nwait fix\nread /proc/cmdline\nlist', 60_000)
    expect(result).toMatchObject({ outcome: 'timeout', notRun: 1, downfall: { kind: 'hung' } })
  })

  it('is for another kernel, which is said before anything boots', async () => {
    const bytes = Buffer.from(await module('seq_puts(m, "new: ");'))
    const at = bytes.indexOf('kernel_build_id=') + 'kernel_build_id='.length
    bytes[at] = bytes[at] === 0x30 ? 0x31 : 0x30
    const payloads = [{ name: 'fix.ko', bytes }]
    expect(() => rehearsedOn({ payloads, symbols: image })).toThrow(
      expect.objectContaining({ code: 'rehearse/other-kernel' }),
    )
    expect(() => rehearsedOn({ payloads, hypervisor: image })).toThrow(
      expect.objectContaining({ code: 'rehearse/other-system' }),
    )
  })

  it('is no kernel that boots', async () => {
    const options = { system: 'Linux', payloads: [], timeoutMs: 1000 } as const
    await expect(rehearse({ ...options, hypervisor: join(tree, 'Makefile') })).rejects.toMatchObject({
      code: 'rehearse/not-bootable',
    })
    await expect(rehearse({ ...options, hypervisor: '/no/kernel' })).rejects.toMatchObject({
      code: 'rehearse/no-kernel',
    })
  })
})
