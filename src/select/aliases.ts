/**
 * Names that lead to another function or variable than before, while what they led to goes on under another name: an
 * alias that is given another target, a function that becomes an alias, an alias that becomes a function of its own. Two
 * functions that the compiler merged because they were equal are such aliases too.
 *
 * Callers elsewhere have the name's old address. Nothing can be written there that is right for both: whoever calls by
 * the other name means what is there.
 */
import type { Refusal } from '../base/refusal.ts'
import type { Side } from '../base/side.ts'
import type { Piece, PieceMap } from '../pieces/model.ts'
import { isCompilerMade, staticFamily } from '../pieces/names.ts'
import type { UnitInput } from './model.ts'

export function strayNames({ unit, verdicts, untaken }: UnitInput): readonly Refusal[] {
  const { original, patched, toPatched, toOriginal } = verdicts.correlation
  const after = namesIn(patched)
  return [...namesIn(original)].flatMap(([name, old]): readonly Refusal[] => {
    const now = after.get(name)
    if (old === 'several' || now === undefined || now === 'several' || untaken?.has(name) === true) return []
    const successor = toPatched.get(old.id)
    if (successor === now.id) return []
    const predecessor = toOriginal.get(now.id)
    if (successor === undefined && predecessor === undefined) return []
    const other = successor === undefined ? original.pieces[predecessor ?? -1] : patched.pieces[successor]
    return [
      {
        code: 'alias-moved',
        unit,
        symbol: name,
        text: `${name} leads to other ${old.kind === 'function' ? 'code' : 'data'} than before, and ${other?.name === name ? 'what it led to' : (other?.name ?? 'what it led to')} stays what it is: whoever holds the old address would not get there`,
        hint: 'let the name be a function of its own that calls what is meant, before and after; or change the callers',
      },
    ]
  })
}

/** Functions and variables by each of their names; 'several' where two share it. */
function namesIn<S extends Side>(map: PieceMap<S>): ReadonlyMap<string, Piece<S> | 'several'> {
  const names = new Map<string, Piece<S> | 'several'>()
  for (const piece of map.pieces) {
    if (piece.kind !== 'function' && piece.kind !== 'data') continue
    for (const id of piece.symbols) {
      const name = map.object.symbols[id]?.name ?? ''
      if (name.startsWith('.L') || isCompilerMade(name) || (piece.kind === 'data' && staticFamily(name) !== undefined))
        continue
      names.set(name, names.has(name) && names.get(name) !== piece ? 'several' : piece)
    }
  }
  return names
}
