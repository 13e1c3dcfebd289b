/** `hotsplice sign`: a payload with its signature behind it. */
import { InputError } from '../base/errors.ts'
import { readSigner, type SignOptions, signModule, signPayload } from '../sign/sign.ts'

/** Whose trailer a payload gets. */
export type SignTarget = 'xen' | 'linux'

/** The private key and its certificate, both in PEM, and how to sign. */
export interface SignRequest extends SignOptions {
  readonly key: string
  readonly certificate: string
  /** The trailer of Xen's live patching design unless given. */
  readonly target?: SignTarget
}

/** Throws `InputError` for keys that are none or do not belong together. */
export function signFile(
  payload: Uint8Array,
  { key, certificate, target = 'xen', ...options }: SignRequest,
): Uint8Array {
  return SIGNERS[target](payload, readSigner(key, certificate), options)
}

type Sign = (payload: Uint8Array, signer: ReturnType<typeof readSigner>, options: SignOptions) => Uint8Array

const SIGNERS: Readonly<Record<SignTarget, Sign>> = {
  xen: signPayload,
  linux: (module, signer, { format, hash }) => {
    if (format === 'cms') return signModule(module, signer, hash)
    throw new InputError('cli/usage', 'the kernel takes signed messages only', 'leave --format out')
  },
}
