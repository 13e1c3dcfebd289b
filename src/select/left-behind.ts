/**
 * New variables that ought to have been old ones. A variable that moves from a file into a function, from a function into
 * the file, or to another file is a new one to the compiler: the payload would bring it, empty, while what the running
 * system has gathered in the old one stays behind unread. Names tell: a new writable object that is called like one that is
 * gone, up to the compiler's number (`count` and `count.0`).
 *
 * Static locals that could be several old ones are refused elsewhere (`ambiguous-static`).
 */
import type { Refusal } from '../base/refusal.ts'
import type { Side } from '../base/side.ts'
import { SHF_WRITE } from '../elf/spec/constants.ts'
import type { Piece, PieceMap } from '../pieces/model.ts'
import { isCompilerMade, numberedBase } from '../pieces/names.ts'
import type { SelectedPiece, UnitInput } from './model.ts'

interface Gone {
  readonly unit: string
  readonly name: string
}

export function leftBehind(units: readonly UnitInput[], pieces: readonly SelectedPiece[]): readonly Refusal[] {
  const gone = goneVariables(units)
  return pieces.flatMap(({ address, piece, role }): readonly Refusal[] => {
    const input = units[address.unit]
    if (role !== 'new-data' || input === undefined) return []
    if (!isWritable(input.verdicts.correlation.patched, piece)) return []
    return (gone.get(baseOf(piece.name)) ?? []).map(old => ({
      code: 'state-left-behind',
      unit: input.unit,
      symbol: piece.name,
      text: `${piece.name} is new in ${input.unit}, and ${old.name}, which the running system has from ${old.unit}, is gone: the new variable would begin afresh, and what the old one holds would be lost`,
      hint: 'leave the variable where it is declared, and reach it from where it is needed; if it is meant to be another one, give it another name',
    }))
  })
}

function goneVariables(units: readonly UnitInput[]): ReadonlyMap<string, readonly Gone[]> {
  const gone = new Map<string, Gone[]>()
  for (const { unit, verdicts } of units) {
    for (const { verdict, original, name } of verdicts.data) {
      if (verdict.kind !== 'gone' || original === undefined || isCompilerMade(name)) continue
      if (!isWritable(verdicts.correlation.original, original)) continue
      const base = baseOf(original.name)
      gone.set(base, [...(gone.get(base) ?? []), { unit, name: original.name }])
    }
  }
  return gone
}

const baseOf = (name: string): string => numberedBase(name) ?? name

function isWritable<S extends Side>(map: PieceMap<S>, piece: Piece<S>): boolean {
  return ((map.object.sections[piece.section]?.flags ?? 0) & SHF_WRITE) !== 0
}
