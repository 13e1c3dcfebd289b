/**
 * Signs payloads, and says whether a payload was signed with a key.
 *
 * In:  a payload's bytes, and keys and certificates as PEM text; or what signs where the key is kept elsewhere.
 * Out: the payload with its trailer; or what is wrong with a trailer, in words.
 */
import { createHash, createPrivateKey, type KeyObject, sign, verify, type X509Certificate } from 'node:crypto'
import { InputError } from '../base/errors.ts'
import { splitModule, withModuleTrailer } from '../loaders/module-trailer.ts'
import { type Hash, splitTrailer, withTrailer } from '../loaders/trailer.ts'
import { attempt, checkRsa, readCertificate } from './certificates.ts'
import { commonName, keyIdentifier, type MadeSignature, signedMessage } from './cms.ts'

/** A signed message with the certificate in it, or the bare RSA signature. */
export type SignatureFormat = 'cms' | 'rsa'

export interface SignOptions {
  readonly format: SignatureFormat
  readonly hash: Hash
  /** Whether a payload that is signed already gets one signature more. */
  readonly add?: boolean | undefined
}

/** Makes a PKCS#1 1.5 signature over the content. */
export type SignContent = (content: Uint8Array, hash: Hash) => Uint8Array

export interface Signer {
  readonly certificate: X509Certificate
  readonly sign: SignContent
}

/** A module of the Linux kernel with the trailer that the kernel reads. */
export function signModule(module: Uint8Array, signer: Signer, hash: Hash, add = false): Uint8Array {
  const found = splitModule(module)
  const content = found?.module ?? module
  checkUnsigned(content, found !== undefined, { what: 'module', add })
  const made = madeSignature(content, signer, hash)
  return withModuleTrailer(content, signedMessage(made, { carries: false, upon: found?.message }))
}

export function signPayload(payload: Uint8Array, signer: Signer, options: SignOptions): Uint8Array {
  const { format, hash, add = false } = options
  const found = splitTrailer(payload)
  const content = found?.payload ?? payload
  checkUnsigned(content, found !== undefined, { what: 'payload', add })
  if (add && format === 'rsa') {
    throw new InputError('cli/usage', 'only a signed message has room for several signatures', 'leave --format out')
  }
  const made = madeSignature(content, signer, hash)
  const { certificate } = signer
  const upon = found?.trailer.signature
  const signature = format === 'cms' ? signedMessage(made, { carries: true, upon }) : made.signature
  return withTrailer(content, { signature, hash, keyId: keyIdentifier(certificate), signer: commonName(certificate) })
}

/** What a service signs that sees a digest only: that of the payload's bytes without a signature. */
export function digestToSign(payload: Uint8Array, hash: Hash): Uint8Array {
  const content = splitTrailer(payload)?.payload ?? splitModule(payload)?.module ?? payload
  checkElf(content, 'payload')
  return new Uint8Array(createHash(hash).update(content).digest())
}

interface Asked {
  readonly what: string
  readonly add: boolean
}

function checkUnsigned(content: Uint8Array, isSigned: boolean, { what, add }: Asked): void {
  checkElf(content, what)
  // Either trailer ends with the same words, and one behind the other is read by nobody.
  const other = splitTrailer(content) !== undefined || splitModule(content) !== undefined
  if ((!isSigned || add) && !other) return
  throw new InputError(
    'sign/already-signed',
    `the ${what} has a signature already`,
    other ? `sign the ${what} as it was built` : `sign the ${what} as it was built, or add one with --add`,
  )
}

const ELF = '\x7fELF'

function checkElf(content: Uint8Array, what: string): void {
  if (Buffer.from(content.subarray(0, ELF.length)).toString('latin1') === ELF) return
  throw new InputError('sign/not-a-payload', `the ${what} is no ELF file`, 'give the file that a build made')
}

function madeSignature(content: Uint8Array, { certificate, sign }: Signer, hash: Hash): MadeSignature {
  const signature = sign(content, hash)
  if (verify(hash, content, certificate.publicKey, signature)) return { certificate, hash, signature }
  throw new InputError(
    'sign/key-mismatch',
    'the signature is not one of this payload by the key of the certificate',
    'give the certificate of the key that signs, and a signature of these bytes with this hash',
  )
}

/** The private key and its certificate, which must belong together. */
export function readSigner(keyText: string, certificateText: string): Signer {
  const key = attempt('sign/bad-key', 'the key is no private key in PEM without a passphrase', () =>
    createPrivateKey(keyText),
  )
  checkRsa(key)
  const signer = signerElsewhere(certificateText, signWith(key))
  if (signer.certificate.checkPrivateKey(key)) return signer
  throw new InputError('sign/key-mismatch', 'the certificate is for another key', 'give the certificate of this key')
}

function signWith(key: KeyObject): SignContent {
  return (content, hash) =>
    attempt('sign/failed', 'the key does not sign', () => new Uint8Array(sign(hash, content, key)))
}

/** A certificate whose key is kept elsewhere. */
export function signerElsewhere(certificateText: string, sign: SignContent): Signer {
  const certificate = readCertificate(certificateText)
  checkRsa(certificate.publicKey)
  return { certificate, sign }
}
