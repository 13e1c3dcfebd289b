/**
 * Who may still take a datum for what it was when its type has changed, and its size has not: what stays and refers to it,
 * and whoever may keep its address. Part of the pipeline, for the stage `type-layouts`.
 */
import type { Side } from '../../base/side.ts'
import { mayKeep } from '../../pieces/kept-address.ts'
import type { Piece, PieceId, PieceMap, Target } from '../../pieces/model.ts'
import { partOf } from '../../pieces/names.ts'
import type { Selection, UnitInput } from '../../select/select.ts'

interface Scene {
  readonly units: readonly UnitInput[]
  readonly selection: Selection
  /** Units beside these that refer to a name. */
  readonly referrersOf: (name: string) => readonly string[]
}

/** Undefined where the unit has no such datum, or several. */
export function othersUsing(
  { units, selection, referrersOf }: Scene,
  home: number,
  name: string,
): readonly string[] | undefined {
  const { original, toPatched } = units[home]?.verdicts.correlation ?? {}
  const [piece, ...more] = original?.pieces.filter(each => each.kind === 'data' && each.name === name) ?? []
  if (piece === undefined || more.length > 0) return undefined
  const others = piece.local ? [] : referrersOf(name)
  const successor = toPatched?.get(piece.id)
  const found = units.flatMap((input, at) => {
    const { verdicts, singleResults } = input
    const isHome = at === home
    if (!isHome && piece.local) return []
    const going = goingIn(input, selection, at)
    const before = usersOf(verdicts.correlation.original, isHome ? piece.id : undefined, { name, singleResults })
    const after = usersOf(verdicts.correlation.patched, isHome ? successor : undefined, { name, singleResults })
    return [
      ...before.flatMap(({ user, keeps }) => (keeps || !going.has(partOf(user.name) ?? user.name) ? [user.name] : [])),
      ...after.flatMap(({ user, keeps }) => (keeps ? [user.name] : [])),
    ]
  })
  return [...new Set([...found, ...others])]
}

/** Names of functions whose old code is not entered any more. */
function goingIn({ verdicts }: UnitInput, { replacements }: Selection, at: number): ReadonlySet<string> {
  const included = new Set(replacements.flatMap(({ address }) => (address.unit === at ? [address.piece] : [])))
  return new Set(
    verdicts.functions.flatMap(({ original, patched }) => {
      // One that is gone may still be entered, by a pointer that was kept.
      const isGoing = patched !== undefined && included.has(patched.id)
      return isGoing && original !== undefined ? [original.name] : []
    }),
  )
}

function usersOf<S extends Side>(
  map: PieceMap<S>,
  id: PieceId<S> | undefined,
  { name, singleResults }: { readonly name: string; readonly singleResults: ReadonlySet<string> | undefined },
) {
  const isMeant = (target: Target<S>) =>
    target.to === 'piece' ? target.piece === id : target.to === 'external' && id === undefined && target.name === name
  return map.pieces.flatMap((user: Piece<S>) => {
    if (!user.references.some(({ target }) => isMeant(target))) return []
    // What leads to itself is stored, too.
    return [{ user, keeps: user.kind !== 'function' || mayKeep(map, user, isMeant, { mayWrite: true, singleResults }) }]
  })
}
