/**
 * Which fillers are padding: those that nothing leads to. No symbol stands there, no relocation of anything that is
 * loaded reaches them, and no code of their section leads there by a distance of its own.
 *
 * Worse mistake: to call code padding. Nops and int3 are code where something jumps to them, or runs into them, or
 * where the system overwrites them while it boots (alternatives); zeros are data where something reads them. So what
 * is reached stays: code with the function before it, data as a piece of its own.
 */

import type { Side } from '../base/side.ts'
import type { ElfObject, ElfSection } from '../elf/model.ts'
import { SHF_ALLOC, SHF_EXECINSTR } from '../elf/spec/constants.ts'
import { isMappingSymbol } from '../elf/spec/mapping-symbols.ts'
import { machineOf } from '../machines/machines.ts'
import type { Range } from './cut.ts'
import { listsEntries } from './prefix.ts'
import { placesReached } from './reached.ts'
import { relocationsOf, type SectionPieces } from './references.ts'

/** The ranges without those that are padding. */
export function withoutPadding<S extends Side>(
  object: ElfObject<S>,
  sections: readonly SectionPieces<S>[],
): readonly (readonly Range<S>[])[] {
  const doubtful = new Set(sections.flatMap(({ ranges }, id) => (ranges.some(isFiller) ? [id] : [])))
  if (doubtful.size === 0) return sections.map(({ ranges }) => ranges)
  const reached = new Reached(object.sections.length)
  noteSymbols(object, doubtful, reached)
  noteRelocations(object, sections, { doubtful, reached })
  return sections.map(({ ranges }, id) => {
    const section = object.sections[id]
    if (section === undefined || !doubtful.has(id)) return ranges
    noteHidden(object, section, ranges, reached)
    return settled(section, ranges, reached)
  })
}

const isFiller = (range: Range<Side>) => range.filler === true

/** Places that something leads to, by section. */
class Reached {
  readonly #places: readonly { readonly first: number; readonly last: number }[][]

  constructor(sections: number) {
    this.#places = Array.from({ length: sections }, () => [])
  }

  /** One of the places from `first` to `last` is reached. */
  note(section: number, first: number, last = first): void {
    this.#places[section]?.push({ first, last })
  }

  /** The very end of a section belongs to what is last there. */
  has(section: ElfSection<Side>, { offset, size }: Range<Side>): boolean {
    const end = offset + size === section.size ? section.size + 1 : offset + size
    return this.#places[section.id]?.some(({ first, last }) => last >= offset && first < end) ?? false
  }
}

function noteSymbols<S extends Side>(object: ElfObject<S>, doubtful: ReadonlySet<number>, reached: Reached): void {
  for (const symbol of object.symbols) {
    const { kind, place } = symbol
    if (kind === 'section' || place.in !== 'section' || !doubtful.has(place.section)) continue
    if (!isMappingSymbol(object.header.machine, symbol)) reached.note(place.section, place.offset)
  }
}

/** Sections that are loaded count even where they play no part for a hotpatch: they may describe code. */
function noteRelocations<S extends Side>(
  object: ElfObject<S>,
  sections: readonly SectionPieces<S>[],
  { doubtful, reached }: { readonly doubtful: ReadonlySet<number>; readonly reached: Reached },
): void {
  const leadsThere = ({ symbol }: { readonly symbol: number }) => {
    const place = object.symbols[symbol]?.place
    return place?.in === 'section' && doubtful.has(place.section)
  }
  for (const section of object.sections) {
    const relocations = object.relocations[section.id]?.filter(leadsThere) ?? []
    if (relocations.length === 0 || (section.flags & SHF_ALLOC) === 0 || listsEntries(section.name)) continue
    const cut = sections[section.id]?.ranges ?? []
    const whole: Range<S> = { kind: 'anonymous', offset: 0, size: section.size, symbols: [] }
    for (const { range, relocations: own } of relocationsOf(cut.length === 0 ? [whole] : cut, relocations)) {
      for (const place of placesReached(object, section, range, own)) {
        reached.note(place.section, place.first, place.last)
      }
    }
  }
}

/** Code that leads to a place of its own section without a relocation, or runs on into it. */
function noteHidden<S extends Side>(
  object: ElfObject<S>,
  section: ElfSection<S>,
  ranges: readonly Range<S>[],
  reached: Reached,
): void {
  const { code } = machineOf(object.header.machine)
  if ((section.flags & SHF_EXECINSTR) === 0 || code === undefined) return
  const offsets = object.relocations[section.id]?.map(({ offset }) => offset) ?? []
  for (const { offset, size, filler } of ranges) {
    if (filler === true) continue
    const relocated = new Set(offsets.map(at => at - offset))
    for (const { target } of code.hiddenReferences(section.bytes.subarray(offset, offset + size), relocated)) {
      reached.note(section.id, offset + target)
    }
  }
}

function settled<S extends Side>(
  section: ElfSection<S>,
  ranges: readonly Range<S>[],
  reached: Reached,
): readonly Range<S>[] {
  const isCode = (section.flags & SHF_EXECINSTR) !== 0
  const kept: Range<S>[] = []
  for (const { filler, ...range } of ranges) {
    if (filler === true && !reached.has(section, range)) continue
    const last = kept.at(-1)
    if (filler === true && isCode && last !== undefined) {
      kept[kept.length - 1] = { ...last, size: range.offset + range.size - last.offset }
    } else kept.push(range)
  }
  return kept
}
