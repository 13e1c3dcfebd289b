/**
 * Xen through ssh, as an administrator has it: Debian's Linux as dom0 of the real Xen, dropbear, and the xen-livepatch
 * that Debian installs; the command line reaches it over loopback with the system's ssh.
 */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SCHEMAS } from '../../src/cli/schemas.ts'
import { PROGRAM } from '../boot/stand-in.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from '../xen/tree.ts'
import { bootDom0, providedDom0 } from './linux-dom0.ts'
import { readTarget, type TargetXen, textPayload } from './rehearsal-payloads.ts'
import { freePort, type SshGuest } from './ssh-guest.ts'

const hotsplice = fileURLToPath(new URL('../../bin/hotsplice', import.meta.url))
const tools = missingFor(...toBuildXen, ...toBootXen, 'ssh', 'ssh-keygen')
const provided = tools === '' ? providedDom0() : { missing: tools }
const missing = 'missing' in provided ? provided.missing : ''
const images = 'folder' in provided ? provided.folder : ''

describe.skipIf(missing !== '')(`Xen through ssh, on Debian’s Linux as dom0 ${missing && `(${missing})`}`, () => {
  let folder: string
  let dom0: SshGuest
  let target: TargetXen

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-ssh-xen-'))
    const tree = join(xenTree('release'), 'xen')
    target = readTarget(join(tree, 'xen-syms'))
    writeFileSync(join(folder, 'fix.livepatch'), textPayload(target, 'xen_extra_version', '.hotpatched'))
    const other = { ...target, buildId: '00'.repeat(20) }
    writeFileSync(join(folder, 'foreign.livepatch'), textPayload(other, 'xen_extra_version', '.foreign'))
    dom0 = await bootDom0(join(tree, 'xen'), images)
  })
  afterAll(() => {
    dom0?.stop()
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  })

  const run = (operation: string, ...words: string[]): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [hotsplice, operation, ...words, '--host', dom0.host], {
      cwd: folder,
      env: { ...dom0.env, HOTSPLICE_AUDIT: join(folder, 'audit.jsonl') },
      encoding: 'utf8',
    })
  /** What an operation's JSON says, which is of its published form. */
  const told = (operation: string, ...words: string[]) => {
    const { status, stdout } = run(operation, ...words, '--json', '-')
    return { status, json: v.parse(SCHEMAS.operation, JSON.parse(stdout)) }
  }
  /** What the hypervisor itself answers. */
  const version = () => /xen_extra *: (.*)/.exec(dom0.run('xl info'))?.[1]

  test('load, list, get, revert and unload; the hypervisor’s own answer changes and changes back', () => {
    expect(run('list').stdout).toBe(`no payloads; runs build-id ${target.buildId}\n`)
    const before = version()
    const loaded = run('load', 'fix.livepatch')
    expect([loaded.status, loaded.stdout]).toEqual([0, 'load fix: done\n'])
    expect(version()).toBe('.hotpatched')
    expect(run('list').stdout).toBe(`fix  APPLIED\nruns build-id ${target.buildId}\n`)
    expect(run('get', 'fix').stdout).toBe('fix: APPLIED\n')
    expect(run('revert', 'fix').status).toBe(0)
    expect(version()).toBe(before)
    expect(run('get', 'fix').stdout).toBe('fix: CHECKED\n')
    expect(run('unload', 'fix').status).toBe(0)
    expect(dom0.run('xen-livepatch list')).toContain('Nothing to list')
  })

  test('upload, apply and replace, one at a time', () => {
    expect(told('upload', 'fix', 'fix.livepatch')).toMatchObject({ status: 0, json: { outcome: 'done', result: 0 } })
    expect(told('apply', 'fix', '--dry-run').json).toMatchObject({ words: ['would run: xen-livepatch apply fix'] })
    expect(told('list').json).toMatchObject({ payloads: [{ name: 'fix', state: 'CHECKED', rc: 0 }] })
    expect(told('replace', 'fix')).toMatchObject({ status: 0, json: { outcome: 'done' } })
    expect(version()).toBe('.hotpatched')
    expect(told('unload', 'fix')).toMatchObject({ status: 2, json: { outcome: 'failed', errno: 'EINVAL' } })
    expect(told('revert', 'fix').status).toBe(0)
    expect(told('apply', 'fix', '--no-deps').status).toBe(0)
    expect(told('revert', 'fix').status).toBe(0)
    expect(told('unload', 'fix').status).toBe(0)
  })

  test('what Xen refuses has Xen’s errno, changes nothing and leaves nothing behind', () => {
    const before = version()
    expect(told('load', 'foreign.livepatch')).toMatchObject({ status: 2, json: { errno: 'EINVAL' } })
    expect(run('upload', 'twice', 'fix.livepatch').status).toBe(0)
    expect(told('upload', 'twice', 'fix.livepatch')).toMatchObject({ status: 2, json: { errno: 'EEXIST' } })
    expect(run('unload', 'twice').status).toBe(0)
    expect(told('get', 'nobody')).toMatchObject({ status: 2, json: { errno: 'ENOENT' } })
    expect(told('apply', 'fix', '--timeout', '5')).toMatchObject({ status: 2, json: { errno: 'ENOENT' } })
    expect(version()).toBe(before)
    expect(dom0.run('xen-livepatch list; ls /tmp')).toBe('Nothing to list\n')
  })

  test('the boot program of a package: what fits is applied, what Xen refuses is told, and all is taken back', () => {
    const before = version()
    const home = '/usr/lib/hotsplice/fixes'
    const boot = (word: string) => dom0.run(`sh ${home}/boot/hotsplice-boot ${word} 2>&1; echo ended with $?`)
    dom0.put(`${home}/boot/hotsplice-boot`, readFileSync(PROGRAM))
    const lines = ['fix', 'foreign'].map(name => {
      // With bytes behind it, as a signed one has.
      const bytes = Buffer.concat([readFileSync(join(folder, `${name}.livepatch`)), Buffer.from('~a signature~')])
      dom0.put(`${home}/${name}.livepatch`, bytes)
      const digest = createHash('sha256').update(bytes).digest('hex')
      return `${target.buildId} release ${name} ${digest} ${name}.livepatch\n`
    })
    dom0.put(`${home}/boot/list`, ['# hotsplice boot 1\n', ...lines].join(''))
    expect(boot('apply')).toMatch(
      /^fix: applied\nforeign: the hypervisor has not taken it: .*Error 22.*\nended with 1\n$/,
    )
    expect(version()).toBe('.hotpatched')
    expect(boot('status')).toContain('\nfix: APPLIED\nforeign: not there\nended with 1\n')
    dom0.put(`${home}/boot/list`, ['# hotsplice boot 1\n', ...lines.slice(0, 1)].join(''))
    expect(boot('apply')).toBe('fix: is applied\nended with 0\n')
    expect(boot('revert')).toBe('fix: reverted\nended with 0\n')
    expect(version()).toBe(before)
  })

  test('the record has who did what to which hypervisor', () => {
    const lines = readFileSync(join(folder, 'audit.jsonl'), 'utf8').trimEnd().split('\n')
    const entries = lines.map(line => JSON.parse(line))
    expect(new Set(entries.map(({ host, runs }) => `${host} ${runs}`))).toEqual(
      new Set([`${dom0.host} ${target.buildId}`]),
    )
    expect(entries.slice(0, 3).map(({ operation, payload, result }) => `${operation} ${payload} ${result}`)).toEqual([
      'load fix 0',
      'revert fix 0',
      'unload fix 0',
    ])
  })

  test('a server that nobody answers for is an error of the environment', async () => {
    const host = `xen:ssh://root@127.0.0.1:${await freePort()}`
    const words = [hotsplice, 'list', '--host', host, '--json', '-']
    const { status, stdout } = spawnSync(process.execPath, words, { env: dom0.env, encoding: 'utf8' })
    expect([status, JSON.parse(stdout).error.code]).toEqual([1, 'xen/unreachable'])
  })
})
