/**
 * A payload's bytes as Xen's loader looks at them: fields at offsets, nothing interpreted, nothing refused.
 *
 * `src/elf` is no use here. It refuses a malformed file as bad input, while Xen refuses it with a certain errno, or does
 * not notice, and which of them is the question. Reads beyond the end give 0; whoever cares has asked `holds` before.
 */
export interface RawHeader {
  readonly ident: Uint8Array
  readonly type: number
  readonly machine: number
  readonly version: number
  readonly sectionTable: bigint
  readonly flags: number
  readonly programHeaderCount: number
  readonly sectionEntrySize: number
  readonly sectionCount: number
  readonly nameTableIndex: number
}

export interface RawSection {
  readonly index: number
  readonly nameOffset: number
  readonly type: number
  /** SHF_* bits; those above 32 mean nothing to the loader. */
  readonly flags: number
  readonly address: bigint
  readonly offset: bigint
  readonly size: bigint
  readonly link: number
  readonly info: number
  readonly alignment: bigint
  readonly entrySize: bigint
}

export interface RawSymbol {
  readonly index: number
  readonly nameOffset: number
  /** STT_*. */
  readonly type: number
  readonly sectionIndex: number
  readonly value: bigint
  readonly size: bigint
}

export interface RawRelocation {
  readonly offset: bigint
  readonly type: number
  readonly symbol: number
  readonly addend: bigint
}

export const HEADER_SIZE = 64
export const SECTION_HEADER_SIZE = 64
export const SYMBOL_SIZE = 24
export const RELOCATION_SIZE = 24

/** sh_flags that are looked at. */
export const WRITE = 1
export const ALLOC = 2
export const EXECUTE = 4
export const MERGE = 16

const TWO_64 = 1n << 64n

/** 64-bit unsigned arithmetic, with the overflow that C has. */
export const u64 = (value: bigint): bigint => BigInt.asUintN(64, value)

/** `value` rounded up to `unit`, with C's answer for a unit of 0 (0) and for overflow. */
export const roundUp = (value: bigint, unit: bigint): bigint => u64(value + unit - 1n) & u64(~(unit - 1n))

export class RawPayload {
  readonly bytes: Uint8Array
  readonly #view: DataView

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get size(): number {
    return this.bytes.length
  }

  holds(offset: bigint, size: bigint): boolean {
    return offset + size <= BigInt(this.bytes.length)
  }

  header(): RawHeader {
    return {
      ident: this.bytes.subarray(0, 16),
      type: this.#u16(16),
      machine: this.#u16(18),
      version: this.#u32(20),
      sectionTable: this.#u64(40),
      flags: this.#u32(48),
      programHeaderCount: this.#u16(56),
      sectionEntrySize: this.#u16(58),
      sectionCount: this.#u16(60),
      nameTableIndex: this.#u16(62),
    }
  }

  section(header: RawHeader, index: number): RawSection {
    const at = Number(header.sectionTable) + index * header.sectionEntrySize
    return {
      index,
      nameOffset: this.#u32(at),
      type: this.#u32(at + 4),
      flags: this.#u32(at + 8),
      address: this.#u64(at + 16),
      offset: this.#u64(at + 24),
      size: this.#u64(at + 32),
      link: this.#u32(at + 40),
      info: this.#u32(at + 44),
      alignment: this.#u64(at + 48),
      entrySize: this.#u64(at + 56),
    }
  }

  /** Symbol `index` of a table whose entries may be longer than a symbol. */
  symbol(table: RawSection, index: number): RawSymbol {
    const at = Number(table.offset) + index * Number(table.entrySize)
    return {
      index,
      nameOffset: this.#u32(at),
      type: (this.bytes[at + 4] ?? 0) & 15,
      sectionIndex: this.#u16(at + 6),
      value: this.#u64(at + 8),
      size: this.#u64(at + 16),
    }
  }

  relocation(table: RawSection, index: number): RawRelocation {
    const at = Number(table.offset) + index * Number(table.entrySize)
    return {
      offset: this.#u64(at),
      type: this.#u32(at + 8),
      symbol: this.#u32(at + 12),
      addend: this.#u64(at + 16),
    }
  }

  byte(offset: bigint): number | undefined {
    return this.bytes[Number(offset)]
  }

  /** The NUL-ended string at `offset`; undefined where it would run past the end of the file. */
  text(offset: bigint): string | undefined {
    const from = Number(offset)
    const end = this.bytes.indexOf(0, from)
    if (from >= this.bytes.length || end === -1) return undefined
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + from, end - from).toString('latin1')
  }

  #u16(at: number): number {
    return at + 2 <= this.bytes.length ? this.#view.getUint16(at, true) : 0
  }

  #u32(at: number): number {
    return at + 4 <= this.bytes.length ? this.#view.getUint32(at, true) : 0
  }

  #u64(at: number): bigint {
    return at + 8 <= this.bytes.length ? this.#view.getBigUint64(at, true) : 0n
  }
}

/** Whether `section` passes the bounds check only because offset plus size overflows 64 bits. */
export function wrapsAround({ offset, size }: RawSection): boolean {
  return offset + size >= TWO_64
}
