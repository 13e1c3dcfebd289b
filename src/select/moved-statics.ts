/**
 * Functions that went from one file to another and were, or are now, static: to objects one is gone and another new, and
 * no name says that they are one. Who calls the old one by its name is compiled anew and calls the new one; who holds its
 * address, in a list that was filled while the system started, goes on calling the old.
 *
 * So it is refused where somebody may hold it. One that is only called leaves nobody behind.
 */
import type { Refusal } from '../base/refusal.ts'
import { isCall } from '../pieces/calls.ts'
import type { Piece, PieceMap } from '../pieces/model.ts'
import { sourceName } from '../pieces/names.ts'
import type { UnitInput } from './model.ts'

export function movedStatics(units: readonly UnitInput[]): readonly Refusal[] {
  const gone = units.flatMap(input => goneFunctions(units, input))
  return units.flatMap(({ unit, arrived, verdicts }): readonly Refusal[] => {
    const fresh = verdicts.functions.flatMap(({ verdict, patched }) =>
      verdict.kind === 'new' && patched !== undefined && arrived?.has(patched.id) !== true ? [patched.name] : [],
    )
    return gone
      .filter(({ home, name }) => home !== unit && fresh.some(each => sourceName(each) === name))
      .map(({ home, name, holder }) => ({
        code: 'other-definition',
        unit,
        symbol: name,
        text: `${name} is new in ${unit}, and ${name} of ${home}, whose address ${holder} has, is gone: whoever holds that address would still reach the old one`,
        hint: 'leave the function in the file where it is, and change it there; or give the new one another name',
      }))
  })
}

interface Gone {
  readonly home: string
  readonly name: string
  /** What has its address. */
  readonly holder: string
}

/** The functions that `input` loses and that somebody may hold the address of. */
function goneFunctions(units: readonly UnitInput[], input: UnitInput): readonly Gone[] {
  const here = units.indexOf(input)
  const moved = new Set(
    units.flatMap(({ arrived }) =>
      [...(arrived?.values() ?? [])].flatMap(was => (was.unit === here ? [was.piece] : [])),
    ),
  )
  return input.verdicts.functions.flatMap(({ verdict, original }): readonly Gone[] => {
    if (verdict.kind !== 'gone' || original === undefined || moved.has(original.id)) return []
    const near = original.local ? [input] : units
    const [holder] = near.flatMap(each => holdersIn(each.verdicts.correlation.original, original, each === input))
    return holder === undefined ? [] : [{ home: input.unit, name: sourceName(original.name), holder: holder.name }]
  })
}

function holdersIn(
  map: PieceMap<'original'>,
  wanted: Piece<'original'>,
  isHome: boolean,
): readonly Piece<'original'>[] {
  return map.pieces.filter(
    piece =>
      !(isHome && piece.id === wanted.id) &&
      piece.references.some(reference => {
        const { target } = reference
        const leads = isHome
          ? target.to === 'piece' && target.piece === wanted.id
          : target.to === 'external' && target.name === wanted.name
        return leads && !isCall(map, piece, reference)
      }),
  )
}
