/**
 * Envelopes of secure-systems-lab/dsse, version 1: what is signed has its type with it, so that it is not taken for another thing.
 * Keys are P-256 or Ed25519, which every verifier takes. Ed25519 gives the same bytes each time; P-256 draws a number.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { InputError } from '../base/errors.ts'
import { attempt } from './certificates.ts'

export interface Envelope {
  readonly payloadType: string
  /** In base64. */
  readonly payload: string
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[]
}

/** The bytes that are signed: lengths keep type and payload apart. */
function authenticated(type: string, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload])
}

export function envelope(type: string, payload: Uint8Array, key: KeyObject): Envelope {
  const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  const sig = sign(hash, authenticated(type, payload), key)
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const keyid = createHash('sha256').update(spki).digest('hex')
  const payloadText = Buffer.from(payload).toString('base64')
  return { payloadType: type, payload: payloadText, signatures: [{ keyid, sig: sig.toString('base64') }] }
}

/** Throws `InputError` for another kind of key than both verifiers of the world take. */
export function readStatementKey(text: string): KeyObject {
  const key = attempt('sign/bad-key', 'the key is no private key in PEM without a passphrase', () =>
    createPrivateKey(text),
  )
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = key
  if (kind === 'ed25519' || (kind === 'ec' && details?.namedCurve === 'prime256v1')) return key
  throw new InputError(
    'publish/bad-key',
    `statements are signed with P-256 or Ed25519, and the key is of the kind ${kind}`,
    'make one with `openssl genpkey -algorithm ed25519`',
  )
}
