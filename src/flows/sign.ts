/** `hotsplice sign`: a payload with its signature behind it. */
import { InputError } from '../base/errors.ts'
import {
  readSigner,
  type SignContent,
  type SignOptions,
  signerElsewhere,
  signModule,
  signPayload,
} from '../sign/sign.ts'

export { digestToSign } from '../sign/sign.ts'

/** Whose trailer a payload gets. */
export type SignTarget = 'xen' | 'linux'

/** The private key and its certificate, and how to sign. */
export interface SignRequest extends SignOptions {
  /** In PEM; or what signs, where the key is kept elsewhere. */
  readonly key: string | SignContent
  /** In PEM. */
  readonly certificate: string
  /** The trailer of Xen's live patching design unless given. */
  readonly target?: SignTarget
}

/** Throws `InputError` for keys that are none or do not belong together. */
export function signFile(
  payload: Uint8Array,
  { key, certificate, target = 'xen', ...options }: SignRequest,
): Uint8Array {
  const signer = typeof key === 'string' ? readSigner(key, certificate) : signerElsewhere(certificate, key)
  return SIGNERS[target](payload, signer, options)
}

type Sign = (payload: Uint8Array, signer: ReturnType<typeof readSigner>, options: SignOptions) => Uint8Array

const SIGNERS: Readonly<Record<SignTarget, Sign>> = {
  xen: signPayload,
  linux: (module, signer, { format, hash, add }) => {
    if (format === 'cms') return signModule(module, signer, hash, add)
    throw new InputError('cli/usage', 'the kernel takes signed messages only', 'leave --format out')
  },
}
