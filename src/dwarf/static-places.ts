/**
 * Where the source declares the variables that lie at one place of an object: static ones, those of functions too, be it
 * that a copy of an inlined function has them.
 *
 * In:  an object with debug information.
 * Out: of a section and an offset, the place of the declaration; nothing of what two declarations say they have.
 */
import type { Side } from '../base/side.ts'
import type { ElfObject, ElfRelocation } from '../elf/index.ts'
import { DW_AT, DW_OP_ADDR, DW_OP_ADDRX, DW_TAG } from './constants.ts'
import { Cursor } from './cursor.ts'
import { type Entry, readEntries } from './entries.ts'
import { readFileNames } from './files.ts'
import type { Place } from './model.ts'
import { debugSections, findDebugSection } from './sections.ts'

export type StaticPlaces = (section: number, offset: number) => Place | undefined

export function staticPlaces<S extends Side>(object: ElfObject<S>): StaticPlaces {
  const sections = debugSections(object)
  const found = new Map<string, Place | undefined>()
  if (sections === undefined) return () => undefined
  const info = relocationsOf(object, '.debug_info')
  const addresses = relocationsOf(object, '.debug_addr')
  for (const root of readEntries(sections)) {
    const files = readFileNames(sections, numberIn(root, DW_AT.stmt_list) ?? 0)
    const base = numberIn(root, DW_AT.addr_base) ?? 0
    const entries = [...within(root)]
    const byId = new Map(entries.map(entry => [entry.id, entry]))
    for (const entry of entries) {
      const at = entry.tag === DW_TAG.variable ? numberIn(entry, DW_AT.location) : undefined
      const where = at === undefined ? undefined : relocationAt(sections.info, at, { info, addresses, base })
      const place = placeOf(entry, byId, files)
      const symbol = where === undefined ? undefined : object.symbols[where.symbol]?.place
      if (where === undefined || place === undefined || symbol?.in !== 'section') continue
      const key = keyOf(symbol.section, symbol.offset + Number(where.addend))
      const known = found.get(key)
      const isOther = found.has(key) && (known?.file !== place.file || known.line !== place.line)
      found.set(key, isOther ? undefined : place)
    }
  }
  return (section, offset) => found.get(keyOf(section, offset))
}

const keyOf = (section: number, offset: number): string => `${section} ${offset}`

function* within(entry: Entry): Generator<Entry> {
  yield entry
  for (const child of entry.children) yield* within(child)
}

type Relocations<S extends Side> = ReadonlyMap<number, ElfRelocation<S>>

function relocationsOf<S extends Side>(object: ElfObject<S>, name: string): Relocations<S> {
  const section = findDebugSection(object, name)
  return new Map((section === undefined ? [] : (object.relocations[section.id] ?? [])).map(each => [each.offset, each]))
}

interface Addresses<S extends Side> {
  readonly info: Relocations<S>
  readonly addresses: Relocations<S>
  /** Where the unit's part of the table begins. */
  readonly base: number
}

/** What fills the address that the expression at `at` is, its length before it; undefined where it is more than that. */
function relocationAt<S extends Side>(
  bytes: Uint8Array,
  at: number,
  { info, addresses, base }: Addresses<S>,
): ElfRelocation<S> | undefined {
  const cursor = new Cursor(bytes, '.debug_info', at)
  const size = bytes[at - 1]
  const code = cursor.u8()
  if (code === DW_OP_ADDR && size === 9) return info.get(cursor.at)
  const index = code === DW_OP_ADDRX ? cursor.count() : undefined
  return index === undefined || cursor.at !== at + (size ?? 0) ? undefined : addresses.get(base + index * 8)
}

/** Of the entry, or of the one that it is a copy of. */
function placeOf(entry: Entry, byId: ReadonlyMap<number, Entry>, files: readonly string[]): Place | undefined {
  const [line, file] = [DW_AT.decl_line, DW_AT.decl_file].map(attribute => {
    const seen = new Set<Entry>()
    for (let at: Entry | undefined = entry; at !== undefined && !seen.has(at); at = originOf(at, byId)) {
      const value = numberIn(at, attribute)
      if (value !== undefined) return value
      seen.add(at)
    }
    return undefined
  })
  const name = file === undefined ? undefined : files[file]
  return name === undefined || line === undefined ? undefined : { file: name, line }
}

function originOf(entry: Entry, byId: ReadonlyMap<number, Entry>): Entry | undefined {
  return byId.get(numberIn(entry, DW_AT.abstract_origin) ?? numberIn(entry, DW_AT.specification) ?? -1)
}

function numberIn({ attributes }: Entry, attribute: number): number | undefined {
  const value = attributes.get(attribute)
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined
}
