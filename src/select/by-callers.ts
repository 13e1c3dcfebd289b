/**
 * Changed functions that no jump leads to: all of their callers are replaced in their stead, and reach the new copy inside
 * the payload. Which functions these are, the units say (`UnitInput.byCallers`); whose callers are known, `callers.ts`.
 */
import type { Reason, Refusal } from '../base/refusal.ts'
import type { Loader } from '../loaders/loader.ts'
import { inFile, mayBeOne, unmarked } from '../loaders/marked-name.ts'
import { globalNames } from './callers.ts'
import type { PieceAddress, Replacement, SelectedPiece, Selection, SelectRules, UnitInput } from './model.ts'
import { originOf, runningNameOf, statedSize } from './origins.ts'

/** Refusals of a function that say nothing against its callers. */
export const CALLERS_HELP: ReadonlySet<string> = new Set(['too-small', 'duplicate-name', 'no-ftrace-site'])

export const REACHED_BY_CALLERS: Reason = { code: 'by-callers', text: 'its callers are replaced in its stead' }

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
      const oldSize = statedSize(origin.input.verdicts.correlation.original, origin.piece)
      return [{ address, unit: name, runningName: runningNameOf(origin, loader), oldSize }]
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

/** The same where the running system is known: no name that the payload uses may stand for a place inside of it. */
export function leadsToLeft(
  { units, pieces }: Pick<Selection, 'units' | 'pieces'>,
  left: readonly Replacement[],
  addressesOf: (name: string) => readonly bigint[],
): readonly Refusal[] {
  const ranges = left.flatMap(({ runningName, oldSize }) =>
    addressesOf(runningName).map(start => ({ runningName, start, end: start + BigInt(Math.max(1, oldSize)) })),
  )
  if (ranges.length === 0) return []
  return pieces.flatMap(({ address, piece, references }) =>
    references.flatMap(({ link }): readonly Refusal[] => {
      if (link.to !== 'running') return []
      const places = addressesOf(link.name)
      const old = ranges.find(({ start, end }) => places.some(place => place >= start && place < end))
      if (old === undefined || old.runningName === link.name) return []
      return [
        {
          code: 'callers-unknown',
          unit: units[address.unit]?.unit ?? '',
          symbol: piece.name,
          text: `${piece.name} leads to the old ${old.runningName} by the name ${link.name}, and the callers of that are replaced in its stead`,
          hint: `call ${old.runningName} by its own name in the patch`,
        },
      ]
    }),
  )
}

interface Chosen {
  readonly replacements: readonly Replacement[]
  readonly pieces: readonly SelectedPiece[]
}

/**
 * A payload below may have done so. With a function that this one replaces: its callers there would go on with theirs. With
 * one that this one refers to: the running system has the old one by that name, and what was mended would be so no more.
 */
export function copiedBelow(
  units: readonly UnitInput[],
  { replacements, pieces }: Chosen,
  { below }: SelectRules,
): readonly Refusal[] {
  if (below === undefined) return []
  const copies = [...below.things.values()].flatMap(({ name, by, kind }) => {
    // No other replaced one has a mark behind its name.
    const own = kind === 'code' ? unmarked(name) : undefined
    return own === undefined ? [] : { own, symbol: inFile(own).symbol, by }
  })
  if (copies.length === 0) return []
  const copyOf = (runningName: string) => copies.find(({ own }) => mayBeOne(own, runningName))
  const replaced = replacements.flatMap(({ runningName, unit }): readonly Refusal[] => {
    const copy = copyOf(runningName)
    if (copy === undefined) return []
    const text = `${copy.symbol} is to be replaced, and ${copy.by}, which is applied already, has replaced its callers in its stead: they have a copy of their own, and would go on with that`
    return [{ code: 'callers-unknown', unit, symbol: copy.symbol, text, hint: togetherHint(copy) }]
  })
  const told = new Set(replaced.map(({ symbol }) => symbol))
  const led = pieces.flatMap(({ address, piece, references }) =>
    references.flatMap(({ link }): readonly Refusal[] => {
      const copy = link.to === 'running' ? copyOf(link.name) : undefined
      if (copy === undefined || told.has(copy.symbol)) return []
      const text = `${piece.name} leads to ${copy.symbol}, and ${copy.by}, which is applied already, has a copy of its own in that one's stead: ${copy.symbol} is still the old one by its name`
      const unit = units[address.unit]?.unit ?? ''
      return [{ code: 'callers-unknown', unit, symbol: piece.name, text, hint: togetherHint(copy) }]
    }),
  )
  return [...replaced, ...led]
}

const togetherHint = ({ by, symbol }: { readonly by: string; readonly symbol: string }): string =>
  `build one payload of all the patches, without --on and with --promote-callers ${symbol}, and let it take the place of ${by} (hotsplice replace)`
