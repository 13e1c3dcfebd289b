/**
 * An object as pieces with their references resolved and special entries given to their functions.
 *
 * In:  an object, unchanged, and what kind of system it is for.
 * Out: a `PieceMap`. Throws `special/entry-size` when a special section's layout is not understood.
 */
import type { Side } from '../base/side.ts'
import type { ElfObject, ElfRelocation, ElfSection } from '../elf/model.ts'
import { type CutOptions, cutObject, isCut, type Range } from './cut.ts'
import { pieceId } from './ids.ts'
import type { Piece, PieceId, PieceMap } from './model.ts'
import { type ReferenceContext, referencesOf, type SectionPieces } from './references.ts'

export type { CutOptions } from './cut.ts'

export function pieceMap<S extends Side>(object: ElfObject<S>, options: CutOptions): PieceMap<S> {
  const ranges = cutObject(object, options)
  const sections = numbered(ranges)
  const context: ReferenceContext<S> = { object, sections }
  const bySection = object.sections.map((section, index) => {
    const here = sections[index]
    return here === undefined ? [] : sectionPieces(context, section, here)
  })
  const pieces: Piece<S>[] = []
  for (const list of bySection) for (const piece of list) pieces.push(piece)
  const { entriesOf, ownerless } = ownEntries(pieces)
  return { object, pieces, bySection, entriesOf, ownerless, padding: paddingOf(object, bySection, options) }
}

function numbered<S extends Side>(ranges: readonly (readonly Range<S>[])[]): readonly SectionPieces<S>[] {
  let first = 0
  return ranges.map(list => {
    const here = { ranges: list, first }
    first += list.length
    return here
  })
}

function sectionPieces<S extends Side>(
  context: ReferenceContext<S>,
  section: ElfSection<S>,
  { ranges, first }: SectionPieces<S>,
): readonly Piece<S>[] {
  const relocations = ascending(context.object.relocations[section.id] ?? [])
  let next = 0
  return ranges.map((range, index) => {
    const start = next
    const end = range.offset + range.size
    for (let at = relocations[next]; at !== undefined && at.offset < end; at = relocations[++next]);
    const [naming] = range.symbols
    return {
      id: pieceId<S>(first + index),
      kind: range.kind,
      section: section.id,
      offset: range.offset,
      size: range.size,
      symbols: range.symbols.map(symbol => symbol.id),
      name: naming?.name ?? `${section.name}+0x${range.offset.toString(16)}`,
      local: naming === undefined || naming.binding === 'local',
      references: referencesOf(context, section, range, relocations.slice(start, next)),
    }
  })
}

function ascending<S extends Side>(relocations: readonly ElfRelocation<S>[]): readonly ElfRelocation<S>[] {
  const isSorted = relocations.every((at, index) => index === 0 || (relocations[index - 1]?.offset ?? 0) <= at.offset)
  return isSorted ? relocations : relocations.toSorted((a, b) => a.offset - b.offset)
}

/** Gives each special entry to the function that its first field points into. */
function ownEntries<S extends Side>(pieces: readonly Piece<S>[]) {
  const entriesOf = new Map<PieceId<S>, PieceId<S>[]>()
  const ownerless: PieceId<S>[] = []
  for (const entry of pieces) {
    if (entry.kind !== 'entry') continue
    const target = entry.references[0]?.target
    const owner = target?.to === 'piece' ? pieces[target.piece] : undefined
    if (owner === undefined || owner.kind !== 'function') {
      ownerless.push(entry.id)
      continue
    }
    const list = entriesOf.get(owner.id)
    if (list === undefined) entriesOf.set(owner.id, [entry.id])
    else list.push(entry.id)
  }
  return { entriesOf, ownerless }
}

function paddingOf<S extends Side>(
  object: ElfObject<S>,
  bySection: readonly (readonly Piece<S>[])[],
  options: CutOptions,
): PieceMap<S>['padding'] {
  return object.sections.flatMap((section, index) => {
    const end = (bySection[index] ?? []).reduce((last, piece) => Math.max(last, piece.offset + piece.size), 0)
    if (end >= section.size || !isCut(section, options.table)) return []
    return [{ section: section.id, offset: end, size: section.size - end }]
  })
}
