/** What an image has at an address. */
import { SHT_NOBITS } from '../elf/spec/constants.ts'

interface PlacedSection {
  readonly type: number
  readonly address: bigint
  /** Bytes in memory. */
  readonly size: number
  readonly bytes: Uint8Array
}

/** `size` bytes from `address` on, zeros where the file has none; undefined where they do not lie in the section. */
export function sectionBytes(
  section: PlacedSection | undefined,
  address: bigint,
  size: number,
): Uint8Array | undefined {
  if (section === undefined || size < 0) return undefined
  const offset = Number(address - section.address)
  if (offset + size > section.size) return undefined
  return section.type === SHT_NOBITS ? new Uint8Array(size) : section.bytes.subarray(offset, offset + size)
}
