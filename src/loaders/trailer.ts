/**
 * What Xen's live patching design puts behind a signed payload: a string, a header of twelve bytes, and then the
 * signature, the key's identifier and the signer's name, whose lengths the header says. Numbers and layout are those of
 * the design; Xen up to 4.22 reads none of it, and loads a signed payload as it loads any other.
 */
export type Hash = 'sha256' | 'sha384' | 'sha512'

export const MARK = '~Module signature appended~\n'
const HEADER_SIZE = 12
export const PKEY_ALGO_RSA = 1
const PKEY_ID_X509 = 1
const HASHES: Readonly<Record<Hash, number>> = { sha256: 4, sha384: 5, sha512: 6 }

export interface Trailer {
  readonly algorithm: number
  readonly hash: Hash | undefined
  readonly idType: number
  readonly signature: Uint8Array
  readonly keyId: Uint8Array
  readonly signer: string
}

export interface SignedPayload {
  /** What is signed: everything before the string. */
  readonly payload: Uint8Array
  readonly trailer: Trailer
}

/** Takes a signed payload apart; undefined where there is no whole trailer at its end. */
export function splitTrailer(file: Uint8Array): SignedPayload | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  // A payload may hold the string itself; the trailer is what ends exactly at the file's end.
  for (let at = bytes.lastIndexOf(MARK); at !== -1; at = at === 0 ? -1 : bytes.lastIndexOf(MARK, at - 1)) {
    const trailer = readTrailer(bytes.subarray(at + MARK.length))
    if (trailer !== undefined) return { payload: file.subarray(0, at), trailer }
  }
  return undefined
}

function readTrailer(bytes: Buffer): Trailer | undefined {
  if (bytes.length < HEADER_SIZE) return undefined
  const [algorithm = 0, hash = 0, idType = 0, signerSize = 0, keySize = 0] = bytes
  const size = bytes.readUInt32BE(8)
  if (HEADER_SIZE + size + keySize + signerSize !== bytes.length) return undefined
  const part = (from: number, length: number) =>
    new Uint8Array(bytes.subarray(HEADER_SIZE + from, HEADER_SIZE + from + length))
  return {
    algorithm,
    hash: hashOf(hash),
    idType,
    signature: part(0, size),
    keyId: part(size, keySize),
    signer: Buffer.from(part(size + keySize, signerSize)).toString('utf8'),
  }
}

function hashOf(number: number): Hash | undefined {
  return (['sha256', 'sha384', 'sha512'] as const).find(name => HASHES[name] === number)
}

export function withTrailer(
  payload: Uint8Array,
  { signature, keyId, signer, hash }: Omit<Trailer, 'algorithm' | 'idType'>,
): Uint8Array {
  const name = shortened(signer)
  const header = Buffer.alloc(HEADER_SIZE)
  header.set([PKEY_ALGO_RSA, hash === undefined ? 0 : HASHES[hash], PKEY_ID_X509, name.length, keyId.length])
  header.writeUInt32BE(signature.length, 8)
  return new Uint8Array(Buffer.concat([payload, Buffer.from(MARK, 'latin1'), header, signature, keyId, name]))
}

/** At most 255 bytes, cut between characters. */
function shortened(signer: string): Buffer {
  let name = signer
  while (Buffer.byteLength(name) > 255) name = name.slice(0, -1)
  return Buffer.from(name, 'utf8')
}
