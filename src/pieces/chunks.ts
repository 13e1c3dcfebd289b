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
import { lengthPlace } from '../loaders/entries.ts'
import { entrySize, type ProbedSizes } from '../loaders/entry-size.ts'
import { machineOf } from '../machines/machines.ts'
import type { SectionFacts } from './model.ts'

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

export interface ChunkContext {
  readonly facts: readonly SectionFacts[]
  readonly probed: ProbedSizes | undefined
}

/**
 * The chunks of `section`, ascending. A replacement of no bytes is a chunk of size 0, at the start of the chunk that it
 * points into: what stands there belongs to others.
 */
export function chunkRanges<S extends Side>(
  object: ElfObject<S>,
  section: ElfSection<S>,
  context: ChunkContext,
): readonly ChunkRange[] {
  const pointed = placesPointedTo(object, section, context).toSorted((a, b) => a.offset - b.offset)
  const isEmpty = ({ length }: Pointed) => length === 0
  const filled = pointed.filter(place => !isEmpty(place))
  const chunks = pointed.some(place => place.length !== undefined)
    ? withLengths(section, filled)
    : betweenJumps(object, section, pointed)
  return withEmpty(chunks, pointed.filter(isEmpty))
}

/** Ranges where no entry gives a length; all of it is one where nobody can say what ends in a jump. */
function betweenJumps<S extends Side>(
  object: ElfObject<S>,
  section: ElfSection<S>,
  pointed: readonly Pointed[],
): readonly ChunkRange[] {
  const starts = new Set([0, ...pointed.map(place => place.offset)])
  const relocated = new Set(object.relocations[section.id]?.map(relocation => relocation.offset))
  const { code } = machineOf(object.header.machine)
  const cuts = [...starts]
    .filter(at => at === 0 || code?.endsInJump(section.bytes, relocated, at) === true)
    .sort((a, b) => a - b)
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

function withEmpty(chunks: readonly ChunkRange[], places: readonly Pointed[]): readonly ChunkRange[] {
  const starts = places.map(({ offset }) => {
    const holder = chunks.find(chunk => offset >= chunk.offset && offset < endOf(chunk))
    return holder?.offset ?? offset
  })
  const empty = [...new Set(starts)].map(offset => ({ offset, size: 0 }))
  return [...chunks.filter(({ size }) => size > 0), ...empty].toSorted((a, b) => a.offset - b.offset || a.size - b.size)
}

function endOf(range: ChunkRange | undefined): number {
  return range === undefined ? 0 : range.offset + range.size
}

function placesPointedTo<S extends Side>(
  object: ElfObject<S>,
  section: ElfSection<S>,
  context: ChunkContext,
): readonly Pointed[] {
  const { code } = machineOf(object.header.machine)
  const places: Pointed[] = []
  for (const [index, relocations] of object.relocations.entries()) {
    const from = object.sections[index]
    if (from === undefined || index === section.id) continue
    // What a field of code counts from is the machine's to say.
    const bias = (from.flags & SHF_EXECINSTR) === 0 ? 0 : code?.fieldBias.plain
    if (bias === undefined) continue
    const lengthOf = lengthsFromEntries(object, from, context)
    for (const relocation of relocations) {
      const symbol = object.symbols[relocation.symbol]
      if (symbol?.place.in !== 'section' || symbol.place.section !== section.id) continue
      const offset = symbol.place.offset + Number(relocation.addend) + bias
      if (offset < 0 || offset > section.size) continue
      places.push({ offset, length: lengthOf(relocation.offset) })
    }
  }
  return places
}

/** Answers how long what the field at an offset of `from` points to is, where entries say so. */
function lengthsFromEntries<S extends Side>(
  object: ElfObject<S>,
  from: ElfSection<S>,
  { facts, probed }: ChunkContext,
): (at: number) => number | undefined {
  const layout = facts[from.id]?.layout
  if (layout?.fields.some(field => field.lengthAt !== undefined) !== true) return () => undefined
  const relocationOffsets = object.relocations[from.id]?.map(({ offset }) => offset) ?? []
  const size = entrySize(layout, { size: from.size, relocationOffsets }, probed)
  return at => {
    const inEntry = at % size
    const field = layout.fields.find(({ offset }) => offset === inEntry)
    const lengthAt = field && lengthPlace(field, size)
    return lengthAt === undefined ? undefined : from.bytes[at - inEntry + lengthAt]
  }
}
