/**
 * Keys as people have them. They are made anew for each run: where one is damaged is told by the case, what it is, is not.
 */
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The first is a private RSA key, the second its certificate, or its public key where openssl is missing. */
export function soundKeys(): readonly string[] {
  const secret = { type: 'pkcs8', format: 'pem' } as const
  const open = { type: 'spki', format: 'pem' } as const
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: secret, publicKeyEncoding: open })
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256', privateKeyEncoding: secret, publicKeyEncoding: open })
  return [
    rsa.privateKey,
    certificateOf(rsa.privateKey) ?? rsa.publicKey,
    rsa.publicKey,
    other.privateKey,
    other.publicKey,
  ]
}

function certificateOf(key: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-fuzz-'))
  try {
    writeFileSync(join(folder, 'key'), key, { mode: 0o600 })
    const args = ['req', '-x509', '-key', 'key', '-subj', '/O=Tests/CN=fuzz', '-days', '2']
    const { status, stdout } = spawnSync('openssl', args, { cwd: folder, encoding: 'latin1' })
    return status === 0 ? stdout : undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
