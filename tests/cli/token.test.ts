/** A key that a token keeps: SoftHSM stands for it, and openssl judges what comes out. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hotsplice } from '../xen/command.ts'

const MODULE = '/usr/lib/softhsm/libsofthsm2.so'
const answers = (program: string, ...args: string[]) => spawnSync(program, args).stdout?.toString() ?? ''
const hasToken = existsSync(MODULE) && answers('openssl', 'engine', '-t', 'pkcs11').includes('[ available ]')
const title = hasToken ? '' : ' (softhsm2 or libengine-pkcs11-openssl is missing)'

let folder = ''
const at = (name: string) => join(folder, name)
const env = () => ({ ...process.env, SOFTHSM2_CONF: at('softhsm2.conf'), PKCS11_MODULE_PATH: MODULE })
const run = (program: string, ...args: string[]) =>
  execFileSync(program, args, { cwd: folder, env: env(), stdio: 'pipe' })

beforeAll(() => {
  if (!hasToken) return
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-token-'))
  mkdirSync(at('tokens'))
  writeFileSync(at('softhsm2.conf'), `directories.tokendir = ${at('tokens')}\nobjectstore.backend = file\n`)
  run('softhsm2-util', '--init-token', '--free', '--label', 'T', '--pin', '4711', '--so-pin', '0815')
  const what = ['-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=token', '-days', '2']
  run('openssl', 'req', '-x509', ...what, '-keyout', 'key.pem', '-out', 'cert.pem')
  run('softhsm2-util', '--import', 'key.pem', '--token', 'T', '--pin', '4711', '--label', 'K', '--id', '01')
  writeFileSync(at('payload'), '\x7fELF payload')
  writeFileSync(at('pin'), '4711\n')
})
afterAll(() => {
  if (folder !== '') rmSync(folder, { recursive: true, force: true })
})

const sign = (key: string, output: string, more: string[] = [], pin: NodeJS.ProcessEnv = {}) =>
  hotsplice(['sign', 'payload', '--key', key, '--cert', 'cert.pem', '-o', output, ...more], {
    cwd: folder,
    env: { ...env(), ...pin },
  })
const bytes = (name: string) => readFileSync(at(name)).toString('hex')

describe.skipIf(!hasToken)(`a key on a token${title}`, () => {
  test('signs the very bytes that the same key in a file signs', async () => {
    expect(await sign('key.pem', 'by-file')).toMatchObject({ status: 0, stderr: '' })
    expect(await sign('pkcs11:token=T;object=K', 'by-token', ['--pin-file', 'pin'])).toMatchObject({
      status: 0,
      stderr: '',
    })
    expect(bytes('by-token')).toBe(bytes('by-file'))
    const pin = { HOTSPLICE_PKCS11_PIN: '4711' }
    expect((await sign('pkcs11:token=T;object=K', 'by-variable', [], pin)).status).toBe(0)
    expect(bytes('by-variable')).toBe(bytes('by-file'))
  })

  test.for([
    ['a wrong PIN', 'pkcs11:token=T;object=K', { HOTSPLICE_PKCS11_PIN: '0000' }, 'sign/failed'],
    ['no such key', 'pkcs11:token=T;object=L', { HOTSPLICE_PKCS11_PIN: '4711' }, 'sign/failed'],
    ['a PIN that everybody could read', 'pkcs11:token=T;object=K?pin-value=4711', {}, 'HOTSPLICE_PKCS11_PIN'],
    ['one that comes first', 'pkcs11:pin-value=4711;token=T;object=K', {}, 'HOTSPLICE_PKCS11_PIN'],
    ['one in percent signs', 'pkcs11:token=T;object=K?pin%2dvalue=4711', {}, 'HOTSPLICE_PKCS11_PIN'],
    ['one in capitals', 'pkcs11:token=T;object=K;PIN-VALUE=4711', {}, 'HOTSPLICE_PKCS11_PIN'],
    ['a scheme in capitals', 'PKCS11:token=T;object=K', { HOTSPLICE_PKCS11_PIN: '4711' }, 'no URI that names a key'],
    ['a space', 'pkcs11:token=T; object=K', { HOTSPLICE_PKCS11_PIN: '4711' }, 'no URI that names a key'],
    ['nothing', 'pkcs11:', { HOTSPLICE_PKCS11_PIN: '4711' }, 'no URI that names a key'],
    ['another token', 'pkcs11:token=U;object=K', { HOTSPLICE_PKCS11_PIN: '4711' }, 'sign/failed'],
  ] as const)('%s is told, and nothing is written', async ([, key, pin, words]) => {
    const { status, stderr } = await sign(key, 'never', [], pin)
    expect([status, stderr]).toEqual([1, expect.stringContaining(words)])
    expect(existsSync(at('never'))).toBe(false)
  })
})

const hasProvider = /^\s+status: active/m.test(
  answers('openssl', 'list', '-providers', '-provider', 'pkcs11').split(/^ {2}pkcs11$/m)[1] ?? '',
)
const without =
  hasProvider && hasToken ? '' : ' (pkcs11-provider, which Debian 12 does not have, or softhsm2 is missing)'

describe.skipIf(without !== '')(`through openssl’s provider${without}`, () => {
  test('the same bytes', async () => {
    const pin = { HOTSPLICE_PKCS11_PIN: '4711', PKCS11_PROVIDER_MODULE: MODULE }
    expect((await sign('key.pem', 'by-file')).status).toBe(0)
    expect(await sign('pkcs11:token=T;object=K', 'by-provider', [], pin)).toMatchObject({ status: 0, stderr: '' })
    expect(bytes('by-provider')).toBe(bytes('by-file'))
  })
})

const hasOpenssl = answers('openssl', 'version') !== ''

describe.skipIf(!hasOpenssl)(`how openssl is called${hasOpenssl ? '' : ' (openssl is missing)'}`, () => {
  test('its provider comes first, and the PIN is in no argument', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hotsplice-openssl-'))
    const real = answers('sh', '-c', 'command -v openssl').trim()
    // Has a provider, and signs with the key of a file in its stead.
    const script = `#!/bin/sh
echo "$*" >> calls
case $* in
  'list -providers -provider pkcs11') exit 0 ;;
  *' -sign pkcs11:token=T;object=K') echo "pin: $HOTSPLICE_PKCS11_PIN" >> calls; exec ${real} dgst -sha256 -sign key.pem ;;
esac
exit 1
`
    try {
      writeFileSync(join(folder, 'openssl'), script, { mode: 0o755 })
      const what = ['-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=stand-in', '-days', '2']
      execFileSync(real, ['req', '-x509', ...what, '-keyout', 'key.pem', '-out', 'cert.pem'], {
        cwd: folder,
        stdio: 'pipe',
      })
      writeFileSync(join(folder, 'payload'), '\x7fELF payload')
      const words = ['sign', 'payload', '--key', 'pkcs11:token=T;object=K', '--cert', 'cert.pem', '-o', 'signed']
      const own = { PATH: `${folder}:${process.env.PATH}`, HOTSPLICE_PKCS11_PIN: '4711' }
      expect(await hotsplice(words, { cwd: folder, env: { ...process.env, ...own } })).toMatchObject({ status: 0 })
      expect(readFileSync(join(folder, 'calls'), 'utf8').split('\n')).toEqual([
        'list -providers -provider pkcs11',
        'dgst -sha256 -provider pkcs11 -provider default -passin env:HOTSPLICE_PKCS11_PIN -sign pkcs11:token=T;object=K',
        'pin: 4711',
        '',
      ])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
