/**
 * Whether a file ends with signatures by keys that are known.
 *
 * Worse mistake: to take one that nobody known made. So a signature counts only where one of the keys verifies it; what a
 * message says of its signers is told as their claim.
 */
import { verify } from 'node:crypto'
import { InputError } from '../base/errors.ts'
import { splitModule } from '../loaders/module-trailer.ts'
import { MARK, PKEY_ALGO_RSA, splitTrailer, type Trailer } from '../loaders/trailer.ts'
import { type FoundSignature, isMessage, type KnownKey, signaturesIn, WRONG } from './cms.ts'

export interface SignatureCheck {
  readonly valid: boolean
  readonly text: string
}

export interface KnownSigners {
  /** At least one of them must have signed. */
  readonly keys: readonly KnownKey[]
  /** Whether a signature by anybody else, beside theirs, is refused. */
  readonly only?: boolean | undefined
}

/** Whether a file ends with a signature of everything before it, made with the private half of one of the keys. */
export function checkSignature(file: Uint8Array, known: KnownSigners): SignatureCheck {
  const found = splitTrailer(file)
  if (found === undefined) return unsigned(file)
  const { payload, trailer } = found
  return judged(() => signaturesOf(trailer, payload, known.keys), trailer.signer, known)
}

function unsigned(file: Uint8Array): SignatureCheck {
  if (splitModule(file) !== undefined) return { valid: false, text: 'its signature is that of a module of Linux' }
  const holds = Buffer.from(file.buffer, file.byteOffset, file.byteLength).includes(MARK)
  return { valid: false, text: holds ? 'the signature at its end is cut short or damaged' : 'it is not signed' }
}

/** Likewise for a module of the Linux kernel. */
export function checkModuleSignature(file: Uint8Array, known: KnownSigners): SignatureCheck {
  const found = splitModule(file)
  if (found !== undefined) return judged(() => signaturesIn(found.message, found.module, known.keys), '', known)
  const other = splitTrailer(file) !== undefined
  return {
    valid: false,
    text: other ? 'its signature is that of a payload of Xen' : 'it is not signed as the kernel wants it',
  }
}

function judged(read: () => readonly FoundSignature[], said: string, { keys, only }: KnownSigners): SignatureCheck {
  let found: readonly FoundSignature[]
  try {
    found = read()
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return { valid: false, text: `${signed(said)}, but ${error.message}` }
  }
  const good = found.filter(({ by }) => by !== undefined)
  const others = found.filter(({ by }) => by === undefined)
  if (good.length === 0) {
    const fault = others[0]?.fault ?? 'nobody signed it'
    return { valid: false, text: `${signed(others[0]?.claimed || said)}, but ${fault}` }
  }
  const names = [...new Set(good.map(one => one.by?.name || one.claimed || said))]
  const key = keys.length === 1 ? 'this key' : 'one of these keys'
  const text = `${signed(names.filter(name => name !== '').join(' and '))}, with ${key}`
  if (others.length === 0) return { valid: true, text }
  const strangers = others.map(({ claimed }) => (claimed === '' ? 'somebody' : `somebody who says to be ${claimed}`))
  const more = `${text}; and by ${strangers.join(' and ')}, whose key is not known here`
  return { valid: only !== true, text: more }
}

const signed = (name: string) => (name === '' ? 'signed' : `signed by ${name}`)

function signaturesOf(trailer: Trailer, payload: Uint8Array, keys: readonly KnownKey[]): readonly FoundSignature[] {
  const { algorithm, hash, signature } = trailer
  const bad = (fault: string): readonly FoundSignature[] => [{ by: undefined, claimed: '', fault }]
  if (algorithm !== PKEY_ALGO_RSA) return bad(`the header says algorithm ${algorithm}, which is not RSA`)
  if (hash === undefined) return bad('the header names a hash other than SHA-256, SHA-384 and SHA-512')
  // A bare signature is as long as its key, which may not be among the known ones; a message names its type first.
  const by = keys.find(({ key }) => signature.length === sizeOf(key) && verify(hash, payload, key, signature))
  if (by !== undefined) return [{ by, claimed: '', fault: undefined }]
  const isBare = keys.some(({ key }) => signature.length === sizeOf(key)) || !isMessage(signature)
  return isBare ? bad(WRONG) : signaturesIn(signature, payload, keys)
}

const sizeOf = ({ asymmetricKeyDetails }: KnownKey['key']) => Math.ceil((asymmetricKeyDetails?.modulusLength ?? 0) / 8)
