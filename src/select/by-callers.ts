/**
 * Changed functions that no jump leads to: all of their callers are replaced in their stead, and reach the new copy inside
 * the payload. Which functions these are, the units say (`UnitInput.byCallers`); whose callers are known, `callers.ts`.
 */
import type { Reason, Refusal } from '../base/refusal.ts'
import type { Judged } from '../compare/model.ts'
import { globalNames } from './callers.ts'
import type { PieceAddress, SelectedPiece, SelectRules, UnitInput } from './model.ts'
import { originOf, runningNameOf } from './origins.ts'
import { verdictReason } from './words.ts'

/** Refusals of a function that say nothing against its callers. */
export const CALLERS_HELP: ReadonlySet<string> = new Set(['too-small', 'duplicate-name'])

export function reachedByCallers({ verdict }: Judged): Reason {
  return { code: 'by-callers', text: `${verdictReason(verdict).text}; its callers are replaced in its stead` }
}

/** The names by which other units of the payload reach them. */
export function namesByCallers(units: readonly UnitInput[]): ReadonlyMap<string, PieceAddress> {
  const found = new Map<string, PieceAddress>()
  units.forEach(({ verdicts, byCallers = new Set() }, unit) => {
    const { patched } = verdicts.correlation
    for (const id of byCallers) {
      const piece = patched.pieces[id]
      if (piece === undefined) continue
      for (const name of globalNames(patched, piece)) found.set(name, { unit, piece: id })
    }
  })
  return found
}

/** The last look: nothing of the payload may lead to the old one, by whatever name. */
export function reachesOldCallee(
  units: readonly UnitInput[],
  pieces: readonly SelectedPiece[],
  { target: { loader } }: SelectRules,
): readonly Refusal[] {
  const old = new Set(
    units.flatMap(({ byCallers = new Set() }, unit) =>
      [...byCallers].flatMap(piece => {
        const origin = originOf(units, { unit, piece })
        return origin === undefined ? [] : runningNameOf(origin, loader)
      }),
    ),
  )
  if (old.size === 0) return []
  return pieces.flatMap(({ address, piece, references }) =>
    references.flatMap(({ link }): readonly Refusal[] => {
      if (link.to !== 'running' || !old.has(link.name)) return []
      return [
        {
          code: 'callers-unknown',
          unit: units[address.unit]?.unit ?? '',
          symbol: piece.name,
          text: `${piece.name} leads to the old ${link.name}, whose callers are replaced in its stead`,
          hint: 'call it by its own name in C, not by the name that the running system has for it',
        },
      ]
    }),
  )
}
