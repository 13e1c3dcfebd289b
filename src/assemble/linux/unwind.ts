/**
 * How to get out of the payload's code: ORC entries, made anew from those that objtool has written into the objects.
 *
 * An object's entries are in the order of its sections, and each holds up to the next. So a piece takes along the entry
 * that holds at its first byte and all that begin in it, and where nothing follows it directly, an empty one ends it: else
 * the last entry would hold for what the next piece's padding is. objtool leaves out what there is no way out of (entry
 * code, or assembly that the build does not show it) up to the first that has one: there an empty entry says so.
 * Source: Linux 6.1 arch/x86/include/asm/orc_types.h (struct orc_entry, 6 bytes) and arch/x86/kernel/unwind_orc.c.
 */
import { InternalError } from '../../base/errors.ts'
import type { ElfObject, SectionId } from '../../elf/model.ts'
import { SHF_ALLOC, SHF_EXECINSTR, SHT_PROGBITS } from '../../elf/spec/constants.ts'
import { hasFlag } from '../../elf/spec/flags.ts'
import { R_X86_64_PC32 } from '../../machines/x86-64/relocation-numbers.ts'
import type { Selection } from '../../select/model.ts'
import { OutputSection } from '../output-section.ts'
import { inputSection, type Placed } from '../place.ts'
import type { SymbolBook } from '../symbol-book.ts'

const ENTRY = 6
const PLACE = 4
const PLACES = '.orc_unwind_ip'
const ENTRIES = '.orc_unwind'

interface State {
  readonly at: number
  readonly entry: Uint8Array
}

type States = ReadonlyMap<SectionId<'patched'>, readonly State[]>

/** The two tables; nothing where the payload has no code. */
export function unwindTables(selection: Selection, placed: Placed, book: SymbolBook): readonly OutputSection[] {
  const known = selection.units.map(({ patched }) => statesOf(patched.object))
  const found = new Map<string, Map<number, Uint8Array>>()
  const ends: { readonly section: string; readonly at: number }[] = []
  for (const { address, selected, section, offset } of placed.pieces) {
    const { piece } = selected
    if (piece.kind === 'chunk' || !hasFlag(inputSection(selection, selected).flags, SHF_EXECINSTR)) continue
    const states = known[address.unit]?.get(piece.section) ?? []
    const first = states.findLast(({ at }) => at <= piece.offset)?.entry ?? new Uint8Array(ENTRY)
    const inside = states.filter(({ at }) => at > piece.offset && at < piece.offset + piece.size)
    const own = found.get(section) ?? new Map<number, Uint8Array>()
    found.set(section, own)
    own.set(offset, first)
    for (const { at, entry } of inside) own.set(offset + at - piece.offset, entry)
    ends.push({ section, at: offset + piece.size })
  }
  for (const { section, at } of ends) {
    const own = found.get(section)
    if (own !== undefined && !own.has(at)) own.set(at, new Uint8Array(ENTRY))
  }
  return found.size === 0 ? [] : written(found, book)
}

function written(found: ReadonlyMap<string, ReadonlyMap<number, Uint8Array>>, book: SymbolBook): OutputSection[] {
  const places = new OutputSection({ name: PLACES, type: SHT_PROGBITS, flags: SHF_ALLOC })
  const entries = new OutputSection({ name: ENTRIES, type: SHT_PROGBITS, flags: SHF_ALLOC })
  for (const [section, own] of [...found].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    for (const [at, entry] of [...own].toSorted(([a], [b]) => a - b)) {
      const offset = places.append(new Uint8Array(PLACE), { alignment: PLACE, residue: 0 })
      places.relocations.push({ offset, type: R_X86_64_PC32, symbol: book.section(section), addend: BigInt(at) })
      entries.append(entry, { alignment: 2, residue: 0 })
    }
  }
  return [places, entries]
}

/** By section, the entries of its code in the order of places. */
function statesOf(object: ElfObject<'patched'>): States {
  const places = object.sections.find(({ name }) => name === PLACES)
  const entries = object.sections.find(({ name }) => name === ENTRIES)
  if (places === undefined || entries === undefined) return new Map()
  const states = new Map<SectionId<'patched'>, State[]>()
  for (const { offset, symbol, addend } of object.relocations[places.id] ?? []) {
    const place = object.symbols[symbol]?.place
    if (place?.in !== 'section') throw new InternalError(`an entry of ${PLACES} is about no section of its object`)
    const from = (offset / PLACE) * ENTRY
    const list = states.get(place.section) ?? []
    states.set(place.section, list)
    list.push({ at: place.offset + Number(addend), entry: entries.bytes.slice(from, from + ENTRY) })
  }
  for (const list of states.values()) list.sort((a, b) => a.at - b.at)
  return states
}
