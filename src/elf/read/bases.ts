import type { Side } from '../../base/side.ts'
import type { ElfSection } from '../model.ts'
import { SHF_TLS } from '../spec/constants.ts'
import { hasFlag } from '../spec/flags.ts'
import { countAt, type Table, TWO_32, tooLarge, wordAt } from './cursor.ts'

/**
 * Turns the addresses of a linked file into offsets in its sections, in halves of 32 bits: kernels live at the top of
 * the 64-bit range, where a double is not exact, but the distance to the section's start is.
 * A relocatable object has offsets as they are: there all bases are 0.
 */
export class Bases {
  readonly #low: Float64Array
  readonly #high: Float64Array
  readonly #sections: readonly ElfSection<Side>[]
  readonly #tlsTemplate: bigint

  constructor(sections: readonly ElfSection<Side>[], linked: boolean) {
    this.#sections = linked ? sections : []
    this.#low = Float64Array.from(this.#sections, ({ address }) => Number(address & 0xffff_ffffn))
    this.#high = Float64Array.from(this.#sections, ({ address }) => Number(address >> 32n))
    this.#tlsTemplate = this.#sections.find(({ flags }) => hasFlag(flags, SHF_TLS))?.address ?? 0n
  }

  /** The address whose low half is at `index`, less the start of section `section`; it may be negative. */
  offset(table: Table, index: number, section: number): number {
    const high = wordAt(table, index + 1) - (this.#high[section] ?? 0)
    const offset = high * TWO_32 + wordAt(table, index) - (this.#low[section] ?? 0)
    if (Number.isSafeInteger(offset)) return offset
    throw tooLarge(table, index, `an offset or address in section ${section}, or its distance from there,`)
  }

  /** Likewise for a thread-local symbol, which a linked file places from the start of the template. */
  tlsOffset(table: Table, index: number, section: number): number {
    const value = countAt(table, index, 'st_value')
    const address = this.#sections[section]?.address
    return address === undefined ? value : value - Number(address - this.#tlsTemplate)
  }
}
