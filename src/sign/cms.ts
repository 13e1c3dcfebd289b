/**
 * Signed messages (CMS, once PKCS#7): a detached signature over the payload, with the signer's certificate. The
 * signature is over the content itself, as Linux does it for modules; one with signed attributes, as `openssl cms` makes
 * unless told otherwise, is read too.
 */
import { createHash, type KeyObject, sign, verify, type X509Certificate } from 'node:crypto'
import { InputError } from '../base/errors.ts'
import type { Hash } from '../loaders/trailer.ts'
import { CONTEXT_0, CONTEXT_3, type Der, encode, expectTag, isSame, oid, readAll, readOne, TAG } from './der.ts'

const SIGNED_DATA = oid('1.2.840.113549.1.7.2')
const DATA = oid('1.2.840.113549.1.7.1')
const MESSAGE_DIGEST = oid('1.2.840.113549.1.9.4')
const RSA = oid('1.2.840.113549.1.1.1')
const KEY_IDENTIFIER = oid('2.5.29.14')
const NULL = encode(TAG.nothing)
const ONE = encode(TAG.integer, Uint8Array.of(1))

const HASHES: readonly (readonly [Hash, Uint8Array])[] = [
  ['sha256', oid('2.16.840.1.101.3.4.2.1')],
  ['sha384', oid('2.16.840.1.101.3.4.2.2')],
  ['sha512', oid('2.16.840.1.101.3.4.2.3')],
]
/** PKCS#1 1.5 signatures; the hash may be part of the name. */
const RSA_NAMES = [RSA, ...['11', '12', '13'].map(last => oid(`1.2.840.113549.1.1.${last}`))]

export interface Signer {
  readonly key: KeyObject
  readonly certificate: X509Certificate
}

/** `carries` says whether the certificate is in the message, or known to whoever reads it. */
export function signedMessage(
  content: Uint8Array,
  hash: Hash,
  { key, certificate, carries = true }: Signer & { readonly carries?: boolean },
): Uint8Array {
  // Without parameters, as RFC 5754 would have it and OpenSSL writes it.
  const algorithm = encode(TAG.sequence, HASHES.find(([name]) => name === hash)?.[1] ?? NULL)
  const { issuer, serial } = namesIn(certificate)
  const signerInfo = encode(
    TAG.sequence,
    ONE,
    encode(TAG.sequence, issuer, serial),
    algorithm,
    encode(TAG.sequence, RSA, NULL),
    encode(TAG.octets, sign(hash, content, key)),
  )
  const signedData = encode(
    TAG.sequence,
    ONE,
    encode(TAG.set, algorithm),
    encode(TAG.sequence, DATA),
    ...(carries ? [encode(CONTEXT_0, certificate.raw)] : []),
    encode(TAG.set, signerInfo),
  )
  return encode(TAG.sequence, SIGNED_DATA, encode(CONTEXT_0, signedData))
}

/** Why the message is no signature of `content` by the key; undefined where it is one. */
export function messageFault(message: Uint8Array, content: Uint8Array, key: KeyObject): string | undefined {
  const faults = signersIn(message).map(signer => signerFault(signer, content, key))
  if (faults.length === 0) return 'nobody signed it'
  return faults.includes(undefined) ? undefined : faults.find(fault => fault !== undefined)
}

interface SignerInfo {
  readonly hash: Hash | undefined
  readonly isRsa: boolean
  readonly attributes: Der | undefined
  readonly signature: Uint8Array
}

function signersIn(message: Uint8Array): SignerInfo[] {
  const [type, wrapped] = readAll(expectTag(readOne(message), TAG.sequence).content)
  if (type === undefined || !isSame(type.whole, SIGNED_DATA))
    throw new InputError('sign/malformed', 'the signature is no signed message', 'it may be damaged')
  const signedData = expectTag(readOne(expectTag(wrapped, CONTEXT_0).content), TAG.sequence)
  const signers = expectTag(readAll(signedData.content).at(-1), TAG.set)
  return readAll(signers.content).map(signer => {
    const parts = readAll(expectTag(signer, TAG.sequence).content)
    const attributes = parts[3]?.tag === CONTEXT_0 ? parts[3] : undefined
    const rest = parts.slice(attributes === undefined ? 3 : 4)
    const hashName = firstOf(parts[2])
    const signed = firstOf(rest[0])
    return {
      hash: HASHES.find(([, name]) => isSame(name, hashName))?.[0],
      isRsa: RSA_NAMES.some(name => isSame(name, signed)),
      attributes,
      signature: expectTag(rest[1], TAG.octets).content,
    }
  })
}

function firstOf(algorithm: Der | undefined): Uint8Array {
  return readOne(expectTag(algorithm, TAG.sequence).content).whole
}

function signerFault({ hash, isRsa, attributes, signature }: SignerInfo, content: Uint8Array, key: KeyObject) {
  if (hash === undefined) return 'it was made with a hash other than SHA-256, SHA-384 or SHA-512'
  if (!isRsa) return 'it is not an RSA signature of PKCS#1 1.5'
  if (attributes === undefined) return verify(hash, content, key, signature) ? undefined : WRONG
  const digest = createHash(hash).update(content).digest()
  const stated = readAll(attributes.content)
    .map(each => readAll(each.content))
    .find(([name]) => name !== undefined && isSame(name.whole, MESSAGE_DIGEST))
  const value = stated?.[1] === undefined ? undefined : readOne(stated[1].content).content
  if (value === undefined || !isSame(value, digest)) return 'it is the signature of another payload'
  // The attributes are signed as a set, whatever tag they have in the message.
  const signed = attributes.whole.slice()
  signed[0] = TAG.set
  return verify(hash, signed, key, signature) ? undefined : WRONG
}

export const WRONG = 'it was made with another key, or the payload was changed afterwards'

/** Issuer and serial number as the certificate spells them. */
function namesIn({ raw }: X509Certificate): { readonly issuer: Uint8Array; readonly serial: Uint8Array } {
  const fields = fieldsOf(raw)
  const at = fields[0]?.tag === CONTEXT_0 ? 1 : 0
  return {
    serial: expectTag(fields[at], TAG.integer).whole,
    issuer: expectTag(fields[at + 2], TAG.sequence).whole,
  }
}

function fieldsOf(certificate: Uint8Array): Der[] {
  const whole = expectTag(readOne(certificate), TAG.sequence)
  return readAll(expectTag(readOne(whole.content), TAG.sequence).content)
}

/** The certificate's own name for its key; the key's SHA-1 where it has none. */
export function keyIdentifier(certificate: X509Certificate): Uint8Array {
  const extensions = fieldsOf(certificate.raw).find(({ tag }) => tag === CONTEXT_3)
  const list = extensions === undefined ? [] : readAll(readOne(extensions.content).content)
  for (const extension of list) {
    const parts = readAll(extension.content)
    const value = parts.at(-1)
    if (parts[0] !== undefined && value !== undefined && isSame(parts[0].whole, KEY_IDENTIFIER))
      return readOne(value.content).content
  }
  const key = readAll(readOne(certificate.publicKey.export({ type: 'spki', format: 'der' })).content)[1]
  // A bit string begins with the number of bits that it does not use.
  return new Uint8Array(
    createHash('sha1')
      .update((key?.content ?? new Uint8Array()).subarray(1))
      .digest(),
  )
}
