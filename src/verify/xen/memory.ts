/**
 * The address space that the loader works in, as far as it is known: this payload's image, the payloads below it, the
 * hypervisor's image, and on 4.18 and later the buffer the file was copied to. What is in none of them is taken as not
 * mapped, so that reading it is a page fault and the end of the hypervisor.
 */
import type { HypervisorSymbols, MemoryKind } from '../../loaders/xen/symbols.ts'
import type { PayloadImage } from '../model.ts'
import { PAGE } from './layout.ts'
import { roundUp } from './raw.ts'

/** What Xen compares a name with ends at 127 characters; a longer read is cut off here. */
const LONGEST_TEXT = 4096

export interface MemoryParts {
  readonly images: readonly PayloadImage[]
  readonly hypervisor: HypervisorSymbols
  /** The uploaded file while it is being loaded. */
  readonly buffer?: { readonly start: bigint; readonly bytes: Uint8Array } | undefined
}

export class Memory {
  readonly #parts: MemoryParts

  constructor(parts: MemoryParts) {
    this.#parts = parts
  }

  /** Undefined where one of the bytes is not mapped. */
  read(address: bigint, size: number): Uint8Array | undefined {
    const { hypervisor, buffer } = this.#parts
    for (const { start, bytes } of [...this.#parts.images, ...(buffer === undefined ? [] : [buffer])]) {
      const offset = address - start
      if (offset >= 0n && offset + BigInt(size) <= BigInt(bytes.length)) {
        return bytes.subarray(Number(offset), Number(offset) + size)
      }
    }
    return hypervisor.memoryAt(address) === undefined ? undefined : hypervisor.bytesAt(address, size)
  }

  readU32(address: bigint): number | undefined {
    const bytes = this.read(address, 4)
    return bytes && new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true)
  }

  readU64(address: bigint): bigint | undefined {
    const bytes = this.read(address, 8)
    return bytes && new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true)
  }

  /** The NUL-ended string at `address`; undefined where it runs into memory that is not mapped. */
  text(address: bigint): string | undefined {
    const codes: number[] = []
    for (let at = address; codes.length < LONGEST_TEXT; at++) {
      const byte = this.read(at, 1)?.[0]
      if (byte === undefined) return undefined
      if (byte === 0) break
      codes.push(byte)
    }
    return String.fromCharCode(...codes)
  }

  kindAt(address: bigint): MemoryKind | undefined {
    for (const image of this.#parts.images) {
      const kind = kindIn(image, address)
      if (kind !== undefined) return kind
    }
    return this.#parts.hypervisor.memoryAt(address)
  }
}

/** What `image` has at `address`; pages have one kind each. */
function kindIn(image: PayloadImage, address: bigint): MemoryKind | undefined {
  const offset = address - image.start
  if (offset < 0n || offset >= BigInt(image.bytes.length)) return undefined
  const text = roundUp(image.textSize, PAGE)
  if (offset < text) return 'code'
  return offset < text + roundUp(image.writableSize, PAGE) ? 'writable' : 'read-only'
}
