/** `hotsplice sign`: a payload with its signature behind it. */
import { readSigner, type SignOptions, signPayload } from '../sign/sign.ts'

/** The private key and its certificate, both in PEM, and how to sign. */
export interface SignRequest extends SignOptions {
  readonly key: string
  readonly certificate: string
}

/** The payload with the trailer of Xen's live patching design. Throws `InputError` for keys that are none or do not belong together. */
export function signFile(payload: Uint8Array, { key, certificate, ...options }: SignRequest): Uint8Array {
  return signPayload(payload, readSigner(key, certificate), options)
}
