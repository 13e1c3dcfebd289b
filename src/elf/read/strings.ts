import { InputError } from '../../base/errors.ts'
import { hex } from './cursor.ts'

/**
 * How many characters of names one table may hand out, as a multiple of the file's size. Strings may share bytes, so a
 * damaged file could ask for the same megabyte thousands of times; names that exist come nowhere near this.
 */
const NAMES_PER_FILE_BYTE = 16

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

  constructor(bytes: Uint8Array, name: string, fileSize: number) {
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    this.#name = name
    this.#budget = fileSize * NAMES_PER_FILE_BYTE
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
    const fact = `more than ${NAMES_PER_FILE_BYTE} times as many characters as the whole file has bytes`
    return new InputError('elf/bad-string', `the names up to that of ${who} hold ${fact}`)
  }
}
