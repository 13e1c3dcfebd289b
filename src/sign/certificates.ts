/** Keys and certificates as PEM text. */
import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { InputError } from '../base/errors.ts'
import { commonName, type KnownKey } from './cms.ts'
import { readOne } from './der.ts'

const TRUSTED = /-----BEGIN TRUSTED CERTIFICATE-----([^-]*)-----END TRUSTED CERTIFICATE-----/

export function readCertificate(text: string): X509Certificate {
  return attempt('sign/bad-certificate', 'the certificate is no X.509 certificate in PEM', () => {
    const [, trusted] = TRUSTED.exec(text) ?? []
    // OpenSSL puts what it trusts it for behind the certificate.
    if (trusted !== undefined) return new X509Certificate(readOne(Buffer.from(trusted, 'base64')).whole)
    return new X509Certificate(text)
  })
}

/** A public key, or the one of a certificate, which then has a name; RSA both. */
export function readKnownKey(text: string): KnownKey {
  const known = attempt('sign/bad-key', 'the key is neither a public key nor a certificate in PEM', () => {
    if (!/BEGIN (X509 |TRUSTED )?CERTIFICATE/.test(text)) return { key: createPublicKey(text), name: '' }
    const certificate = readCertificate(text)
    return { key: certificate.publicKey, name: commonName(certificate) }
  })
  checkRsa(known.key)
  return known
}

export function checkRsa(key: KeyObject): void {
  if (key.asymmetricKeyType === 'rsa') return
  throw new InputError(
    'sign/not-rsa',
    `the key is of the kind ${key.asymmetricKeyType}, and the trailer has RSA keys only`,
    'make one with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:4096`',
  )
}

export function attempt<T>(code: `sign/${string}`, fact: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new InputError(code, `${fact}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
