/**
 * Compact relocations (SHT_CREL, written by LLVM 19 and later on request; the format is that of the RFC "CREL relocation
 * format for ELF", as LLVM's own reader has it). Each row says what differs from the one before.
 *
 * The table begins with a number: eight times the count of rows, 4 where rows have addends, and by how many bits offsets
 * are shifted. A row begins with a byte that holds flags, for a symbol, a type and an addend that differ, and the low bits
 * of the distance in offsets; more bits follow as ULEB128 where its highest bit is set. The differences follow in that
 * order, as SLEB128.
 */
import { InputError } from '../../base/errors.ts'
import type { Side } from '../../base/side.ts'
import { symbolId } from '../ids.ts'
import type { ElfRelocation, ElfSection } from '../model.ts'

const HAS_ADDENDS = 4n
const [SYMBOL, TYPE, ADDEND] = [1, 2, 4]
const FLAG_BITS = 3
const MORE = 0x80

/** What rows are checked against: the size of what is relocated, and how many symbols there are. */
interface Limits {
  readonly size: number
  readonly symbolCount: number
}

/** All rows of a table, each of them checked. */
export function readCompact<S extends Side>(section: ElfSection<S>, limits: Limits): ElfRelocation<S>[] {
  if (section.size === 0) return []
  const rest = new Rest(section)
  const { count, shift } = headOf(rest, section)
  const rows: ElfRelocation<S>[] = []
  let [offset, symbol, type, addend] = [0n, 0, 0, 0n]
  while (rows.length < count) {
    const first = rest.byte()
    offset += BigInt((first & (MORE - 1)) >> FLAG_BITS)
    if (first >= MORE) offset += rest.unsigned() << BigInt(7 - FLAG_BITS)
    if ((first & SYMBOL) !== 0) symbol = moved(symbol, rest)
    if ((first & TYPE) !== 0) type = moved(type, rest)
    if ((first & ADDEND) !== 0) addend = BigInt.asIntN(64, addend + rest.signed())
    const row = { offset: Number(offset << shift), type, symbol: symbolId<S>(symbol), addend }
    check(row, rows.length, section, limits)
    rows.push(row)
  }
  if (!rest.isEmpty) throw unfit(section, `${rest.left} bytes behind its last row`)
  return rows
}

/** How many rows a table has. */
export function compactCount<S extends Side>(section: ElfSection<S>): number {
  return section.size === 0 ? 0 : headOf(new Rest(section), section).count
}

function headOf<S extends Side>(
  rest: Rest,
  section: ElfSection<S>,
): { readonly count: number; readonly shift: bigint } {
  const head = rest.unsigned()
  const count = head / 8n
  // A row has a byte at least, so that no number of them is believed that the file cannot hold.
  if (count > BigInt(rest.left)) throw unfit(section, `${rest.left} bytes for ${count} rows`)
  if (count > 0n && (head & HAS_ADDENDS) === 0n) {
    throw new InputError(
      'elf/rel-without-addend',
      `section ${section.id} ${section.name} has rows without addends; on this machine relocations carry them`,
    )
  }
  return { count: Number(count), shift: head % HAS_ADDENDS }
}

/** A number of 32 bits, which wraps around. */
function moved(value: number, rest: Rest): number {
  return Number(BigInt.asUintN(32, BigInt(value) + rest.signed()))
}

function check<S extends Side>(
  { offset, symbol }: ElfRelocation<S>,
  index: number,
  { id, name }: ElfSection<S>,
  { size, symbolCount }: Limits,
): void {
  const where = `row ${index} of section ${id} ${name}`
  if (symbol >= symbolCount) {
    const fact = `${where} names symbol ${symbol}, but .symtab has ${symbolCount} entries`
    throw new InputError('elf/bad-symbol-index', fact)
  }
  if (offset > size) {
    const fact = `${where} is a relocation at offset ${offset} of a section that has ${size} bytes`
    throw new InputError('elf/bad-relocation-offset', fact)
  }
}

/** What of a section was not read yet. */
class Rest {
  readonly #section: ElfSection<Side>
  #at = 0

  constructor(section: ElfSection<Side>) {
    this.#section = section
  }

  get left(): number {
    return this.#section.bytes.length - this.#at
  }

  get isEmpty(): boolean {
    return this.left === 0
  }

  byte(): number {
    const byte = this.#section.bytes[this.#at++]
    if (byte === undefined) throw unfit(this.#section, 'rows that go on behind its end')
    return byte
  }

  /** ULEB128 of 64 bits. */
  unsigned(): bigint {
    return BigInt.asUintN(64, this.#number().value)
  }

  /** SLEB128 of 64 bits. */
  signed(): bigint {
    const { value, bits, last } = this.#number()
    return BigInt.asIntN(64, (last & 0x40) === 0 ? value : value - (1n << bits))
  }

  #number(): { readonly value: bigint; readonly bits: bigint; readonly last: number } {
    let [value, bits] = [0n, 0n]
    for (;;) {
      const last = this.byte()
      value |= BigInt(last & (MORE - 1)) << bits
      bits += 7n
      if (last < MORE) return { value, bits, last }
      if (bits > 63n) throw unfit(this.#section, 'a number of more than 64 bits')
    }
  }
}

function unfit({ id, name }: Pick<ElfSection<Side>, 'id' | 'name'>, what: string): InputError {
  return new InputError('elf/bad-table-size', `section ${id} ${name} of compact relocations has ${what}`)
}
