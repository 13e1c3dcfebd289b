/**
 * Envelopes of secure-systems-lab/dsse, version 1: what is signed has its type with it, so that it is not taken for another thing.
 * Keys are P-256 or Ed25519, which every verifier takes. Ed25519 gives the same bytes each time; P-256 draws a number.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import * as v from 'valibot'
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
  const sig = sign(hashFor(key), authenticated(type, payload), key)
  const payloadText = Buffer.from(payload).toString('base64')
  return { payloadType: type, payload: payloadText, signatures: [{ keyid: keyIdOf(key), sig: sig.toString('base64') }] }
}

export type OpenedEnvelope =
  | { readonly payload: Uint8Array; readonly envelope: Envelope }
  /** What is wrong with it, in words. */
  | { readonly fault: string }

const ENVELOPE = v.strictObject({
  payloadType: v.string(),
  payload: v.string(),
  signatures: v.strictTuple([v.strictObject({ keyid: v.string(), sig: v.string() })]),
})

/** An envelope with one signature, and what is in it. Without a key the signature is not looked at. */
export function openEnvelope(bytes: Uint8Array, type: string, key: KeyObject | undefined): OpenedEnvelope {
  let read: unknown
  try {
    read = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return { fault: 'it is no JSON' }
  }
  const found = v.safeParse(ENVELOPE, read)
  if (!found.success || found.output.payloadType !== type) return { fault: 'it is no envelope of a statement' }
  const { payload: text, signatures } = found.output
  const [{ keyid, sig }] = signatures
  const [payload, signature] = [Buffer.from(text, 'base64'), Buffer.from(sig, 'base64')]
  // There are several texts for the same bytes.
  if (payload.toString('base64') !== text || signature.toString('base64') !== sig) return { fault: 'its base64 is odd' }
  if (key !== undefined) {
    if (keyid !== keyIdOf(key)) return { fault: 'it is signed with another key' }
    if (!verify(hashFor(key), authenticated(type, payload), key, signature)) return { fault: 'its signature is wrong' }
  }
  return { payload: new Uint8Array(payload), envelope: found.output }
}

/** The public half that checks statements: a public key in PEM, or a certificate. */
export function readStatementPublicKey(text: string): KeyObject {
  const key = attempt('sign/bad-key', 'the key is neither a public key nor a certificate in PEM', () =>
    createPublicKey(text),
  )
  checkKind(key)
  return key
}

const hashFor = (key: KeyObject) => (key.asymmetricKeyType === 'ed25519' ? null : 'sha256')

function keyIdOf(key: KeyObject): string {
  const spki = (key.type === 'public' ? key : createPublicKey(key)).export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(spki).digest('hex')
}

/** Throws `InputError` for another kind of key than both verifiers of the world take. */
export function readStatementKey(text: string): KeyObject {
  const key = attempt('sign/bad-key', 'the key is no private key in PEM without a passphrase', () =>
    createPrivateKey(text),
  )
  checkKind(key)
  return key
}

function checkKind(key: KeyObject): void {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = key
  if (kind === 'ed25519' || (kind === 'ec' && details?.namedCurve === 'prime256v1')) return
  throw new InputError(
    'publish/bad-key',
    `statements are signed with P-256 or Ed25519, and the key is of the kind ${kind}`,
    'make one with `openssl genpkey -algorithm ed25519`',
  )
}
