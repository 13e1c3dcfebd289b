/**
 * Functions that special sections are about whose entries are not understood. Entries come into a payload with the function
 * that they are for; of these nobody can say which are whose, so the function would come without them, and a fault that it
 * was prepared for would be the end of the system.
 */
import type { Refusal } from '../base/refusal.ts'
import { sectionClassOf } from '../pieces/section-facts.ts'
import type { SelectedPiece, UnitInput } from './model.ts'

export function unknownEntries(units: readonly UnitInput[], pieces: readonly SelectedPiece[]): readonly Refusal[] {
  const about = units.map(({ verdicts }) => sectionsAbout(verdicts.correlation.patched))
  return pieces.flatMap(({ address, piece }): readonly Refusal[] =>
    [...(about[address.unit]?.get(piece.id) ?? [])].map(section => ({
      code: 'unknown-entries',
      unit: units[address.unit]?.unit ?? '',
      symbol: piece.name,
      text: `${piece.name} has entries in ${section}, whose layout is not known on this machine, so they cannot be brought with it`,
      hint: 'leave the function as it is, and change what it calls or what calls it',
    })),
  )
}

type Patched = UnitInput['verdicts']['correlation']['patched']

/** For each piece, the sections of entries that are one whole and refer to it. */
function sectionsAbout(map: Patched): ReadonlyMap<SelectedPiece['piece']['id'], ReadonlySet<string>> {
  const about = new Map<SelectedPiece['piece']['id'], Set<string>>()
  for (const piece of map.pieces) {
    if (piece.kind === 'entry' || sectionClassOf(map, piece) !== 'entries') continue
    const section = map.object.sections[piece.section]?.name ?? ''
    for (const { target } of piece.references) {
      if (target.to !== 'piece') continue
      const names = about.get(target.piece) ?? new Set()
      about.set(target.piece, names.add(section))
    }
  }
  return about
}
