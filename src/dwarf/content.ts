/** What a section of debug information holds, where it is compressed too. */
import { inflateSync } from 'node:zlib'
import { InputError } from '../base/errors.ts'
import type { Side } from '../base/side.ts'
import { compressionOf, type ElfSection } from '../elf/index.ts'
import { ELFCOMPRESS_ZLIB, SHF_COMPRESSED } from '../elf/spec/constants.ts'
import { hasFlag } from '../elf/spec/flags.ts'

/** Deflate makes of a byte at most so many (258 of two bits). */
const MOST_OF_A_BYTE = 1032

/** The bytes as they were before they were compressed. */
export function contentOf<S extends Side>(section: ElfSection<S>): Uint8Array {
  const { name, bytes } = section
  const compression = compressionOf(section)
  if (compression === undefined) {
    if (hasFlag(section.flags, SHF_COMPRESSED))
      throw compressed(`${name} is compressed, and has no header that says how`)
    return bytes
  }
  const { method, size, start } = compression
  if (method !== ELFCOMPRESS_ZLIB) throw compressed(`${name} is compressed by method ${method}; 1 (zlib) is read`)
  const packed = bytes.subarray(start)
  if (size > packed.length * MOST_OF_A_BYTE) {
    throw compressed(`${name} would have ${size} bytes, more than can be made of the ${packed.length} that are there`)
  }
  const content = inflated(name, packed, size)
  if (content.length === size) return content
  throw compressed(`${name} is compressed, and has ${content.length} bytes where its header says ${size}`)
}

function inflated(name: string, packed: Uint8Array, size: number): Uint8Array {
  try {
    const content = inflateSync(packed, { maxOutputLength: Math.max(1, size) })
    return new Uint8Array(content.buffer, content.byteOffset, content.byteLength)
  } catch (error) {
    throw compressed(`${name} is compressed, and damaged: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function compressed(fact: string): InputError {
  return new InputError(
    'dwarf/compressed',
    fact,
    'compile with -gz=none, or give a copy that `objcopy --decompress-debug-sections` made',
  )
}
