/**
 * What Linux wants behind a signed module: a signed message without certificates, a header of twelve bytes, and a mark.
 * Source: Linux 6.1 include/linux/module_signature.h and scripts/sign-file.c; kernel/module_signature.c takes no other header.
 */
import { MARK } from './trailer.ts'

const HEADER = 12
const LENGTH_AT = 8
const PKCS7 = 2
const KIND_AT = 2

export interface SignedModule {
  readonly module: Uint8Array
  readonly message: Uint8Array
}

/** Takes a signed module apart; undefined where there is no whole trailer at its end. */
export function splitModule(file: Uint8Array): SignedModule | undefined {
  const end = file.length - MARK.length
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  if (end < HEADER || bytes.toString('latin1', end) !== MARK) return undefined
  const start = end - HEADER
  const size = bytes.readUInt32BE(start + LENGTH_AT)
  const isOwn = [...bytes.subarray(start, start + LENGTH_AT)].every((byte, at) => byte === (at === KIND_AT ? PKCS7 : 0))
  if (!isOwn || size > start) return undefined
  return { module: file.subarray(0, start - size), message: file.subarray(start - size, start) }
}

export function withModuleTrailer(module: Uint8Array, message: Uint8Array): Uint8Array {
  const header = Buffer.alloc(HEADER)
  header.writeUInt8(PKCS7, KIND_AT)
  header.writeUInt32BE(message.length, LENGTH_AT)
  return new Uint8Array(Buffer.concat([module, message, header, Buffer.from(MARK, 'latin1')]))
}
