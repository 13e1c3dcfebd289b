import { InputError } from '../../base/errors.ts'
import { hex } from './cursor.ts'

/**
 * How many characters of names one table may hand out for each byte of itself and of the table that names them. Strings
 * may share bytes, so a damaged file could ask for the same megabyte thousands of times; real names come nowhere near.
 */
const CHARACTERS_PER_BYTE = 16

/**
 * A string table: NUL-terminated strings addressed by the offset of their first byte (gABI, "String Table").
 * Names are decoded byte by byte (latin1), so that a name read and written again is the same bytes.
 */
export class StringTable {
  readonly #text: string
  readonly #name: string
  #budget: number
  /** As it should be, but a first string that is not empty is one that exists too. */
  readonly #beginsEmpty: boolean

  /** `namedSize` is how many bytes the table has whose entries are named. */
  constructor(bytes: Uint8Array, name: string, namedSize: number) {
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    this.#name = name
    this.#budget = (bytes.length + namedSize) * CHARACTERS_PER_BYTE
    this.#beginsEmpty = bytes.length === 0 || bytes[0] === 0
  }

  /** The string at `offset`, for the `kind` ('symbol') of number `index`; throws `elf/bad-string` if there is none. */
  at(offset: number, kind: string, index: number): string {
    if (offset === 0 && this.#beginsEmpty) return ''
    const text = this.#text
    const end = text.indexOf('\0', offset)
    // Beyond the end, `indexOf` finds nothing.
    if (end === -1) throw this.#missing(offset, `${kind} ${index}`)
    this.#budget -= end - offset
    if (this.#budget < 0) throw this.#overspent(`${kind} ${index}`)
    return text.slice(offset, end)
  }

  #missing(offset: number, who: string): InputError {
    const fact = `which has ${hex(this.#text.length)} bytes and no end of string after it`
    return new InputError('elf/bad-string', `the name of ${who} is at offset ${hex(offset)} of ${this.#name}, ${fact}`)
  }

  #overspent(who: string): InputError {
    const fact = `more than ${CHARACTERS_PER_BYTE} characters for each byte of the tables behind them`
    return new InputError('elf/bad-string', `the names up to that of ${who} hold ${fact}`)
  }
}
