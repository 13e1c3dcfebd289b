/**
 * Compressed sections (gABI, "Section Compression"), and the older way of GNU: sections by the name `.zdebug…`.
 *
 * Symbols and relocations count from the start of what was compressed, so their offsets may lie far behind the end of
 * the bytes in the file.
 */
import type { Side } from '../base/side.ts'
import type { ElfSection } from './model.ts'
import { CHDR_SIZE, ELFCOMPRESS_ZLIB, SHF_ALLOC, SHF_COMPRESSED } from './spec/constants.ts'
import { hasFlag } from './spec/flags.ts'

type Content = Pick<ElfSection<Side>, 'name' | 'flags' | 'size' | 'bytes'>

export interface Compression {
  /** ELFCOMPRESS_*. */
  readonly method: number
  /** Bytes of the content. */
  readonly size: number
  /** Where the compressed bytes begin. */
  readonly start: number
}

/** `ZLIB`, then the size, its highest byte first. */
const GNU_MAGIC = 0x5a4c4942
const GNU_HEADER_SIZE = 12

/** What the section's header of its own says; undefined where it has none, and for what is loaded, which cannot be compressed. */
export function compressionOf({ name, flags, bytes }: Content): Compression | undefined {
  if (hasFlag(flags, SHF_ALLOC)) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (hasFlag(flags, SHF_COMPRESSED)) {
    if (bytes.length < CHDR_SIZE) return undefined
    return { method: view.getUint32(0, true), size: Number(view.getBigUint64(8, true)), start: CHDR_SIZE }
  }
  if (!name.startsWith('.zdebug') || bytes.length < GNU_HEADER_SIZE || view.getUint32(0) !== GNU_MAGIC) return undefined
  return { method: ELFCOMPRESS_ZLIB, size: Number(view.getBigUint64(4)), start: GNU_HEADER_SIZE }
}

/** How many bytes the section's content has, for which there may be fewer in the file. */
export function contentSize(section: Content): number {
  const mayDiffer = hasFlag(section.flags, SHF_COMPRESSED) || section.name.startsWith('.zdebug')
  return (mayDiffer ? compressionOf(section)?.size : undefined) ?? section.size
}
