import type { Side } from '../../base/side.ts'
import type { ElfObject, ElfSymbol } from '../model.ts'
import { compactCount } from '../read/crel.ts'
import { readDynamicRelocations, readDynamicSymbols } from '../read/dynamic.ts'
import { ET_REL, RELA_SIZE, SHT_CREL, SHT_RELA } from '../spec/constants.ts'
import { knowsRelocations, relocationName } from '../spec/relocation-names.ts'
import { symbolValue } from '../values.ts'
import { symbolName } from './symbols.ts'
import { digits, hex, printable, wide } from './words.ts'

type AnySymbol<S extends Side> = Omit<ElfSymbol<S>, 'id'>

const HEADING = "    Offset             Info             Type               Symbol's Value  Symbol's Name + Addend"

const UNKNOWN_NAMES =
  "The names of this machine's relocation types are not known here, so that their numbers are shown."

/** What one row says, for relocations of both kinds. */
interface Row<S extends Side> {
  readonly at: bigint
  readonly type: number
  readonly index: number
  readonly symbol: AnySymbol<S> | undefined
  readonly addend: bigint
}

/** The relocation sections in the file's order (`readelf -r`). */
export function dumpRelocations<S extends Side>(elf: ElfObject<S>): string[] {
  const rows = new Map([...ownRows(elf), ...dynamicRows(elf)])
  const lines = elf.sections.flatMap(({ id, name, fileOffset }) => {
    const own = rows.get(id)
    if (own === undefined || own.length === 0) return []
    const count = own.length === 1 ? '1 entry' : `${own.length} entries`
    const title = `Relocation section '${printable(name)}' at offset ${hex(fileOffset)} contains ${count}:`
    return ['', title, HEADING, ...own.map(row => dumpRow(elf, row))]
  })
  if (lines.length === 0) return ['', 'There are no relocations in this file.']
  return knowsRelocations(elf.header.machine) ? lines : [...lines, '', UNKNOWN_NAMES]
}

/** By relocation section: several may apply to one section, one after the other in the model's list. */
function ownRows<S extends Side>(elf: ElfObject<S>): Map<number, readonly Row<S>[]> {
  const dynamic = new Set(readDynamicRelocations(elf).map(({ section }) => section.id))
  const taken = new Map<number, number>()
  const rows = new Map<number, readonly Row<S>[]>()
  for (const section of elf.sections) {
    const { id, type, info, size } = section
    const isCompact = type === SHT_CREL && elf.header.type === ET_REL
    if ((type !== SHT_RELA && !isCompact) || dynamic.has(id)) continue
    const start = taken.get(info) ?? 0
    const end = start + (isCompact ? compactCount(section) : size / RELA_SIZE)
    taken.set(info, end)
    const base = elf.header.type === ET_REL ? 0n : (elf.sections[info]?.address ?? 0n)
    const own = elf.relocations[info]?.slice(start, end) ?? []
    rows.set(
      id,
      own.map(({ offset, type, symbol, addend }) => {
        return { at: base + BigInt(offset), type, index: symbol, symbol: elf.symbols[symbol], addend }
      }),
    )
  }
  return rows
}

function dynamicRows<S extends Side>(elf: ElfObject<S>): Map<number, readonly Row<S>[]> {
  const tables = readDynamicRelocations(elf)
  const symbols = tables.length > 0 ? readDynamicSymbols(elf) : []
  return new Map(
    tables.map(({ section, relocations }) => [
      section.id,
      relocations.map(({ address, type, symbol, addend }) => {
        return { at: address, type, index: symbol, symbol: symbols[symbol], addend }
      }),
    ]),
  )
}

function dumpRow<S extends Side>(elf: ElfObject<S>, { at, type, index, symbol, addend }: Row<S>): string {
  const info = `${digits(index, 8)}${digits(type, 8)}`
  const head = `${wide(at)}  ${info} ${relocationName(elf.header.machine, type).padEnd(22)}`
  if (index === 0 || symbol === undefined) return `${head}${' '.repeat(20)}${signedHex(addend)}`
  const name = printable(relocatedName(elf, symbol))
  const sum = `${name} ${addend < 0n ? '-' : '+'} ${signedHex(addend < 0n ? -addend : addend)}`
  // An indirect function is called for the value.
  if (symbol.kind === 'indirect-function') return `${head} ${`${name}()`.padEnd(16)} ${sum}`
  return `${head} ${wide(symbolValue(elf, symbol))} ${sum}`
}

function relocatedName<S extends Side>(elf: ElfObject<S>, symbol: AnySymbol<S>): string {
  if (symbol.name !== '' || symbol.place.in !== 'section') return symbol.name
  return symbolName(elf, symbol) || (elf.sections[symbol.place.section]?.name ?? '')
}

function signedHex(value: bigint): string {
  return value.toString(16)
}
