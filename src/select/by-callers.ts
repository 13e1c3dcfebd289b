/**
 * Changed functions that no jump leads to: all of their callers are replaced in their stead, and reach the new copy inside
 * the payload. Which functions these are, the units say (`UnitInput.byCallers`); whose callers are known, `callers.ts`.
 */
import type { Reason, Refusal } from '../base/refusal.ts'
import type { Judged } from '../compare/model.ts'
import type { Loader } from '../loaders/loader.ts'
import { globalNames } from './callers.ts'
import type { PieceAddress, Replacement, SelectedPiece, SelectRules, UnitInput } from './model.ts'
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

/** Those of the running system that nobody enters any more. */
export function leftToCallers(units: readonly UnitInput[], loader: Loader): readonly Replacement[] {
  return units.flatMap(({ unit: name, byCallers = new Set() }, unit) =>
    [...byCallers].flatMap(piece => {
      const address: PieceAddress = { unit, piece }
      const origin = originOf(units, address)
      if (origin === undefined) return []
      return [{ address, unit: name, runningName: runningNameOf(origin, loader), oldSize: origin.piece.size }]
    }),
  )
}

/** The last look: nothing of the payload may lead to the old one, by whatever name. */
export function reachesOldCallee(
  units: readonly UnitInput[],
  pieces: readonly SelectedPiece[],
  { target: { loader } }: SelectRules,
): readonly Refusal[] {
  const old = new Set(leftToCallers(units, loader).map(({ runningName }) => runningName))
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

/** How a payload calls such a function (`assemble/names.ts`): no other replaced one has a mark behind its name. */
const MARKED = /^(.*)#[0-9a-f]{8}$/

/** A payload below may have done so with a function that this one replaces: its callers there would go on with theirs. */
export function copiedBelow(replacements: readonly Replacement[], { below }: SelectRules): readonly Refusal[] {
  if (below === undefined) return []
  const copies = new Map<string, string>()
  for (const { name, by, kind } of below.things.values()) {
    const [, own] = kind === 'code' ? (MARKED.exec(name) ?? []) : []
    if (own !== undefined) copies.set(own.slice(own.indexOf('#') + 1), by)
  }
  return replacements.flatMap(({ runningName, unit }): readonly Refusal[] => {
    const symbol = runningName.slice(runningName.indexOf('#') + 1)
    const by = copies.get(symbol)
    if (by === undefined) return []
    return [
      {
        code: 'callers-unknown',
        unit,
        symbol,
        text: `${symbol} is to be replaced, and ${by}, which is applied already, has replaced its callers in its stead: they have a copy of their own, and would go on with that`,
        hint: `build without --on, and let the new payload take the place of ${by} (hotsplice replace)`,
      },
    ]
  })
}
