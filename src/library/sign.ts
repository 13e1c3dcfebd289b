import { choice, type FileInput, readBytes, readText, type TextInput } from './inputs.ts'

/** What `sign` takes. */
export interface SignOptions {
  /** The payload as it was built. */
  readonly payload: FileInput
  /** The private RSA key, in PEM without a passphrase. */
  readonly key: TextInput
  /** Its certificate, in PEM. */
  readonly certificate: TextInput
  /**
   * Whose trailer: that of Xen's live patching design, or of a module of Linux.
   *
   * @default 'xen'
   */
  readonly target?: 'xen' | 'linux' | undefined
  /**
   * A signed message (CMS) with the certificate in it, or the bare RSA signature.
   *
   * @default 'cms'
   */
  readonly format?: 'cms' | 'rsa' | undefined
  /**
   * The hash.
   *
   * @default 'sha256'
   */
  readonly hash?: 'sha256' | 'sha384' | 'sha512' | undefined
}

/**
 * Signs a payload: puts the trailer of Xen's live patching design behind it, or that of a module of Linux. Xen up to 4.22
 * does not look at it; `verify` with a key does.
 *
 * @param options the payload, a key and its certificate
 * @returns the signed payload's bytes
 * @throws {InputError} for keys that are none or do not belong together, and a payload that is signed already
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { sign } from 'hotsplice'
 *
 * const payload = await readFile('fix.livepatch')
 * const signed = await sign({ payload, key: 'key.pem', certificate: 'cert.pem' })
 * assert.ok(signed.length > payload.length)
 * ```
 */
export async function sign(options: SignOptions): Promise<Uint8Array> {
  const format = choice('format', options.format, ['cms', 'rsa'])
  const target = choice('target', options.target, ['xen', 'linux'])
  const hash = choice('hash', options.hash, ['sha256', 'sha384', 'sha512'])
  const { signFile } = await import('../flows/sign.ts')
  const key = await readText(options.key, 'the key')
  const certificate = await readText(options.certificate, 'the certificate')
  return signFile(await readBytes(options.payload, 'the payload'), { key, certificate, target, format, hash })
}
