/**
 * Debian's kernel through ssh, as an administrator has it: dropbear, kmod and the other tools of Debian's on the real kernel in
 * QEMU; the command line reaches it over loopback with the system's ssh.
 */
import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SCHEMAS } from '../../src/cli/schemas.ts'
import { providedBy, SshGuest } from '../run/ssh-guest.ts'
import { missingFor } from '../support/missing.ts'
import { SLEPT, said, THREAD } from './edits.ts'
import { LINE, withoutKernel } from './kernel.ts'
import { type Edit, Workshop } from './made.ts'

const hotsplice = fileURLToPath(new URL('../../bin/hotsplice', import.meta.url))
const tools = missingFor('qemu-system-x86_64', 'ssh', 'ssh-keygen', 'openssl')
const kernel = LINE === '6.1' ? withoutKernel('gcc', 'make', 'flex', 'bison', 'bc') : ' (that server has a kernel 6.1)'
const without = tools === '' ? kernel : ` (${tools})`
const provided = without === '' ? providedBy('linux-guest.sh', 'a server') : { missing: without }
const missing = 'missing' in provided ? provided.missing : ''

const PATCHES: readonly (readonly [name: string, edits: readonly Edit[]])[] = [
  ['fix', [said('patched'), SLEPT]],
  ['thread', [THREAD]],
]
/** As whoever has a key of their own signs; one byte of the second is another. */
const SIGNED = ['signed', 'tampered'] as const
/** Bits of /proc/sys/kernel/tainted: from elsewhere, unsigned, a live patch. */
const TAINTED = 2 ** 12 + 2 ** 13 + 2 ** 15

describe.skipIf(missing !== '')(`a Linux host through ssh ${missing && `(${missing})`}`, () => {
  let folder: string
  let guest: SshGuest

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-ssh-linux-'))
    const workshop = new Workshop()
    try {
      for (const [name, edits] of PATCHES) {
        const { report, payload } = await workshop.build(edits, true, { output: `${name}.ko` })
        expect([name, report.refusals]).toEqual([name, []])
        writeFileSync(join(folder, `${name}.ko`), payload ?? '')
      }
    } finally {
      workshop.close()
    }
    const request = ['-newkey', 'rsa:2048', '-nodes', '-batch', '-subj', '/CN=us/', '-keyout', 'key.pem']
    execFileSync('openssl', ['req', '-new', '-x509', ...request, '-out', 'cert.pem'], { cwd: folder, stdio: 'ignore' })
    const signing = ['fix.ko', '--target', 'linux', '--key', 'key.pem', '--cert', 'cert.pem', '-o', 'signed.ko']
    execFileSync(process.execPath, [hotsplice, 'sign', ...signing], { cwd: folder, stdio: 'ignore' })
    const bytes = readFileSync(join(folder, 'signed.ko'))
    bytes.write('touched: ', bytes.indexOf('patched: '), 'latin1')
    writeFileSync(join(folder, 'tampered.ko'), bytes)
    const holder = join(folder, 'holder')
    execFileSync('gcc', ['-static', '-O2', '-o', holder, fileURLToPath(new URL('holder.c', import.meta.url))])
    guest = await SshGuest.boot(server('folder' in provided ? provided.folder : ''))
    guest.put('/tmp/own/holder', readFileSync(holder))
    guest.run('chmod +x /tmp/own/holder')
  })
  afterAll(() => {
    guest?.stop()
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  })

  const run = (operation: string, ...words: string[]): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [hotsplice, operation, ...words, '--host', guest.host], {
      cwd: folder,
      env: { ...guest.env, HOTSPLICE_AUDIT: join(folder, 'audit.jsonl') },
      encoding: 'utf8',
    })
  /** What an operation's JSON says, which is of its published form. */
  const told = (operation: string, ...words: string[]) => {
    const { status, stdout } = run(operation, ...words, '--json', '-')
    const json = v.parse(SCHEMAS.operation, JSON.parse(stdout))
    return { status, json, words: 'words' in json ? json.words : [] }
  }
  /** What the kernel itself says. */
  const isPatched = () => guest.run('cat /proc/cmdline').startsWith('patched: ')
  const modules = () => guest.run('ls /sys/kernel/livepatch /sys/module').match(/^(fix|thread)$/gm) ?? []

  it('loads, lists, disables and unloads; what the kernel says changes and changes back', () => {
    expect([isPatched(), modules()]).toEqual([false, []])
    const loaded = run('load', 'fix.ko')
    expect([loaded.status, loaded.stdout]).toEqual([0, 'load fix: done\n'])
    expect([isPatched(), modules()]).toEqual([true, ['fix', 'fix']])
    const id = /^fix {2}APPLIED\nruns build-id ([0-9a-f]{40})\n$/.exec(run('list').stdout)?.[1]
    const notes = Buffer.from(guest.run('base64 -w 0 /sys/kernel/notes'), 'base64').toString('hex')
    expect(notes).toContain(id)
    expect(told('upload', 'fix', 'fix.ko')).toMatchObject({ status: 2, json: { errno: 'EEXIST' } })
    expect(told('unload', 'fix')).toMatchObject({ status: 2, json: { errno: 'EINVAL' } })
    expect(run('revert', 'fix').status).toBe(0)
    expect([isPatched(), modules()]).toEqual([false, ['fix']])
    expect(run('get', 'fix').stdout).toBe('fix: CHECKED\n')
    expect(told('apply', 'fix')).toMatchObject({ status: 2, json: { errno: 'EINVAL' } })
    expect(run('unload', 'fix').status).toBe(0)
    expect(modules()).toEqual([])
    expect(Number(guest.run('cat /proc/sys/kernel/tainted'))).toBe(TAINTED)
  })

  it.each(SIGNED)('does not ask who has signed, and says so in its taint: %s', name => {
    expect(told('load', `${name}.ko`, '--name', 'fix').status).toBe(0)
    expect(guest.run('cat /proc/cmdline')).toMatch(name === 'signed' ? /^patched: / : /^touched: /)
    expect(guest.run('cat /sys/module/fix/taint')).toBe('OEK\n')
    expect([run('revert', 'fix').status, run('unload', 'fix').status]).toEqual([0, 0])
  })

  it('says which sleeping task holds a transition up, and where; it is signalled on request', () => {
    guest.run('/tmp/own/holder hold > /dev/null 2>&1')
    const held = told('load', 'fix.ko', '--timeout', '2000')
    expect(held).toMatchObject({ status: 2, json: { errno: 'EAGAIN' } })
    expect(held.words).toContainEqual(
      expect.stringMatching(/^task \d+ \(holder\) is not there yet: it is in pipe_read, which is replaced$/),
    )
    expect([isPatched(), modules()]).toEqual([false, []])
    const signalled = told('load', 'fix.ko', '--timeout', '60000', '--signal-holders')
    expect(signalled).toMatchObject({ status: 0, json: { outcome: 'done' } })
    expect(signalled.words).toContainEqual(expect.stringMatching(/^task \d+ \(holder\) was signalled$/))
    expect(isPatched()).toBe(true)
    expect(told('revert', 'fix', '--timeout', '60000', '--signal-holders').status).toBe(0)
    expect(run('unload', 'fix').status).toBe(0)
    expect(guest.run('cat /proc/[0-9]*/comm')).toContain('holder\n')
  })

  it('says that a thread of the kernel cannot be signalled, and lists what is under way', () => {
    const held = told('upload', 'thread', 'thread.ko', '--timeout', '2000', '--signal-holders')
    expect(held).toMatchObject({ status: 2, json: { errno: 'EAGAIN' } })
    const where = /^task \d+ \(kauditd\) .* is in kauditd_thread, which is replaced \(a thread of the kernel: no signal/
    expect(held.words).toContainEqual(expect.stringMatching(where))
    expect(told('list').json).toMatchObject({ payloads: [{ name: 'thread', state: 'APPLIED', rc: -11 }] })
    expect(run('revert', 'thread').status).toBe(0)
    expect(run('unload', 'thread').status).toBe(0)
  })

  it('says what keeps an unsigned module out', () => {
    guest.run('echo Y > /sys/module/module/parameters/sig_enforce')
    const enforced = told('load', 'fix.ko')
    expect(enforced).toMatchObject({ status: 2, json: { errno: 'EKEYREJECTED' } })
    expect(enforced.words).toContainEqual(expect.stringContaining('module.sig_enforce'))
    guest.run('echo integrity > /sys/kernel/security/lockdown')
    expect(told('load', 'fix.ko').words).toContainEqual(expect.stringContaining('locked down (integrity)'))
    expect(modules()).toEqual([])
    expect(guest.run('ls /tmp')).toBe('own\n')
  })
})

const server = (images: string) => ({
  kind: 'linux' as const,
  ready: 'guest: ready',
  machine: ({ key, network }: { readonly key: string; readonly network: string }) => [
    ...['-M', 'pc', '-accel', 'tcg,thread=single', '-cpu', 'max', '-smp', '2', '-m', '512'],
    ...['-kernel', `${images}/vmlinuz`, '-initrd', `${images}/initramfs`],
    ...['-append', `console=ttyS0 quiet panic=-1 no_timer_check mitigations=off guest.key=${key}`],
    ...['-netdev', network, '-device', 'virtio-net-pci,netdev=net,romfile='],
  ],
})
