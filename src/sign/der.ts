/** DER, as far as certificates and signed messages need it. */
import { InputError } from '../base/errors.ts'

export const TAG = { integer: 0x02, octets: 0x04, nothing: 0x05, oid: 0x06, sequence: 0x30, set: 0x31 } as const
/** Context-specific, constructed: `[0]`. */
export const CONTEXT_0 = 0xa0
export const CONTEXT_3 = 0xa3

export interface Der {
  readonly tag: number
  readonly content: Uint8Array
  /** With tag and length. */
  readonly whole: Uint8Array
}

/** The values that follow one another in `bytes`. */
export function readAll(bytes: Uint8Array): Der[] {
  const found: Der[] = []
  for (let at = 0; at < bytes.length; ) {
    const value = readOne(bytes.subarray(at))
    found.push(value)
    at += value.whole.length
  }
  return found
}

/** The first value; what follows it is left. */
export function readOne(bytes: Uint8Array): Der {
  const [tag, first] = bytes
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw malformed()
  if (first === 0x80) throw indefinite()
  const more = first < 0x80 ? 0 : first & 0x7f
  if (more > 4 || 2 + more > bytes.length) throw malformed()
  const length = more === 0 ? first : bytes.subarray(2, 2 + more).reduce((sum, byte) => sum * 256 + byte, 0)
  const end = 2 + more + length
  if (end > bytes.length) throw malformed()
  return { tag, content: bytes.subarray(2 + more, end), whole: bytes.subarray(0, end) }
}

/** The value, which must be of this kind. */
export function expectTag(value: Der | undefined, tag: number): Der {
  if (value?.tag !== tag) throw malformed()
  return value
}

function malformed(): InputError {
  return new InputError('sign/malformed', 'a signature or certificate is not what DER allows', 'it may be damaged')
}

/** What `openssl cms -sign -stream` writes. */
function indefinite(): InputError {
  return new InputError(
    'sign/malformed',
    'the signature or certificate is BER with an indefinite length, and only DER is read',
    'make it without -stream',
  )
}

export function encode(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concat(parts)
  const { length } = content
  const bytes = length < 0x80 ? [length] : lengthBytes(length)
  return concat([Uint8Array.of(tag, ...bytes), content])
}

function lengthBytes(length: number): number[] {
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return [0x80 | bytes.length, ...bytes]
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** `1.2.840.113549.1.7.2`. */
export function oid(text: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const bytes = [first * 40 + second, ...rest.flatMap(base128)]
  return encode(TAG.oid, Uint8Array.from(bytes))
}

function base128(value: number): number[] {
  const bytes = [value % 128]
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(0x80 | (rest % 128))
  return bytes
}

export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
