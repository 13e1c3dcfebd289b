/** What `hotsplice sign` does: with a key, through a token, or in two steps with a service between them. */
import { InputError } from '../../base/errors.ts'
import { digestToSign, type SignRequest, signFile } from '../../flows/sign.ts'
import { isTokenKey, pinOfEnvironment, tokenSigner } from '../../services/pkcs11.ts'
import type { Finished } from '../attempt.ts'
import { checkOutputs } from '../console.ts'
import { readInput, readText, writeWhole } from '../files.ts'

interface SignArguments extends Pick<SignRequest, 'format' | 'hash' | 'target'> {
  readonly payload: string
  readonly key?: string
  readonly pinFile?: string
  readonly cert?: string
  readonly prepare?: string
  readonly attach?: string
  readonly add?: true
  readonly output?: string
}

export function sign(request: SignArguments): Finished {
  const { payload, key, pinFile, cert, prepare, attach, add, output, format, hash, target } = request
  if (prepare !== undefined) return prepareDigest(request, prepare)
  if (output === undefined) throw usage('no file is named for the signed payload', 'give -o')
  if (cert === undefined) throw usage('no certificate is named', 'give --cert')
  const isFile = key !== undefined && !isTokenKey(key)
  // A payload may be signed in its place.
  checkOutputs(
    [cert, pinFile, attach, isFile ? key : undefined].filter(name => name !== undefined),
    [output],
  )
  const certificate = readText(cert, 'the certificate', 'latin1')
  const options = { certificate, format, hash, add: add === true, ...(target === undefined ? {} : { target }) }
  const signed = signFile(readInput(payload, 'the payload'), { key: keyOf(request), ...options })
  writeWhole(output, signed)
  return { ending: 'done', text: `signed ${output}: ${signed.length} bytes` }
}

function prepareDigest({ payload, key, attach, output, hash }: SignArguments, file: string): Finished {
  if ((key ?? attach ?? output) !== undefined)
    throw usage('--prepare only writes the digest', 'leave --key, --attach and -o out')
  checkOutputs([payload], [file])
  const digest = digestToSign(readInput(payload, 'the payload'), hash)
  writeWhole(file, digest)
  const text = `${hash} ${Buffer.from(digest).toString('hex')}, as bytes in ${file}: to be signed as PKCS#1 1.5`
  return { ending: 'done', text }
}

/** Throws `InputError` for a key that is not there. */
export function keyOf({ key, pinFile, attach }: Pick<SignArguments, 'key' | 'pinFile' | 'attach'>): SignRequest['key'] {
  if (attach !== undefined) {
    if (key !== undefined) throw usage('--key signs, and --attach has a signature already', 'give one of them')
    const signature = readInput(attach, 'the signature')
    return () => signature
  }
  if (key === undefined) throw usage('no key is named', 'give --key, or --attach with a signature')
  if (isTokenKey(key)) {
    const pin = pinFile === undefined ? pinOfEnvironment() : readText(pinFile, 'the PIN', 'utf8').replace(/\r?\n$/, '')
    return tokenSigner({ uri: key, pin })
  }
  if (pinFile !== undefined) throw usage('a PIN is for a token, and the key is a file', 'leave --pin-file out')
  return readText(key, 'the key', 'latin1')
}

const usage = (fact: string, hint: string) => new InputError('cli/usage', fact, hint)
