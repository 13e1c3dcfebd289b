/**
 * Cuts a section whose code only special entries reach (`.fixup`, `.altinstr_replacement`).
 *
 * It has no symbols and no sizes, only places that something points to. A chunk starts where a relocation of another
 * section points, and runs to the next such place. Code that falls through into the next chunk belongs with it, so
 * a cut is made only behind an unconditional jump; an alternative's replacement has its length in the
 * entry, and is cut exactly.
 */
import type { Side } from '../base/side.ts'
import type { ElfObject, ElfSection } from '../elf/model.ts'
import { SHF_EXECINSTR } from '../elf/spec/constants.ts'
import { type EntryLayout, entryLayout } from '../special/entries.ts'

export interface ChunkRange {
  readonly offset: number
  readonly size: number
}

/** A place that something outside of the section points to. */
interface Pointed {
  readonly offset: number
  /** Bytes, where the entry says so. */
  readonly length: number | undefined
}

/** The chunks of `section`, ascending; a replacement of no bytes is a chunk of size 0. */
export function chunkRanges<S extends Side>(object: ElfObject<S>, section: ElfSection<S>): readonly ChunkRange[] {
  const pointed = placesPointedTo(object, section).toSorted((a, b) => a.offset - b.offset)
  if (pointed.some(place => place.length !== undefined)) return withLengths(section, pointed)
  const starts = new Set([0, ...pointed.map(place => place.offset)])
  const relocated = new Set(object.relocations[section.id]?.map(relocation => relocation.offset))
  const cuts = [...starts].filter(at => at === 0 || endsInJump(section.bytes, relocated, at)).sort((a, b) => a - b)
  return cuts
    .map((offset, index) => ({ offset, size: (cuts[index + 1] ?? section.size) - offset }))
    .filter(range => range.size > 0)
}

/** Ranges whose lengths the entries give; what overlaps becomes one, what is left over becomes chunks of its own. */
function withLengths<S extends Side>(section: ElfSection<S>, pointed: readonly Pointed[]): readonly ChunkRange[] {
  const ranges: ChunkRange[] = []
  const covered = (upTo: number) => {
    const end = endOf(ranges.at(-1))
    if (end < upTo) ranges.push({ offset: end, size: upTo - end })
  }
  for (const { offset, length } of pointed) {
    const last = ranges.at(-1)
    const size = length ?? 0
    if (last !== undefined && (offset < endOf(last) || offset === last.offset)) {
      ranges[ranges.length - 1] = { offset: last.offset, size: Math.max(endOf(last), offset + size) - last.offset }
      continue
    }
    covered(offset)
    ranges.push({ offset, size })
  }
  covered(section.size)
  return ranges
}

function endOf(range: ChunkRange | undefined): number {
  return range === undefined ? 0 : range.offset + range.size
}

/**
 * Whether the code before `at` ends in a jump out of the section, so that nothing falls through. The jump's field must
 * be a relocation: bytes alone could be the tail of a constant.
 */
function endsInJump(bytes: Uint8Array, relocated: ReadonlySet<number>, at: number): boolean {
  return at >= 5 && bytes[at - 5] === 0xe9 && relocated.has(at - 4)
}

function placesPointedTo<S extends Side>(object: ElfObject<S>, section: ElfSection<S>): readonly Pointed[] {
  const places: Pointed[] = []
  for (const [index, relocations] of object.relocations.entries()) {
    const from = object.sections[index]
    if (from === undefined || index === section.id) continue
    const layout = entryLayout(from.name)
    const isCode = (from.flags & SHF_EXECINSTR) !== 0
    for (const relocation of relocations) {
      const symbol = object.symbols[relocation.symbol]
      if (symbol?.place.in !== 'section' || symbol.place.section !== section.id) continue
      // A jump's field is its instruction's last four bytes.
      const offset = symbol.place.offset + Number(relocation.addend) + (isCode ? 4 : 0)
      if (offset < 0 || offset > section.size) continue
      const length = layout === undefined ? undefined : lengthFromEntry(from, layout, relocation.offset)
      places.push({ offset, length })
    }
  }
  return places
}

function lengthFromEntry<S extends Side>(from: ElfSection<S>, layout: EntryLayout, at: number): number | undefined {
  const inEntry = at % layout.size
  const field = layout.fields.find(candidate => candidate.offset === inEntry)
  if (field?.lengthAt === undefined) return undefined
  return from.bytes[at - inEntry + field.lengthAt]
}
