/**
 * Where the code of an entry lies: from an address on, or in the stretches of a list (DWARF 5, section 2.17).
 *
 * In:  an object, and the root of one of its units.
 * Out: of an entry, its stretches; those whose section is not known are left out.
 */
import type { Side } from '../base/side.ts'
import type { ElfObject } from '../elf/index.ts'
import { DW_AT, DW_RLE } from './constants.ts'
import { contentOf } from './content.ts'
import { Cursor } from './cursor.ts'
import type { Entry } from './entries.ts'
import { type CodePlace, placeOf, relocationsOf } from './relocated.ts'
import { findDebugSection } from './sections.ts'

export interface Stretch {
  readonly section: number
  readonly from: number
  /** Behind its last byte. */
  readonly end: number
}

const ADDRESS = 8
const LISTS = '.debug_rnglists'

type Find = (at: number) => CodePlace | undefined

/** For the entries of all units of an object. */
export function codeRanges<S extends Side>(object: ElfObject<S>): (root: Entry, entry: Entry) => readonly Stretch[] {
  const [info, addresses, inLists] = ['.debug_info', '.debug_addr', LISTS].map((name): Find => {
    const relocations = relocationsOf(object, name)
    return at => placeOf(object, relocations.get(at))
  })
  const section = findDebugSection(object, LISTS)
  const lists = section === undefined ? new Uint8Array() : contentOf(section)
  return (root, entry) => {
    const number = (attribute: number) => Number(root.attributes.get(attribute) ?? 0)
    const numbered = (index: number | bigint) => addresses?.(number(DW_AT.addr_base) + Number(index) * ADDRESS)
    const first = (of: Entry) => {
      const at = of.attributes.get(DW_AT.low_pc)
      return typeof at === 'bigint' ? numbered(at) : typeof at === 'number' ? info?.(at) : undefined
    }
    const list = entry.attributes.get(DW_AT.ranges)
    if (typeof list !== 'number' && typeof list !== 'bigint') {
      return stretch(first(entry), Number(entry.attributes.get(DW_AT.high_pc) ?? 0))
    }
    const base = number(DW_AT.rnglists_base)
    const at = typeof list === 'number' ? list : base + new Cursor(lists, LISTS, base + Number(list) * 4).u32()
    return readList(new Cursor(lists, LISTS, at), first(root), { numbered, there: each => inLists?.(each) })
  }
}

function stretch(place: CodePlace | undefined, size: number, skipped = 0): readonly Stretch[] {
  if (place === undefined || size === 0) return []
  const from = place.offset + skipped
  return [{ section: place.section, from, end: from + size }]
}

interface Addresses {
  readonly numbered: (index: number) => CodePlace | undefined
  /** That stands in the list itself. */
  readonly there: Find
}

function readList(cursor: Cursor, first: CodePlace | undefined, { numbered, there }: Addresses): readonly Stretch[] {
  const found: Stretch[] = []
  const address = () => {
    cursor.skip(ADDRESS)
    return there(cursor.at - ADDRESS)
  }
  const between = (from: CodePlace | undefined, end: CodePlace | undefined) =>
    from?.section === end?.section ? stretch(from, (end?.offset ?? 0) - (from?.offset ?? 0)) : []
  for (let base = first; ; ) {
    switch (cursor.u8()) {
      case DW_RLE.end_of_list:
        return found
      case DW_RLE.base_addressx:
        base = numbered(cursor.count())
        break
      case DW_RLE.base_address:
        base = address()
        break
      case DW_RLE.offset_pair: {
        const from = cursor.count()
        found.push(...stretch(base, cursor.count() - from, from))
        break
      }
      case DW_RLE.startx_endx:
        found.push(...between(numbered(cursor.count()), numbered(cursor.count())))
        break
      case DW_RLE.startx_length:
        found.push(...stretch(numbered(cursor.count()), cursor.count()))
        break
      case DW_RLE.start_end:
        found.push(...between(address(), address()))
        break
      case DW_RLE.start_length:
        found.push(...stretch(address(), cursor.count()))
        break
      default:
        // How long what follows is, is not known.
        return found
    }
  }
}
