/**
 * Variables that gcc makes of compound literals (`__compound_literal.4` of `struct box *box = &(struct box){ 1 };`): the number
 * means nothing, and nothing but the variable whose first value it is leads there. So it is the one that the same variable
 * holds at the same place, where nothing else in either object refers to it, and both begin with the same.
 *
 * Worse mistake: to take one for another that begins otherwise, since what is paired here is not compared again. So one
 * whose first value changed stays alone, and the variable that holds it counts as changed.
 */
import type { Side } from '../base/side.ts'
import type { Piece, PieceId, PieceMap, Reference } from '../pieces/model.ts'
import { isWritable } from '../pieces/writable.ts'
import type { Pairing } from './pairing.ts'

const LITERAL = /^__compound_literal\.\d+$/

export function heldLiterals(pairing: Pairing): number {
  const before = soleHolders(pairing.original)
  const after = soleHolders(pairing.patched)
  let made = 0
  for (const [id, { holder, reference }] of before) {
    const successor = [...after].find(
      ([, held]) => held.reference.offset === reference.offset && areOne(pairing, holder, held.holder),
    )
    const same = successor && sameLiterals({ pairing, before, after }, id, successor[0])
    for (const [a, b] of same ?? []) if (pairing.pair(a, b, 'held-by-the-same')) made++
  }
  return made
}

interface Held<S extends Side> {
  readonly holder: Piece<S>
  readonly reference: Reference<S>
}

/** By literal, what alone refers to it, where that is data and does so once. */
function soleHolders<S extends Side>(map: PieceMap<S>): ReadonlyMap<PieceId<S>, Held<S>> {
  const literals = new Set(
    map.pieces.flatMap(piece =>
      piece.kind === 'data' && piece.local && LITERAL.test(piece.name) && isWritable(map, piece) ? [piece.id] : [],
    ),
  )
  const found = new Map<PieceId<S>, Held<S> | 'several'>()
  if (literals.size === 0) return new Map()
  for (const holder of map.pieces) {
    for (const reference of holder.references) {
      const { target } = reference
      if (target.to !== 'piece' || !literals.has(target.piece)) continue
      found.set(target.piece, found.has(target.piece) || holder.kind !== 'data' ? 'several' : { holder, reference })
    }
  }
  return new Map([...found].flatMap(([id, held]) => (held === 'several' ? [] : [[id, held] as const])))
}

const areOne = ({ toPatched }: Pairing, a: Piece<'original'>, b: Piece<'patched'>): boolean =>
  toPatched.get(a.id) === b.id && a.size === b.size

interface Scene {
  readonly pairing: Pairing
  readonly before: ReadonlyMap<PieceId<'original'>, Held<'original'>>
  readonly after: ReadonlyMap<PieceId<'patched'>, Held<'patched'>>
}

type Same = readonly (readonly [Piece<'original'>, Piece<'patched'>])[]

/** The two, and those that they hold in turn, if all of them begin with the same. */
function sameLiterals(scene: Scene, id: PieceId<'original'>, successor: PieceId<'patched'>): Same | undefined {
  const { pairing } = scene
  const [a, b] = [pairing.original.pieces[id], pairing.patched.pieces[successor]]
  if (a === undefined || b === undefined || !pairing.isFree(a) || !pairing.isFreePatched(b)) return undefined
  if (a.size !== b.size || a.references.length !== b.references.length) return undefined
  if (Buffer.compare(bytesOf(pairing.original, a), bytesOf(pairing.patched, b)) !== 0) return undefined
  const inner = a.references.map((reference, at) => {
    const other = b.references[at]
    return other === undefined ? undefined : sameTargets(scene, reference, other)
  })
  return inner.includes(undefined) ? undefined : [...inner.flatMap(each => each ?? []), [a, b]]
}

function sameTargets(scene: Scene, a: Reference<'original'>, b: Reference<'patched'>): Same | undefined {
  const { pairing, before, after } = scene
  if (a.offset !== b.offset || a.type !== b.type) return undefined
  const [one, two] = [a.target, b.target]
  if (one.to === 'external' && two.to === 'external')
    return one.name === two.name && one.delta === two.delta ? [] : undefined
  if (one.to !== 'piece' || two.to !== 'piece' || one.delta !== two.delta) return undefined
  if (pairing.toPatched.get(one.piece) === two.piece) return []
  // Alone they refer to these, so there is no way round in a circle.
  const areHeld = before.get(one.piece)?.reference === a && after.get(two.piece)?.reference === b
  return areHeld ? sameLiterals(scene, one.piece, two.piece) : undefined
}

function bytesOf<S extends Side>({ object }: PieceMap<S>, { section, offset, size }: Piece<S>): Uint8Array {
  return object.sections[section]?.bytes.subarray(offset, offset + size) ?? new Uint8Array()
}
