/**
 * Keys that never leave where they are kept: a token, a module of hardware, a service behind PKCS#11. The `openssl` program of
 * the system signs, through its provider for PKCS#11 or, where there is none, its engine. The PIN goes to it in its environment,
 * never in its arguments, which anybody can list.
 *
 * Not every end is an orderly one: after an error of the engine openssl may die of a signal. So any end but 0 is a failure.
 */
import { spawnSync } from 'node:child_process'
import { InputError } from '../base/errors.ts'
import type { Hash } from '../loaders/trailer.ts'

const SCHEME = 'pkcs11:'
const PIN = 'HOTSPLICE_PKCS11_PIN'

/** How openssl is told to go to PKCS#11: the newer way first. */
const WAYS = [
  { asked: ['list', '-providers', '-provider', 'pkcs11'], options: ['-provider', 'pkcs11', '-provider', 'default'] },
  { asked: ['engine', '-t', 'pkcs11'], options: ['-engine', 'pkcs11', '-keyform', 'engine'] },
] as const

/** Schemes of URIs have no case (RFC 3986), and openssl's engine takes lower case only. */
export const isTokenKey = (key: string): boolean => /^pkcs11:/i.test(key)

export interface TokenKey {
  /** `pkcs11:token=…;object=…`, as RFC 7512 has it. */
  readonly uri: string
  /** Undefined where the URI says where it is (`pin-source`), or none is asked for. */
  readonly pin: string | undefined
}

/** Throws `InputError` where the token, or openssl, does not sign; the returned function does. */
export function tokenSigner({ uri, pin }: TokenKey): (content: Uint8Array, hash: Hash) => Uint8Array {
  // What is in the arguments of a program is in the list of processes.
  // Attributes and their values may be spelled in percent signs, and in any case.
  if (/[:?;&]\s*pin-value\s*=/i.test(unescaped(uri)))
    throw new InputError(
      'cli/usage',
      'a PIN in the URI can be read by everybody who lists processes',
      `give --pin-file, or ${PIN} in the environment`,
    )
  if (!uri.startsWith(SCHEME) || !/^[\x21-\x7e]+$/.test(uri) || uri.length === SCHEME.length) {
    const hint =
      'write pkcs11: in lower case, and spaces and other letters as RFC 7512 has them: pkcs11:token=My%20token;object=K'
    throw new InputError('cli/usage', `${JSON.stringify(uri)} is no URI that names a key`, hint)
  }
  return (content, hash) => {
    const way = WAYS.find(({ asked }) => works(asked))
    if (way === undefined) {
      throw new InputError(
        'sign/no-pkcs11',
        'openssl has neither a provider nor an engine for PKCS#11 here',
        'install pkcs11-provider, or libengine-pkcs11-openssl',
      )
    }
    const passphrase = pin === undefined ? [] : ['-passin', `env:${PIN}`]
    const args = ['dgst', `-${hash}`, ...way.options, ...passphrase, '-sign', uri]
    // Without a PIN it would ask at the terminal.
    const env = { ...process.env, ...(pin === undefined ? {} : { [PIN]: pin }) }
    const { status, stdout, stderr } = spawnSync('openssl', args, { input: content, env, stdio: 'pipe' })
    if (status === 0 && stdout.length > 0) return new Uint8Array(stdout)
    throw new InputError(
      'sign/failed',
      `openssl could not sign with ${uri}: ${reasonIn(stderr.toString('utf8'), status)}`,
    )
  }
}

/** What cannot be decoded stays as it is. */
function unescaped(uri: string): string {
  return uri.replace(/%([0-9a-f]{2})/gi, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)))
}

function works(args: readonly string[]): boolean {
  const { status, stdout } = spawnSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  return status === 0 && !stdout.toString('utf8').includes('unavailable')
}

/** The PIN that the environment has. */
export const pinOfEnvironment = (): string | undefined => process.env[PIN]

function reasonIn(words: string, status: number | null): string {
  const lines = words.split('\n').filter(line => line.trim() !== '' && !/^Engine "/.test(line))
  return lines.slice(0, 3).join('; ') || (status === null ? 'it was ended by a signal' : `it ended with ${status}`)
}
