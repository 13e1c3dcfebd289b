/** Signatures that are attached or added wrongly: nothing is signed by them. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { MARK, splitTrailer } from '../../src/loaders/trailer.ts'
import { readKnownKey } from '../../src/sign/certificates.ts'
import { checkSignature } from '../../src/sign/check.ts'
import { digestToSign, readSigner, signerElsewhere, signPayload } from '../../src/sign/sign.ts'
import { hotsplice } from '../xen/command.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
const title = hasOpenssl ? '' : ' (openssl is missing)'

let folder = ''
const at = (name: string) => join(folder, name)
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
const text = (name: string) => readFileSync(at(name), 'utf8')
const payload = () => new Uint8Array(readFileSync(at('payload')))
const signer = () => readSigner(text('ours.key'), text('ours.crt'))
const check = (file: Uint8Array, key = 'ours.crt') => checkSignature(file, { keys: [readKnownKey(text(key))] })

beforeAll(() => {
  if (!hasOpenssl) return
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-wrongly-'))
  writeFileSync(at('payload'), Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(300, 7)]))
  for (const name of ['ours', 'other']) {
    const what = ['-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`]
    openssl('req', '-x509', ...what, '-keyout', `${name}.key`, '-out', `${name}.crt`)
  }
})
afterAll(() => {
  if (folder !== '') rmSync(folder, { recursive: true, force: true })
})

describe.skipIf(!hasOpenssl)(`what is attached or added wrongly${title}`, () => {
  const attach = (signature: Uint8Array, hash: 'sha256' | 'sha512' = 'sha256') =>
    signPayload(
      payload(),
      signerElsewhere(text('ours.crt'), () => signature),
      { format: 'cms', hash },
    )
  const made = (...args: string[]) => new Uint8Array(openssl('dgst', ...args, 'payload'))

  test.for([
    ['nothing', () => new Uint8Array()],
    ['zeros', () => new Uint8Array(256)],
    ['one byte less', () => made('-sha256', '-sign', 'ours.key').subarray(1)],
    ['one byte more', () => new Uint8Array([...made('-sha256', '-sign', 'ours.key'), 0])],
    ['one of another hash', () => made('-sha512', '-sign', 'ours.key')],
    ['one with PSS', () => made('-sha256', '-sigopt', 'rsa_padding_mode:pss', '-sign', 'ours.key')],
    ['one by another key', () => made('-sha256', '-sign', 'other.key')],
    ['one in hexadecimal digits', () => made('-sha256', '-hex', '-sign', 'ours.key')],
    ['the digest itself', () => digestToSign(payload(), 'sha256')],
    [
      'a whole message',
      () =>
        splitTrailer(signPayload(payload(), signer(), { format: 'cms', hash: 'sha256' }))?.trailer.signature ??
        new Uint8Array(),
    ],
  ] as const)('%s is no signature of the payload', ([, signature]) => {
    expect(() => attach(signature())).toThrow(expect.objectContaining({ code: 'sign/key-mismatch' }))
  })

  test('the right one for another hash is none either', () => {
    expect(() => attach(made('-sha256', '-sign', 'ours.key'), 'sha512')).toThrow(
      expect.objectContaining({ code: 'sign/key-mismatch' }),
    )
    expect(check(attach(made('-sha512', '-sign', 'ours.key'), 'sha512')).valid).toBe(true)
  })

  test('one is not added to a message that was damaged, nor to a bare signature', () => {
    const add = (file: Uint8Array) =>
      signPayload(file, readSigner(text('other.key'), text('other.crt')), { format: 'cms', hash: 'sha256', add: true })
    const signed = signPayload(payload(), signer(), { format: 'cms', hash: 'sha256' })
    const start = payload().length + MARK.length + 12
    // Of what a message says in vain nobody asks; then the new signature is as right as any.
    const ended = (file: Uint8Array) => {
      try {
        return check(add(file), 'other.crt').valid
      } catch (error) {
        return error instanceof InputError
      }
    }
    for (let place = 0; place < 60; place++) {
      const broken = signed.slice()
      broken[start + place] = 0xff
      expect([place, ended(broken)]).toEqual([place, true])
    }
    expect(() => add(signPayload(payload(), signer(), { format: 'rsa', hash: 'sha256' }))).toThrow(InputError)
    expect(() => add(signed.subarray(0, -1))).not.toThrow(TypeError)
  })

  test.for([
    ['--prepare and a key', ['--prepare', 'never', '--key', 'ours.key'], 'cli/usage'],
    ['--prepare over the payload', ['--prepare', 'payload'], 'cli/same-file'],
    [
      '--attach and a key',
      ['--attach', 'ours.crt', '--key', 'ours.key', '--cert', 'ours.crt', '-o', 'never'],
      'cli/usage',
    ],
    ['--attach with a text', ['--attach', 'ours.crt', '--cert', 'ours.crt', '-o', 'never'], 'sign/key-mismatch'],
    [
      'the certificate as what is written',
      ['--key', 'ours.key', '--cert', 'ours.crt', '-o', 'ours.crt'],
      'cli/same-file',
    ],
    ['no certificate', ['--key', 'ours.key', '-o', 'never'], 'cli/usage'],
  ] as const)('%s is told, and nothing is written', async ([, words, code]) => {
    const before = [readFileSync(at('payload')), text('ours.crt')]
    const { status, stderr } = await hotsplice(['sign', 'payload', ...words], { cwd: folder })
    expect([status, stderr]).toEqual([1, expect.stringContaining(code)])
    expect([readFileSync(at('payload')), text('ours.crt')]).toEqual(before)
    expect(existsSync(at('never'))).toBe(false)
  })
})
