import { InputError } from '../../base/errors.ts'

/** Largest integer that a double holds exactly; offsets and sizes beyond it cannot belong to a file in memory. */
const LARGEST = BigInt(Number.MAX_SAFE_INTEGER)

/** Bounds-checked little-endian reads from a file held in memory. Every failure names the offset and what was read. */
export class Cursor {
  readonly bytes: Uint8Array
  readonly #view: DataView

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get size(): number {
    return this.bytes.length
  }

  /** Throws `elf/truncated` unless [offset, offset + size) lies in the file. */
  check(offset: number, size: number, what: string): void {
    if (offset < 0 || size < 0 || offset + size > this.bytes.length) {
      throw new InputError(
        'elf/truncated',
        `${what} would lie at ${hex(offset)} to ${hex(offset + size)}, but the file has ${hex(this.bytes.length)} bytes`,
        'the file may be cut short or damaged; build it again',
      )
    }
  }

  u8(offset: number, what: string): number {
    this.check(offset, 1, what)
    return this.#view.getUint8(offset)
  }

  u16(offset: number, what: string): number {
    this.check(offset, 2, what)
    return this.#view.getUint16(offset, true)
  }

  u32(offset: number, what: string): number {
    this.check(offset, 4, what)
    return this.#view.getUint32(offset, true)
  }

  u64(offset: number, what: string): bigint {
    this.check(offset, 8, what)
    return this.#view.getBigUint64(offset, true)
  }

  i64(offset: number, what: string): bigint {
    this.check(offset, 8, what)
    return this.#view.getBigInt64(offset, true)
  }

  /** A 64-bit field that counts something in this file, as a number. */
  count(offset: number, what: string): number {
    this.check(offset, 8, what)
    const high = this.#view.getUint32(offset + 4, true)
    if (high < 0x200000) return high * 0x1_0000_0000 + this.#view.getUint32(offset, true)
    const value = this.#view.getBigUint64(offset, true)
    throw new InputError('elf/number-too-large', `${what} at ${hex(offset)} is ${value}, above ${LARGEST}`)
  }

  /** A view of part of the file, not a copy. */
  slice(offset: number, size: number, what: string): Uint8Array {
    this.check(offset, size, what)
    return this.bytes.subarray(offset, offset + size)
  }
}

export function hex(value: number | bigint): string {
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`
}
