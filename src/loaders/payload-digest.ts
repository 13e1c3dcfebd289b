import { createHash } from 'node:crypto'
import { splitModule } from './module-trailer.ts'
import { splitTrailer } from './trailer.ts'

/** By which reports name a payload, signed or not, and of whatever kind: SHA-256 of what is signed, in hexadecimal. */
export function payloadDigest(file: Uint8Array): string {
  const signed = splitTrailer(file)?.payload ?? splitModule(file)?.module ?? file
  return createHash('sha256').update(signed).digest('hex')
}
