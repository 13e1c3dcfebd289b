/**
 * What else a payload's new code was made from: functions of the unit that the old code calls and the new code does not, so
 * that the compiler may have put a copy of them into it. They must be what runs as well: a copy of another text would bring
 * that text into the running system. Others of the unit may differ. Part of the pipeline.
 *
 * Where the compiler had put them into the old code too, that code says so itself, byte for byte.
 */
import type { Side } from '../../base/side.ts'
import type { Correlation } from '../../correlate/model.ts'
import type { Piece, PieceId, PieceMap } from '../../pieces/model.ts'
import { sourceName } from '../../pieces/names.ts'

/** In the order in which they are reached, those that these call in turn included. */
export function mayBeInlined(
  { original, patched, toPatched }: Correlation,
  old: Piece<'original'>,
  now: Piece<'patched'>,
): readonly Piece<'original'>[] {
  const called = new Set(functionsReached(patched, now))
  const found = new Map<PieceId<'original'>, Piece<'original'>>()
  const work = [old]
  for (let next = work.shift(); next !== undefined; next = work.shift()) {
    for (const id of functionsReached(original, next)) {
      const piece = original.pieces[id]
      const pair = toPatched.get(id)
      if (piece === undefined || id === old.id || found.has(id)) continue
      if (pair !== undefined && called.has(pair)) continue
      found.set(id, piece)
      work.push(piece)
    }
  }
  return [...found.values()]
}

function functionsReached<S extends Side>(map: PieceMap<S>, { references }: Piece<S>): readonly PieceId<S>[] {
  return references.flatMap(({ target }) =>
    target.to === 'piece' && map.pieces[target.piece]?.kind === 'function' ? [target.piece] : [],
  )
}

/** The functions that a function's code refers to, its parts and clones included, all as the source names them. */
export function functionsNamed<S extends Side>(map: PieceMap<S>, name: string): ReadonlySet<string> {
  const own = map.pieces.filter(piece => piece.kind === 'function' && sourceName(piece.name) === name)
  const names = own.flatMap(piece => functionsReached(map, piece).map(id => sourceName(map.pieces[id]?.name ?? '')))
  return new Set(names.filter(each => each !== name))
}
