/**
 * Signed messages (CMS, once PKCS#7): a detached signature over the payload, with the signer's certificate. The
 * signature is over the content itself, as Linux does it for modules; one with signed attributes, as `openssl cms` makes
 * unless told otherwise, is read too.
 */
import { createHash, type KeyObject, verify, X509Certificate } from 'node:crypto'
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

/** A signature that was made, by whatever holds the key. */
export interface MadeSignature {
  readonly certificate: X509Certificate
  readonly hash: Hash
  /** PKCS#1 1.5, over the content itself. */
  readonly signature: Uint8Array
}

export interface MessageOptions {
  /** Whether the certificate is in the message, or known to whoever reads it. */
  readonly carries: boolean
  /** A message about the same content, whose signatures are kept. */
  readonly upon?: Uint8Array | undefined
}

export function signedMessage(
  { certificate, hash, signature }: MadeSignature,
  { carries, upon }: MessageOptions,
): Uint8Array {
  const earlier = upon === undefined ? NO_PARTS : partsOf(upon)
  // Without parameters, as RFC 5754 would have it and OpenSSL writes it.
  const algorithm = encode(TAG.sequence, HASHES.find(([name]) => name === hash)?.[1] ?? NULL)
  const { issuer, serial } = namesOf(certificate.raw)
  const signerInfo = encode(
    TAG.sequence,
    ONE,
    encode(TAG.sequence, issuer, serial),
    algorithm,
    encode(TAG.sequence, RSA, NULL),
    encode(TAG.octets, signature),
  )
  const certificates = asSet([...earlier.certificates, ...(carries ? [certificate.raw] : [])])
  const signedData = encode(
    TAG.sequence,
    earlier.version,
    encode(TAG.set, ...asSet([...earlier.algorithms, algorithm])),
    encode(TAG.sequence, DATA),
    ...(certificates.length > 0 ? [encode(CONTEXT_0, ...certificates)] : []),
    encode(TAG.set, ...asSet([...earlier.signers, signerInfo])),
  )
  return encode(TAG.sequence, SIGNED_DATA, encode(CONTEXT_0, signedData))
}

/** DER wants the members of a set in their order, and each of ours is there once. */
function asSet(members: readonly Uint8Array[]): Uint8Array[] {
  const sorted = [...members].sort(Buffer.compare)
  return sorted.filter((member, at) => !isSame(member, sorted[at - 1] ?? new Uint8Array()))
}

interface MessageParts {
  readonly version: Uint8Array
  readonly algorithms: readonly Uint8Array[]
  readonly certificates: readonly Uint8Array[]
  readonly signers: readonly Uint8Array[]
}

const NO_PARTS: MessageParts = { version: ONE, algorithms: [], certificates: [], signers: [] }

function partsOf(message: Uint8Array): MessageParts {
  const [type, wrapped] = readAll(expectTag(readOne(message), TAG.sequence).content)
  if (type === undefined || !isSame(type.whole, SIGNED_DATA))
    throw new InputError('sign/malformed', 'the signature is no signed message', 'it may be damaged')
  const signedData = expectTag(readOne(expectTag(wrapped, CONTEXT_0).content), TAG.sequence)
  const [version, algorithms, , ...rest] = readAll(signedData.content)
  const certificates = rest.find(({ tag }) => tag === CONTEXT_0)
  const members = (set: Der | undefined) => (set === undefined ? [] : readAll(set.content).map(({ whole }) => whole))
  return {
    version: expectTag(version, TAG.integer).whole,
    algorithms: members(expectTag(algorithms, TAG.set)),
    certificates: members(certificates),
    signers: members(expectTag(rest.at(-1), TAG.set)),
  }
}

/** Whether it begins as a signed message does: one sequence, and in it first the type (RFC 5652, 3). */
export function isMessage(signature: Uint8Array): boolean {
  const [tag, first = 0] = signature
  const type = 2 + (first > 0x80 ? first & 0x7f : 0)
  return tag === TAG.sequence && isSame(signature.subarray(type, type + SIGNED_DATA.length), SIGNED_DATA)
}

/** A key that is asked about, and how whoever asks calls it. */
export interface KnownKey {
  readonly key: KeyObject
  readonly name: string
}

/** One of a message's signatures. */
export interface FoundSignature {
  /** Of the key that it was made with, among those asked about. */
  readonly by: KnownKey | undefined
  /** Who the message says made it; empty where it does not carry the certificate. */
  readonly claimed: string
  /** Why it is none by any of the keys. */
  readonly fault: string | undefined
}

/** Each signature of the message, in its order, held against the keys. Throws `InputError` where it is no message. */
export function signaturesIn(
  message: Uint8Array,
  content: Uint8Array,
  keys: readonly KnownKey[],
): readonly FoundSignature[] {
  const parts = partsOf(message)
  return parts.signers.map(whole => {
    const signer = signerIn(whole)
    const faults = keys.map(known => ({ known, fault: signerFault(signer, content, known.key) }))
    const right = faults.find(({ fault }) => fault === undefined)
    return {
      by: right?.known,
      claimed: claimedBy(whole, parts),
      fault: right === undefined ? faults[0]?.fault : undefined,
    }
  })
}

function claimedBy(signer: Uint8Array, { certificates }: MessageParts): string {
  const id = readAll(readOne(signer).content)[1]?.whole ?? new Uint8Array()
  const found = certificates.find(raw => {
    const { issuer, serial } = namesOf(raw)
    return isSame(encode(TAG.sequence, issuer, serial), id)
  })
  try {
    return found === undefined ? '' : commonName(new X509Certificate(found))
  } catch {
    return '' // It has a serial number, and is no certificate otherwise.
  }
}

/** The name that people know the certificate by. */
export function commonName({ subject }: X509Certificate): string {
  return /^CN=(.*)$/m.exec(subject ?? '')?.[1] ?? subject ?? ''
}

interface SignerInfo {
  readonly hash: Hash | undefined
  readonly isRsa: boolean
  readonly attributes: Der | undefined
  readonly signature: Uint8Array
}

function signerIn(signer: Uint8Array): SignerInfo {
  const parts = readAll(expectTag(readOne(signer), TAG.sequence).content)
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
function namesOf(raw: Uint8Array): { readonly issuer: Uint8Array; readonly serial: Uint8Array } {
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
