/** What the payload has a copy of although the running system has it too, and why: one answer for each unit. */
import type { Reason, Refusal } from '../base/refusal.ts'
import type { PieceId } from '../pieces/model.ts'
import { innerPlaces } from './inner-places.ts'
import type { ReadConstant, SelectRules, UnitIndex, UnitInput } from './model.ts'
import { type OwnConstants, ownConstants } from './own-constants.ts'

export type CopiedPieces = ReadonlyMap<PieceId<'patched'>, Reason>

export interface Copies {
  readonly carried: CopiedPieces
  readonly refusals: readonly Refusal[]
  /** Of data that is refused anyway: refusals that say more. */
  readonly refused: ReadonlyMap<PieceId<'patched'>, Refusal>
  readonly readers: OwnConstants['readers']
}

export const NO_COPIES: Copies = { carried: new Map(), refusals: [], refused: new Map(), readers: new Map() }

const INNER_PLACES: Reason = { code: 'inner-places', text: 'it leads into replaced code' }
const OWN_COPY: Reason = {
  code: 'own-copy',
  text: 'it is a constant whose content changed, and nobody can tell the two apart',
}

/** `replaced` has, by unit, the original pieces of the functions that are replaced, without their parts. */
export function copiesOf(
  units: readonly UnitInput[],
  replaced: ReadonlyMap<UnitIndex, ReadonlySet<PieceId<'original'>>>,
  { target: { loader } }: Pick<SelectRules, 'target'>,
): readonly Copies[] {
  return units.map((input, unit) => {
    const going = replaced.get(unit) ?? new Set()
    const inner = innerPlaces(input, going, loader)
    const own = ownConstants(input, going, { unit: input.unit, loader })
    const carried = new Map<PieceId<'patched'>, Reason>()
    for (const id of own.carried) carried.set(id, OWN_COPY)
    for (const id of inner.carried) carried.set(id, INNER_PLACES)
    return { carried, refusals: inner.refusals, refused: own.refused, readers: own.readers }
  })
}

export const readConstants = (copies: readonly Copies[]): readonly ReadConstant[] =>
  copies.flatMap(({ readers }, unit) => [...readers].map(([patched, found]) => ({ unit, patched, readers: found })))
