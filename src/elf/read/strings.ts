import { InputError } from '../../base/errors.ts'
import { hex } from './cursor.ts'

/**
 * A string table: NUL-terminated strings addressed by the offset of their first byte (gABI, "String Table").
 * Names are decoded byte by byte (latin1), so that a name read and written again is the same bytes.
 */
export class StringTable {
  readonly #text: string
  readonly #name: string

  constructor(bytes: Uint8Array, name: string) {
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    this.#name = name
  }

  /** The string at `offset`; throws `elf/bad-string` when there is none or no NUL ends it. */
  at(offset: number, what: string): string {
    const end = this.#text.indexOf('\0', offset)
    if (offset >= this.#text.length || end === -1) {
      if (offset === 0) return ''
      throw new InputError(
        'elf/bad-string',
        `${what} is at offset ${hex(offset)} of ${this.#name}, which has ${hex(this.#text.length)} bytes and no end of string there`,
      )
    }
    return this.#text.slice(offset, end)
  }
}
