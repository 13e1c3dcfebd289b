/**
 * The end of a signed module: the signature, a header of twelve bytes and a mark.
 * Sources: Linux 6.1 include/linux/module_signature.h, kernel/module/signing.c, kernel/module_signature.c.
 */
const MARK = Buffer.from('~Module signature appended~\n', 'latin1')
const HEADER = 12
const PKCS7 = 2

export interface Trailer {
  /** Everything before the signature. */
  readonly module: Uint8Array
  /** The message itself; undefined where there is no mark at the end, or what stands before it is wrong. */
  readonly signature: Uint8Array | undefined
  /** What is wrong with it. */
  readonly fault: { readonly errno: 'EBADMSG' | 'ENOPKG'; readonly text: string } | undefined
}

export function withoutTrailer(file: Uint8Array): Trailer {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  const unsigned = { module: file, signature: undefined, fault: undefined }
  if (bytes.length <= MARK.length || !bytes.subarray(-MARK.length).equals(MARK)) return unsigned
  const end = bytes.length - MARK.length
  const bad = (errno: 'EBADMSG' | 'ENOPKG', text: string): Trailer => {
    return { module: file.subarray(0, end), signature: undefined, fault: { errno, text } }
  }
  if (end <= HEADER) return bad('EBADMSG', 'before the mark of a signature there is no header')
  const header = bytes.subarray(end - HEADER, end)
  const size = header.readUInt32BE(8)
  if (size >= end - HEADER) return bad('EBADMSG', `the signature is said to have ${size} bytes, more than there are`)
  const module = file.subarray(0, end - HEADER - size)
  if (header[2] !== PKCS7) {
    return {
      ...bad('ENOPKG', `the signature is of the kind ${header[2]}, not a PKCS#7 message (2)`),
      module: file.subarray(0, end),
    }
  }
  if ([0, 1, 3, 4, 5, 6, 7].some(at => header[at] !== 0)) {
    return bad('EBADMSG', 'the header of the signature says more than its kind and length')
  }
  const signature = file.subarray(end - HEADER - size, end - HEADER)
  if (!isSequence(signature)) return { ...bad('EBADMSG', 'the signature is no PKCS#7 message'), module }
  return { module, signature, fault: undefined }
}

/** Whether it is one DER sequence and nothing behind it (X.690, 8.1). */
function isSequence(bytes: Uint8Array): boolean {
  const [tag, first = 0] = bytes
  if (tag !== 0x30) return false
  if (first < 0x80) return bytes.length === 2 + first
  const count = first & 0x7f
  const length = [...bytes.subarray(2, 2 + count)].reduce((sum, byte) => sum * 256 + byte, 0)
  return count >= 1 && count <= 4 && bytes.length === 2 + count + length
}
