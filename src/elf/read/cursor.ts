import { InputError, type InputErrorCode } from '../../base/errors.ts'

/** 53 bits fit a double exactly; the offsets and sizes of a file in memory need no more. */
const HIGH_BITS = 21
const HIGH_LIMIT = 2 ** HIGH_BITS

/** What the high half of a 64-bit number counts for. */
export const TWO_32 = 2 ** 32

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** A file that may be larger than memory, or than a buffer can be: it gives copies of its parts. */
export interface FileParts {
  readonly length: number
  /** The bytes [offset, offset + size), all of them; they lie within `length`. */
  read(offset: number, size: number): Uint8Array
}

/** Most that is read of a file in one part: tables of programs have some hundred megabytes. */
const LARGEST_PART = 2 ** 30

/** A file, held in memory or read in parts; hands out bytes and tables, each checked once against the file's end. */
export class FileBytes {
  readonly length: number
  /** Undefined where the file is held in memory. */
  readonly parts: FileParts | undefined
  readonly #bytes: Uint8Array
  /** The whole file as 32-bit words, where this machine can look at it so. */
  readonly #words: Uint32Array | undefined

  constructor(file: Uint8Array | FileParts) {
    this.length = file.length
    this.parts = 'read' in file ? file : undefined
    this.#bytes = 'read' in file ? new Uint8Array() : file
    if (HOST_IS_LITTLE_ENDIAN && this.parts === undefined && this.#bytes.byteOffset % 4 === 0) {
      this.#words = tableOf(this.#bytes, 0, 'the file').words
    }
  }

  holds(offset: number, size: number): boolean {
    return offset + size <= this.length
  }

  truncated(offset: number, size: number, what: string): InputError {
    return new InputError(
      'elf/truncated',
      `${what} would lie at ${hex(offset)} to ${hex(offset + size)}, but the file has ${hex(this.length)} bytes`,
      'the file may be cut short or damaged; build it again',
    )
  }

  /** The bytes [offset, offset + size), a view of the file or a copy of its part; the caller asked `holds`. */
  view(offset: number, size: number): Uint8Array {
    if (this.parts !== undefined) return partOf(this.parts, offset, size)
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + offset, size)
  }

  /** The stretch [offset, offset + size) as a table; bytes that fill no word are left out. */
  table(offset: number, size: number, name: string): Table {
    if (!this.holds(offset, size)) throw this.truncated(offset, size, name)
    if (this.#words !== undefined && offset % 4 === 0) {
      return { words: this.#words, first: offset / 4, end: offset / 4 + (size >>> 2), fileOffset: offset, name }
    }
    return tableOf(this.view(offset, size), offset, name)
  }
}

function partOf(parts: FileParts, offset: number, size: number): Uint8Array {
  if (size <= LARGEST_PART) return parts.read(offset, size)
  throw new InputError(
    'elf/part-too-large',
    `a part of ${size} bytes at ${hex(offset)} is to be read, but no more than ${LARGEST_PART} at once`,
    'the file may be damaged; else the program is larger than any that is known',
  )
}

/** Bytes that were checked, as a table; they begin at `fileOffset` of the file. */
export function tableOf(bytes: Uint8Array, fileOffset: number, name: string): Table {
  const count = bytes.length >>> 2
  if (HOST_IS_LITTLE_ENDIAN && bytes.byteOffset % 4 === 0) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, count)
    return { words, first: 0, end: count, fileOffset, name }
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const words = Uint32Array.from({ length: count }, (_, index) => view.getUint32(index * 4, true))
  return { words, first: 0, end: count, fileOffset, name }
}

/**
 * A stretch of the file that was checked as a whole, as little-endian 32-bit words: `words[first]` to `words[end - 1]`.
 * Hot loops index the words directly, which is several times faster than a call for each field.
 */
export interface Table {
  readonly words: Uint32Array
  readonly first: number
  readonly end: number
  /** Where the stretch begins in the file, for errors. */
  readonly fileOffset: number
  readonly name: string
}

/** The word at `index` of a table. */
export function wordAt({ words }: Table, index: number): number {
  return words[index] ?? 0
}

/** The 64-bit field whose low half is at `index`, as a number; it counts or places something in this file. */
export function countAt(table: Table, index: number, field: string): number {
  const high = wordAt(table, index + 1)
  if (isTooHigh(high)) throw tooLarge(table, index, field)
  return high * TWO_32 + wordAt(table, index)
}

/** Whether a high half, or several or-ed together, stand for numbers that no double holds exactly. */
export function isTooHigh(high: number): boolean {
  return high >>> HIGH_BITS !== 0
}

/** The error for a 64-bit field that no double holds. */
export function tooLarge(table: Table, index: number, field: string): InputError {
  const value = unsigned(wordAt(table, index), wordAt(table, index + 1))
  return errorAt(table, index, 'elf/number-too-large', `${field} is ${hex(value)}, more than any file has`)
}

export function errorAt(table: Table, index: number, code: InputErrorCode, fact: string): InputError {
  return new InputError(code, `${fact} (at ${hex(table.fileOffset + (index - table.first) * 4)}, in ${table.name})`)
}

const SMALLEST_SHARED = -1024
const LARGEST_SHARED = 4095
/** Most addends are small; sharing their bigints saves an allocation for each relocation. */
const SHARED = Array.from({ length: LARGEST_SHARED - SMALLEST_SHARED + 1 }, (_, i) => BigInt(SMALLEST_SHARED + i))

/** The unsigned 64-bit number of two halves. */
export function unsigned(low: number, high: number): bigint {
  return high === 0 ? signed(low, 0) : (BigInt(high) << 32n) + BigInt(low)
}

/** The signed 64-bit number of two halves. */
export function signed(low: number, high: number): bigint {
  const signedHigh = high | 0
  if (signedHigh >= HIGH_LIMIT || signedHigh < -HIGH_LIMIT) return BigInt.asIntN(64, unsigned(low, high))
  const value = signedHigh * TWO_32 + low
  if (value < SMALLEST_SHARED || value > LARGEST_SHARED) return BigInt(value)
  return SHARED[value - SMALLEST_SHARED] ?? BigInt(value)
}

export function hex(value: number | bigint): string {
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`
}
