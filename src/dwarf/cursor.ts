import { InputError } from '../base/errors.ts'

/** Names are short: putting them together is quicker than asking a decoder. */
function textOf(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at] ?? 0)
  return text
}

/** Reads one section from its start on; every read is checked against the section's end. */
export class Cursor {
  at = 0
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #name: string

  constructor(bytes: Uint8Array, name: string, at = 0) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#name = name
    this.at = at
  }

  get ended(): boolean {
    return this.at >= this.#bytes.length
  }

  skip(size: number): void {
    this.#take(size)
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true)
  }

  u24(): number {
    return this.u8() + this.u16() * 256
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true)
  }

  /** Unsigned LEB128. */
  unsigned(): bigint | number {
    return this.#leb(false)
  }

  signed(): bigint | number {
    return this.#leb(true)
  }

  /** An unsigned LEB128 that counts or names something in this file. */
  count(): number {
    return Number(this.#leb(false))
  }

  /** Up to the next zero byte. */
  string(): string {
    const end = this.#bytes.indexOf(0, this.at)
    if (end === -1) throw this.#cutShort(1)
    const text = textOf(this.#bytes, this.at, end)
    this.at = end + 1
    return text
  }

  #leb(signed: boolean): bigint | number {
    let value = 0n
    let small = 0
    let shift = 0
    let byte: number
    do {
      byte = this.u8()
      if (shift < 28) small += (byte & 0x7f) << shift
      else {
        if (shift === 28) value = BigInt(small)
        value |= BigInt(byte & 0x7f) << BigInt(shift)
      }
      shift += 7
    } while ((byte & 0x80) !== 0)
    const negative = signed && (byte & 0x40) !== 0
    if (shift <= 28) return negative ? small - 2 ** shift : small
    return negative ? value - (1n << BigInt(shift)) : value
  }

  #take(size: number): number {
    const at = this.at
    if (size < 0 || at + size > this.#bytes.length) throw this.#cutShort(size)
    this.at = at + size
    return at
  }

  #cutShort(size: number): InputError {
    return new InputError(
      'dwarf/truncated',
      `${this.#name} has ${this.#bytes.length} bytes, and ${size} more are wanted at ${this.at}`,
      'the compiler wrote debug information that hotsplice cannot read; please report it',
    )
  }
}

/** A section of strings; each is read once. */
export class Strings {
  readonly #bytes: Uint8Array
  readonly #name: string
  readonly #known = new Map<number, string>()

  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes
    this.#name = name
  }

  at(offset: number): string {
    let text = this.#known.get(offset)
    if (text === undefined) {
      text = new Cursor(this.#bytes, this.#name, offset).string()
      this.#known.set(offset, text)
    }
    return text
  }
}
