/** Signatures, held against openssl in both directions. */

import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MARK, splitTrailer, withTrailer } from '../../src/loaders/trailer.ts'
import { readKnownKey } from '../../src/sign/certificates.ts'
import { checkModuleSignature, checkSignature } from '../../src/sign/check.ts'
import { digestToSign, readSigner, signModule, signPayload } from '../../src/sign/sign.ts'
import { withSignature } from '../../src/sign/verdict.ts'
import { verifyPayload } from '../../src/verify/index.ts'
import { toyHypervisor, toyPayload } from '../verify/toy.ts'
import { hotsplice } from '../xen/command.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
const title = hasOpenssl ? '' : ' (openssl is missing)'

let folder = ''
const at = (name: string) => join(folder, name)
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })

beforeAll(() => {
  if (!hasOpenssl) return
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-sign-'))
  for (const name of ['ours', 'other']) {
    const what = ['-newkey', 'rsa:2048', '-nodes', '-subj', `/O=Tests/CN=${name}`, '-days', '2']
    openssl('req', '-x509', ...what, '-keyout', `${name}.key`, '-out', `${name}.crt`)
    openssl('pkey', '-in', `${name}.key`, '-pubout', '-out', `${name}.pub`)
  }
  // The string in the middle of a payload is no trailer.
  writeFileSync(
    at('payload'),
    Buffer.concat([Buffer.from('\x7fELF payload '), Buffer.from(MARK), Buffer.alloc(300, 7)]),
  )
})
afterAll(() => {
  if (folder !== '') rmSync(folder, { recursive: true, force: true })
})

const payload = () => new Uint8Array(readFileSync(at('payload')))
const text = (name: string) => readFileSync(at(name), 'latin1')
const signer = () => readSigner(text('ours.key'), text('ours.crt'))
const known = (...keys: string[]) => ({ keys: keys.map(key => readKnownKey(text(key))) })
const check = (file: Uint8Array, key = 'ours.pub') => checkSignature(file, known(key))

describe.skipIf(!hasOpenssl)(`what hotsplice signs, openssl accepts${title}`, () => {
  test.for(['sha256', 'sha384', 'sha512'] as const)('as a signed message, %s', hash => {
    const signed = splitTrailer(signPayload(payload(), signer(), { format: 'cms', hash }))
    writeFileSync(at('message'), signed?.trailer.signature ?? '')
    writeFileSync(at('content'), signed?.payload ?? '')
    const verify = [
      'cms',
      '-verify',
      '-binary',
      '-inform',
      'DER',
      '-in',
      'message',
      '-content',
      'content',
      '-purpose',
      'any',
    ]
    expect(openssl(...verify, '-CAfile', 'ours.crt')).toEqual(readFileSync(at('payload')))
    const wrong = spawnSync('openssl', [...verify, '-CAfile', 'other.crt'], { cwd: folder })
    expect(wrong.status).not.toBe(0)
    writeFileSync(at('content'), Buffer.concat([payload(), Buffer.from('x')]))
    expect(spawnSync('openssl', [...verify, '-CAfile', 'ours.crt'], { cwd: folder }).status).not.toBe(0)
  })

  test.for(['sha256', 'sha512'] as const)('as a bare signature, %s', hash => {
    const signed = splitTrailer(signPayload(payload(), signer(), { format: 'rsa', hash }))
    writeFileSync(at('bare'), signed?.trailer.signature ?? '')
    const words = openssl('dgst', `-${hash}`, '-verify', 'ours.pub', '-signature', 'bare', 'payload')
    expect(words.toString()).toContain('Verified OK')
  })

  test('the header is the one of the design', () => {
    const file = Buffer.from(signPayload(payload(), signer(), { format: 'rsa', hash: 'sha256' }))
    const header = file.subarray(payload().length + MARK.length)
    expect([...header.subarray(0, 8)]).toEqual([1, 4, 1, 'ours'.length, 20, 0, 0, 0])
    expect(header.readUInt32BE(8)).toBe(256)
    expect(file.length).toBe(payload().length + MARK.length + 12 + 256 + 20 + 4)
    expect(file.subarray(-4).toString()).toBe('ours')
    const identifier = openssl('x509', '-in', 'ours.crt', '-noout', '-ext', 'subjectKeyIdentifier').toString()
    expect(identifier.replaceAll(':', '').toLowerCase()).toContain(file.subarray(-24, -4).toString('hex'))
  })
})

describe.skipIf(!hasOpenssl)(`what openssl signs, hotsplice accepts${title}`, () => {
  const trailer = (signature: Uint8Array) =>
    withTrailer(payload(), { signature, hash: 'sha256', keyId: new Uint8Array(20), signer: 'somebody' })

  test.for([
    { name: 'a signed message', more: ['-noattr'] },
    { name: 'one with signed attributes', more: [] },
    { name: 'one without the certificate', more: ['-nocerts'], says: 'somebody' },
    { name: 'one that names the key by its identifier', more: ['-keyid'], says: 'somebody' },
    { name: 'one with another hash', more: ['-md', 'sha512'] },
  ])('$name', ({ more, says = 'ours' }) => {
    const sign = ['cms', '-sign', '-binary', '-in', 'payload', '-outform', 'DER', '-out', 'theirs']
    openssl(
      ...sign,
      '-signer',
      'ours.crt',
      '-inkey',
      'ours.key',
      ...(more.includes('-md') ? [] : ['-md', 'sha256']),
      ...more,
    )
    const signed = trailer(new Uint8Array(readFileSync(at('theirs'))))
    expect(check(signed)).toEqual({ valid: true, text: `signed by ${says}, with this key` })
    expect(check(signed, 'ours.crt').valid).toBe(true)
    expect(check(signed, 'other.pub').valid).toBe(false)
    signed[3] = 9
    expect(check(signed).valid).toBe(false)
  })

  test('a bare signature', () => {
    openssl('dgst', '-sha256', '-sign', 'ours.key', '-out', 'theirs', 'payload')
    const signed = trailer(new Uint8Array(readFileSync(at('theirs'))))
    expect([check(signed).valid, check(signed, 'other.pub').valid]).toEqual([true, false])
  })
})

describe.skipIf(!hasOpenssl)(`what is not signed${title}`, () => {
  test('a payload without a trailer, and one that is cut short', () => {
    expect(check(new Uint8Array(200))).toEqual({ valid: false, text: 'it is not signed' })
    const signed = signPayload(payload(), signer(), { format: 'cms', hash: 'sha256' })
    expect(check(signed.subarray(0, -1)).text).toContain('cut short or damaged')
  })

  test('no changed byte passes', () => {
    const signed = signPayload(payload(), signer(), { format: 'cms', hash: 'sha256' })
    fc.assert(
      fc.property(fc.constantFrom(...meaningfulPlaces(signed)), fc.integer({ min: 1, max: 255 }), (place, flip) => {
        const broken = signed.slice()
        broken[place] = (broken[place] ?? 0) ^ flip
        expect(check(broken).valid).toBe(false)
      }),
      { numRuns: 400 },
    )
  })

  test('no changed byte of the message is taken for a mistake of ours', () => {
    const signed = signPayload(payload(), signer(), { format: 'cms', hash: 'sha256' })
    for (let place = payload().length; place < signed.length; place++) {
      const broken = signed.slice()
      broken[place] = (broken[place] ?? 0) ^ 0xff
      expect(typeof check(broken).text).toBe('string')
    }
  })

  test('a key of another certificate, and one that is no RSA key', () => {
    expect(() => readSigner(text('other.key'), text('ours.crt'))).toThrow('for another key')
    expect(() => readSigner('nonsense', text('ours.crt'))).toThrow('no private key')
    openssl('genpkey', '-algorithm', 'ED25519', '-out', 'edwards.key')
    expect(() => readSigner(text('edwards.key'), text('ours.crt'))).toThrow('RSA keys only')
    const signed = signPayload(payload(), signer(), { format: 'cms', hash: 'sha256' })
    expect(() => signPayload(signed, signer(), { format: 'cms', hash: 'sha256' })).toThrow('already')
  })
})

/**
 * The payload, and the signature itself: the last 256 bytes before a trailer's header. What the certificate in the
 * message says, nobody asks; and the header's padding means nothing.
 */
function meaningfulPlaces(signed: Uint8Array): readonly number[] {
  const end = signed.length - 24
  return [...signed.keys()].filter(place => place < payload().length || (place >= end - 256 && place < end))
}

describe.skipIf(!hasOpenssl)(`as a check of verify${title}`, () => {
  const verified = (bytes: Uint8Array, key: string) =>
    withSignature(
      verifyPayload({ payload: bytes, symbols: toyHypervisor(), version: '4.17', on: [] }),
      checkSignature(bytes, known(key)),
    )

  test('a signed payload is what Xen takes, and it is refused where the key is another', () => {
    const signed = signPayload(toyPayload(), signer(), { format: 'cms', hash: 'sha256' })
    const good = verified(signed, 'ours.crt')
    // By the digest a report says which payload it is about: signing makes no other of it.
    expect(good.sha256).toBe(createHash('sha256').update(toyPayload()).digest('hex'))
    expect([good.accepted, good.checks[0]]).toMatchObject([true, { code: 'signature', status: 'passed' }])
    const other = verified(signed, 'other.crt')
    expect([other.accepted, other.errno, other.decidedBy]).toEqual([false, null, 'signature'])
    expect(verified(toyPayload(), 'ours.crt').checks[0]).toMatchObject({ status: 'failed', text: 'it is not signed' })
  })
})

describe.skipIf(!hasOpenssl)(`the command${title}`, () => {
  test('signs, and says what it wrote', async () => {
    const args = ['sign', at('payload'), '--key', at('ours.key'), '--cert', at('ours.crt'), '-o', at('signed')]
    expect(await hotsplice(args)).toMatchObject({ status: 0, stderr: '' })
    expect(check(new Uint8Array(readFileSync(at('signed')))).valid).toBe(true)
    const wrong = await hotsplice([...args.slice(0, 5), at('other.crt'), ...args.slice(6, 7), at('signed2')])
    expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringContaining('sign/key-mismatch')])
  })
})

describe.skipIf(!hasOpenssl)(`a module of Linux${title}`, () => {
  test('has the trailer that the kernel reads, with a message that openssl takes', () => {
    const signed = Buffer.from(signModule(payload(), signer(), 'sha256'))
    const trailer = signed.subarray(-40)
    expect(trailer.toString('latin1', 12)).toBe('~Module signature appended~\n')
    expect([...trailer.subarray(0, 8)]).toEqual([0, 0, 2, 0, 0, 0, 0, 0])
    const size = trailer.readUInt32BE(8)
    expect(signed.length).toBe(payload().length + size + 40)
    writeFileSync(at('message'), signed.subarray(payload().length, payload().length + size))
    const how = ['-inform', 'DER', '-in', 'message', '-content', 'payload', '-certfile', 'ours.crt', '-noverify']
    expect(Buffer.compare(openssl('cms', '-verify', '-binary', ...how), payload())).toBe(0)
    expect(checkModuleSignature(signed, known('ours.pub')).valid).toBe(true)
    expect(checkModuleSignature(signed, known('other.pub')).valid).toBe(false)
    signed.writeUInt8(signed.readUInt8(3) ^ 1, 3)
    expect(checkModuleSignature(signed, known('ours.pub')).valid).toBe(false)
  })

  test('is not signed twice', () => {
    expect(() => signModule(signModule(payload(), signer(), 'sha256'), signer(), 'sha256')).toThrow(/signature already/)
  })

  test('may be signed by the command', async () => {
    const keys = ['--key', at('ours.key'), '--cert', at('ours.crt')]
    const args = ['sign', at('payload'), '--target', 'linux', ...keys, '-o', at('made.ko')]
    expect(await hotsplice(args)).toMatchObject({ status: 0, stderr: '' })
    expect(new Uint8Array(readFileSync(at('made.ko')))).toEqual(signModule(payload(), signer(), 'sha256'))
  })
})

describe.skipIf(!hasOpenssl)(`several signatures${title}`, () => {
  const named = (name: string) => readSigner(text(`${name}.key`), text(`${name}.crt`))
  const both = () => {
    const first = signPayload(payload(), signer(), { format: 'cms', hash: 'sha256' })
    return signPayload(first, named('other'), { format: 'cms', hash: 'sha512', add: true })
  }

  test('each counts, openssl takes them both, and their order makes no difference', () => {
    const signed = both()
    expect(check(signed, 'ours.crt').text).toBe(
      'signed by ours, with this key; and by somebody who says to be other, whose key is not known here',
    )
    expect(check(signed, 'other.pub').valid).toBe(true)
    expect(checkSignature(signed, known('ours.crt', 'other.crt'))).toEqual({
      valid: true,
      text: expect.stringMatching(/^signed by (ours and other|other and ours), with one of these keys$/),
    })
    const second = signPayload(payload(), named('other'), { format: 'cms', hash: 'sha512' })
    const turned = splitTrailer(signPayload(second, signer(), { format: 'cms', hash: 'sha256', add: true }))
    const found = splitTrailer(signed)
    expect(turned?.trailer.signature).toEqual(found?.trailer.signature)
    writeFileSync(at('message'), found?.trailer.signature ?? '')
    writeFileSync(at('both.crt'), text('ours.crt') + text('other.crt'))
    const how = ['-inform', 'DER', '-in', 'message', '-content', 'payload', '-purpose', 'any']
    expect(openssl('cms', '-verify', '-binary', ...how, '-CAfile', 'both.crt')).toEqual(readFileSync(at('payload')))
    const one = spawnSync('openssl', ['cms', '-verify', '-binary', ...how, '-CAfile', 'ours.crt'], { cwd: folder })
    expect(one.status).not.toBe(0)
  })

  test('an unknown one is refused on request', () => {
    expect(checkSignature(both(), { ...known('ours.crt'), only: true }).valid).toBe(false)
    expect(checkSignature(both(), { ...known('ours.crt', 'other.crt'), only: true }).valid).toBe(true)
  })

  test('a module of Linux may have two, too', () => {
    const signed = signModule(signModule(payload(), signer(), 'sha256'), named('other'), 'sha256', true)
    expect([
      checkModuleSignature(signed, known('ours.pub')).valid,
      checkModuleSignature(signed, known('other.pub')).valid,
    ]).toEqual([true, true])
  })
})

describe.skipIf(!hasOpenssl)(`what was wrong once${title}`, () => {
  const made = (name: string, bits: number) => {
    const what = ['-newkey', `rsa:${bits}`, '-nodes', '-subj', `/CN=${name}`, '-days', '2']
    openssl('req', '-x509', ...what, '-keyout', `${name}.key`, '-out', `${name}.crt`)
    return readSigner(text(`${name}.key`), text(`${name}.crt`))
  }

  test('a key whose bits are no multiple of 8', () => {
    const signed = signPayload(payload(), made('odd', 2047), { format: 'rsa', hash: 'sha256' })
    expect(check(signed, 'odd.crt')).toEqual({ valid: true, text: 'signed by odd, with this key' })
  })

  test('a key that is too small for the hash', () => {
    expect(() => signPayload(payload(), made('tiny', 512), { format: 'cms', hash: 'sha512' })).toThrow(
      expect.objectContaining({ code: 'sign/failed' }),
    )
  })

  test('a bare signature by a key of another size is one by another key', () => {
    made('large', 3072)
    const signed = signPayload(payload(), signer(), { format: 'rsa', hash: 'sha256' })
    expect(check(signed, 'large.crt').text).toContain('another key')
  })

  test('a bare signature that begins as a message does is a bare one still', () => {
    made('larger', 3072)
    const begun = (count: number) => {
      const content = new Uint8Array([...payload(), count & 0xff, count >> 8])
      return signPayload(content, signer(), { format: 'rsa', hash: 'sha256' })
    }
    const first = (file: Uint8Array) => splitTrailer(file)?.trailer.signature[0]
    let signed = begun(0)
    for (let count = 1; first(signed) !== 0x30 && count < 0xffff; count++) signed = begun(count)
    expect(first(signed)).toBe(0x30)
    expect(check(signed, 'larger.crt').text).toContain('another key')
    expect(check(signed).text).toBe('signed by ours, with this key')
  })

  test('the trailer of another loader is called so', () => {
    expect(check(signModule(payload(), signer(), 'sha256')).text).toContain('a module of Linux')
    const ofXen = signPayload(payload(), signer(), { format: 'cms', hash: 'sha256' })
    expect(checkModuleSignature(ofXen, known('ours.pub')).text).toContain('a payload of Xen')
    expect(() => signModule(ofXen, signer(), 'sha256')).toThrow('already')
    expect(() =>
      signPayload(signModule(payload(), signer(), 'sha256'), signer(), { format: 'cms', hash: 'sha256', add: true }),
    ).toThrow('already')
  })

  test('a message of indefinite length is called so', () => {
    const sign = ['cms', '-sign', '-binary', '-stream', '-indef', '-in', 'payload', '-outform', 'DER', '-out', 'theirs']
    openssl(...sign, '-signer', 'ours.crt', '-inkey', 'ours.key')
    const message = new Uint8Array(readFileSync(at('theirs')))
    expect(message[1]).toBe(0x80)
    const signed = withTrailer(payload(), {
      signature: message,
      hash: 'sha256',
      keyId: new Uint8Array(20),
      signer: 'x',
    })
    expect(check(signed)).toMatchObject({ valid: false, text: expect.stringContaining('indefinite length') })
  })

  test('a text file is no payload', () => {
    const hello = new Uint8Array(Buffer.from('hello'))
    expect(() => signPayload(hello, signer(), { format: 'cms', hash: 'sha256' })).toThrow('no ELF file')
    expect(() => digestToSign(hello, 'sha256')).toThrow('no ELF file')
  })

  test('a certificate that openssl trusts', () => {
    openssl('x509', '-in', 'ours.crt', '-trustout', '-addtrust', 'codeSigning', '-out', 'trusted.crt')
    expect(text('trusted.crt')).toContain('TRUSTED')
    const signed = signPayload(payload(), readSigner(text('ours.key'), text('trusted.crt')), {
      format: 'cms',
      hash: 'sha256',
    })
    expect(check(signed, 'trusted.crt')).toEqual({ valid: true, text: 'signed by ours, with this key' })
  })

  test('what Xen refuses anyway is refused by Xen, signed or not', () => {
    const broken = toyPayload().slice(0, 100)
    const report = verifyPayload({ payload: broken, symbols: toyHypervisor(), version: '4.17', on: [] })
    const withCheck = withSignature(report, checkSignature(broken, known('ours.crt')))
    expect(withCheck).toMatchObject({ accepted: false, errno: report.errno, decidedBy: report.decidedBy })
    expect(withCheck.checks[0]).toMatchObject({ code: 'signature', status: 'failed' })
  })
})

describe.skipIf(!hasOpenssl)(`a service that sees a digest only${title}`, () => {
  test('gets it, and what it makes of it is attached', async () => {
    expect(await hotsplice(['sign', at('payload'), '--prepare', at('digest')])).toMatchObject({ status: 0, stderr: '' })
    const how = ['-inkey', 'ours.key', '-pkeyopt', 'digest:sha256', '-pkeyopt', 'rsa_padding_mode:pkcs1']
    openssl('pkeyutl', '-sign', ...how, '-in', 'digest', '-out', 'signature')
    const attach = (cert: string) => [
      'sign',
      at('payload'),
      '--attach',
      at('signature'),
      '--cert',
      at(cert),
      '-o',
      at('attached'),
    ]
    expect(await hotsplice(attach('ours.crt'))).toMatchObject({ status: 0, stderr: '' })
    // The same bytes as with the key at hand.
    expect(new Uint8Array(readFileSync(at('attached')))).toEqual(
      signPayload(payload(), signer(), { format: 'cms', hash: 'sha256' }),
    )
    const wrong = await hotsplice(attach('other.crt'))
    expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringContaining('sign/key-mismatch')])
  })
})
