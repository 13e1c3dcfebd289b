/**
 * An object as pieces with their references resolved and special entries given to their functions.
 *
 * In:  an object, unchanged, and the loader of the system that it is for.
 * Out: a `PieceMap`. Throws `special/entry-size` when a special section's layout is not understood, and
 *      `elf/intermediate-code` where there is none that runs.
 */
import type { Side } from '../base/side.ts'
import type { ElfObject, ElfRelocation, ElfSection, SectionId } from '../elf/model.ts'
import { withCommonsPlaced } from './common.ts'
import { cutObject, type Range } from './cut.ts'
import { withDistanceTables } from './distance-tables.ts'
import { pieceId } from './ids.ts'
import { checkHasCode } from './intermediate.ts'
import type { Piece, PieceId, PieceMap, SectionFacts } from './model.ts'
import { withoutPadding } from './padding.ts'
import { type ReferenceContext, reachesSurely, referencesOf, relocationsOf, type SectionPieces } from './references.ts'
import { type CutOptions, isCut, sectionFacts } from './section-facts.ts'

export type { CutOptions } from './section-facts.ts'

export function pieceMap<S extends Side>(given: ElfObject<S>, options: CutOptions): PieceMap<S> {
  checkHasCode(given)
  const object = withCommonsPlaced(given)
  const facts = sectionFacts(object, options)
  const sections = numbered(withoutPadding(object, numbered(cutObject(object, facts, options))))
  const context: ReferenceContext<S> = { object, sections }
  const asWritten = object.sections.map((section, index) => {
    const here = sections[index]
    return here === undefined ? [] : sectionPieces(context, section, here)
  })
  const bySection = withDistanceTables(object, asWritten)
  const pieces: Piece<S>[] = []
  for (const list of bySection) for (const piece of list) pieces.push(piece)
  const { entriesOf, ownerless } = ownEntries(pieces)
  const padding = paddingOf(object, bySection, facts)
  return {
    object,
    sections: facts,
    pieces,
    bySection,
    entriesOf,
    ownerless,
    reachesSurely: reachesSurely(object),
    padding,
  }
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
  const relocations = new Map<Range<S>, readonly ElfRelocation<S>[]>()
  const all = context.object.relocations[section.id] ?? []
  if (all.length > 0) for (const { range, relocations: own } of relocationsOf(ranges, all)) relocations.set(range, own)
  return ranges.map((range, index) => {
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
      references: referencesOf(context, section, range, relocations.get(range) ?? []),
    }
  })
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
  facts: readonly SectionFacts[],
): PieceMap<S>['padding'] {
  return object.sections.flatMap(section => {
    if (!isCut(section, facts)) return []
    const gaps: { section: SectionId<S>; offset: number; size: number }[] = []
    let end = 0
    for (const { offset, size } of bySection[section.id] ?? []) {
      if (offset > end) gaps.push({ section: section.id, offset: end, size: offset - end })
      end = Math.max(end, offset + size)
    }
    if (end < section.size) gaps.push({ section: section.id, offset: end, size: section.size - end })
    return gaps
  })
}
