/**
 * Signs payloads, and says whether a payload was signed with a key.
 *
 * In:  a payload's bytes, and keys and certificates as PEM text.
 * Out: the payload with its trailer; or what is wrong with a trailer, in words.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify, X509Certificate } from 'node:crypto'
import { InputError } from '../base/errors.ts'
import { splitModule, withModuleTrailer } from '../loaders/module-trailer.ts'
import { type Hash, MARK, PKEY_ALGO_RSA, splitTrailer, withTrailer } from '../loaders/trailer.ts'
import { keyIdentifier, messageFault, type Signer, signedMessage, WRONG } from './cms.ts'

/** A signed message with the certificate in it, or the bare RSA signature. */
export type SignatureFormat = 'cms' | 'rsa'

export interface SignOptions {
  readonly format: SignatureFormat
  readonly hash: Hash
}

/** A module of the Linux kernel with the trailer that the kernel reads. */
export function signModule(module: Uint8Array, signer: Signer, hash: Hash): Uint8Array {
  if (splitModule(module) !== undefined) throw signedAlready('module')
  return withModuleTrailer(module, signedMessage(module, hash, { ...signer, carries: false }))
}

function signedAlready(what: string): InputError {
  return new InputError(
    'sign/already-signed',
    `the ${what} has a signature already`,
    `sign the ${what} as it was built`,
  )
}

export function signPayload(payload: Uint8Array, signer: Signer, { format, hash }: SignOptions): Uint8Array {
  if (splitTrailer(payload) !== undefined) throw signedAlready('payload')
  const { key, certificate } = signer
  const signature = format === 'cms' ? signedMessage(payload, hash, signer) : new Uint8Array(sign(hash, payload, key))
  return withTrailer(payload, { signature, hash, keyId: keyIdentifier(certificate), signer: commonName(certificate) })
}

/** The private key and its certificate, which must belong together. */
export function readSigner(keyText: string, certificateText: string): Signer {
  const key = attempt('sign/bad-key', 'the key is no private key in PEM without a passphrase', () =>
    createPrivateKey(keyText),
  )
  const certificate = readCertificate(certificateText)
  checkRsa(key)
  if (!certificate.checkPrivateKey(key)) {
    throw new InputError('sign/key-mismatch', 'the certificate is for another key', 'give the certificate of this key')
  }
  return { key, certificate }
}

function readCertificate(text: string): X509Certificate {
  return attempt(
    'sign/bad-certificate',
    'the certificate is no X.509 certificate in PEM',
    () => new X509Certificate(text),
  )
}

/** A public key, or the one of a certificate. */
export function readPublicKey(text: string): KeyObject {
  const key = attempt('sign/bad-key', 'the key is neither a public key nor a certificate in PEM', () =>
    text.includes('BEGIN CERTIFICATE') ? new X509Certificate(text).publicKey : createPublicKey(text),
  )
  checkRsa(key)
  return key
}

function checkRsa(key: KeyObject): void {
  if (key.asymmetricKeyType === 'rsa') return
  throw new InputError(
    'sign/not-rsa',
    `the key is of the kind ${key.asymmetricKeyType}, and the trailer has RSA keys only`,
    'make one with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:4096`',
  )
}

function attempt<T>(code: `sign/${string}`, fact: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new InputError(code, `${fact}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The name that people know the certificate by. */
function commonName({ subject }: X509Certificate): string {
  return /^CN=(.*)$/m.exec(subject ?? '')?.[1] ?? subject ?? ''
}

export interface SignatureCheck {
  readonly valid: boolean
  readonly text: string
}

/** Whether a file ends with a signature of everything before it, made with the private half of `key`. */
export function checkSignature(file: Uint8Array, key: KeyObject): SignatureCheck {
  const found = splitTrailer(file)
  if (found === undefined) {
    const holds = Buffer.from(file.buffer, file.byteOffset, file.byteLength).includes(MARK)
    return { valid: false, text: holds ? 'the signature at its end is cut short or damaged' : 'it is not signed' }
  }
  const { payload, trailer } = found
  const by = trailer.signer === '' ? 'signed' : `signed by ${trailer.signer}`
  const fault = faultOf(payload, trailer, key)
  return fault === undefined
    ? { valid: true, text: `${by}, with this key` }
    : { valid: false, text: `${by}, but ${fault}` }
}

/** Likewise for a module of the Linux kernel. */
export function checkModuleSignature(file: Uint8Array, key: KeyObject): SignatureCheck {
  const found = splitModule(file)
  if (found === undefined) return { valid: false, text: 'it is not signed as the kernel wants it' }
  const fault = messageFaultOf(found.message, found.module, key)
  return fault === undefined
    ? { valid: true, text: 'signed with this key' }
    : { valid: false, text: `signed, but ${fault}` }
}

function faultOf(
  payload: Uint8Array,
  trailer: NonNullable<ReturnType<typeof splitTrailer>>['trailer'],
  key: KeyObject,
) {
  const { algorithm, hash, signature } = trailer
  if (algorithm !== PKEY_ALGO_RSA) return `the header says algorithm ${algorithm}, which is not RSA`
  if (hash === undefined) return 'the header names a hash other than SHA-256, SHA-384 and SHA-512'
  // A bare signature is as long as the key; a message is longer.
  if (signature.length === (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
    return verify(hash, payload, key, signature) ? undefined : WRONG
  return messageFaultOf(signature, payload, key)
}

function messageFaultOf(message: Uint8Array, content: Uint8Array, key: KeyObject): string | undefined {
  try {
    return messageFault(message, content, key)
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
}
