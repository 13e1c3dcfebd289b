/**
 * Functions that are the same, and replaced nevertheless: all who read a constant that changed, so that the payload can bring
 * its own copy and nobody goes on with the old one. Only where that is all that stands in the way (`own-constants.ts`), so
 * that no address of the old one is kept anywhere.
 */
import type { Difference, Judged, UnitVerdicts } from '../compare/model.ts'
import type { Loader } from '../loaders/loader.ts'
import type { Piece, PieceId } from '../pieces/model.ts'
import { partOf } from '../pieces/names.ts'
import type { ReadConstant, UnitInput } from './model.ts'

/** The units with all readers of the constants changed; the same ones where one of them is not known as a whole. */
export function withReadersChanged(
  units: readonly UnitInput[],
  constants: readonly ReadConstant[],
  loader: Pick<Loader, 'entersOnce'>,
): readonly UnitInput[] {
  return units.map((input, unit): UnitInput => {
    const own = constants.filter(each => each.unit === unit)
    const changed = new Map(own.flatMap(each => readersOf(input.verdicts, each, loader)))
    if (changed.size === 0) return input
    const functions = input.verdicts.functions.map((judged): Judged => {
      const because = judged.patched === undefined ? undefined : changed.get(judged.patched.id)
      return because === undefined ? judged : { ...judged, verdict: { kind: 'changed', because } }
    })
    return { ...input, verdicts: { ...input.verdicts, functions } }
  })
}

type Changed = readonly (readonly [PieceId<'patched'>, Difference])[]

/** What is to be replaced for one constant: every reader, or none. */
function readersOf(
  verdicts: UnitVerdicts,
  { patched: constant, readers }: ReadConstant,
  loader: Pick<Loader, 'entersOnce'>,
): Changed {
  const within = verdicts.data.find(({ patched }) => patched?.id === constant)?.verdict
  if (within?.kind !== 'changed') return []
  const found = readers.map(reader => {
    const judged = ownerOf(verdicts, reader)
    // One that is entered once may go on in its old code, with the old constant, for good.
    if (judged === undefined || loader.entersOnce(judged.name)) return undefined
    const because = judged.patched && differenceOf(verdicts, judged.patched, constant, within.because)
    return judged.patched === undefined || because === undefined ? undefined : ([judged.patched.id, because] as const)
  })
  const known = found.filter(each => each !== undefined)
  return known.length === found.length ? known : []
}

/** The function that the reader is, or is a part of, if it is there in both versions and would stay. */
function ownerOf({ functions }: UnitVerdicts, { id, name }: Piece<'original'>): Judged | undefined {
  const whole = partOf(name)
  const found = functions.filter(({ original }) =>
    whole === undefined ? original?.id === id : original?.name === whole,
  )
  const [judged] = found
  return found.length === 1 && (judged?.verdict.kind === 'same' || judged?.verdict.kind === 'line-only')
    ? judged
    : undefined
}

/** Where the function, or a part of it, reaches the constant. */
function differenceOf(
  { correlation: { patched }, parts }: UnitVerdicts,
  user: Piece<'patched'>,
  constant: PieceId<'patched'>,
  within: Difference,
): Difference | undefined {
  const name = patched.pieces[constant]?.name ?? ''
  const reached = (piece: Piece<'patched'>): Difference | undefined => {
    const place = piece.references.find(({ target }) => target.to === 'piece' && target.piece === constant)
    return place && { what: 'reaches', offset: place.offset, original: name, patched: name, within }
  }
  const own = reached(user)
  if (own !== undefined) return own
  for (const part of parts.get(user.id) ?? []) {
    const difference = reached(part)
    if (difference !== undefined) return { what: 'part', name: part.name, difference }
  }
  return undefined
}
