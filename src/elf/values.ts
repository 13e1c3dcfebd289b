/** The way back from places to the numbers that a file holds. */
import type { Side } from '../base/side.ts'
import type { ElfObject, ElfSymbol } from './model.ts'
import { ET_REL, SHF_TLS } from './spec/constants.ts'
import { hasFlag } from './spec/flags.ts'

/**
 * st_value as the file has it: an offset in a relocatable object, an address in a linked file, an alignment for common
 * symbols. A thread-local symbol of a linked file counts from the start of the template.
 *
 * @param elf the file
 * @param symbol one of its symbols
 * @returns the value
 * @throws never
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { readElf, symbolValue } from 'hotsplice/elf'
 *
 * const elf = readElf(await readFile('original.o'))
 * const f1 = elf.symbols.find(({ name }) => name === 'f1')
 * assert.ok(f1 !== undefined)
 * assert.equal(symbolValue(elf, f1), 0n)
 * ```
 */
export function symbolValue<S extends Side>(
  elf: Pick<ElfObject<S>, 'header' | 'sections'>,
  symbol: Omit<ElfSymbol<S>, 'id'>,
): bigint {
  const { place, kind } = symbol
  switch (place.in) {
    case 'nowhere':
      return place.value ?? 0n
    case 'absolute':
      return place.value
    case 'common':
      return BigInt(place.alignment)
    case 'section': {
      const offset = BigInt(place.offset)
      if (elf.header.type === ET_REL) return offset
      const template = kind === 'tls' ? elf.sections.find(({ flags }) => hasFlag(flags, SHF_TLS))?.address : undefined
      return (elf.sections[place.section]?.address ?? 0n) + offset - (template ?? 0n)
    }
  }
}
