/**
 * What code leaves behind when it has run, by name: variables that it writes, functions that it calls, what it sets of the
 * processor. Of code whose machine is not known, nothing is.
 */
import type { Side } from '../base/side.ts'
import { machineOf } from '../machines/machines.ts'
import { useOf } from '../pieces/calls.ts'
import type { Piece, PieceMap, Reference } from '../pieces/model.ts'

/** A write to a variable that the code names. */
export interface Store {
  readonly name: string
  /** From the variable's start; undefined where a register says. */
  readonly at: bigint | undefined
  readonly bytes: number
  /** Undefined where it is computed. */
  readonly value: bigint | undefined
}

export interface Lasting {
  readonly isKnown: boolean
  readonly stores: readonly Store[]
  /** Names of what it calls or jumps to outside of itself. */
  readonly calls: readonly string[]
  /** Names of data and functions whose address it takes: others may write there. */
  readonly taken: readonly string[]
  readonly processor: readonly string[]
  /** Writes of which it is not known where they go. */
  readonly elsewhere: number
}

/** Of a function with its parts; `nameOf` says what a piece is called, and undefined for what has no name. */
export function lastingOf<S extends Side>(
  map: PieceMap<S>,
  pieces: readonly Piece<S>[],
  nameOf: (piece: Piece<S>) => string | undefined,
): Lasting {
  const own = new Set(pieces.map(({ id }) => id))
  return pieces.map(piece => lastingOfPiece(map, piece, { own, nameOf })).reduce(together, NOTHING_LASTS)
}

export const NOTHING_LASTS: Lasting = {
  isKnown: true,
  stores: [],
  calls: [],
  taken: [],
  processor: [],
  elsewhere: 0,
}

function together(a: Lasting, b: Lasting): Lasting {
  return {
    isKnown: a.isKnown && b.isKnown,
    stores: [...a.stores, ...b.stores],
    calls: [...a.calls, ...b.calls],
    taken: [...a.taken, ...b.taken],
    processor: [...a.processor, ...b.processor],
    elsewhere: a.elsewhere + b.elsewhere,
  }
}

interface Around<S extends Side> {
  readonly own: ReadonlySet<Piece<S>['id']>
  readonly nameOf: (piece: Piece<S>) => string | undefined
}

function lastingOfPiece<S extends Side>(map: PieceMap<S>, piece: Piece<S>, { own, nameOf }: Around<S>): Lasting {
  const machine = machineOf(map.object.header.machine)
  const section = map.object.sections[piece.section]
  const code = section?.bytes.subarray(piece.offset, piece.offset + piece.size)
  const fields = new Set(piece.references.map(({ offset }) => offset))
  const effects = code && machine.code?.effectsOf?.(code, fields)
  if (effects === undefined) return { ...NOTHING_LASTS, isKnown: false }
  const byField = new Map(effects.stores.map(each => [each.field, each]))
  const stores: Store[] = []
  const calls: string[] = []
  const taken: string[] = []
  for (const reference of piece.references) {
    const reached = nameReached(map, reference, { own, nameOf })
    if (reached === undefined) continue
    const { name, delta } = reached
    const store = byField.get(reference.offset)
    const isRelative = machine.relocationType(reference.type)?.pcRelative === true
    const use = useOf(map, piece, reference)
    if (store !== undefined) {
      const at = store.isPlaced ? delta + (isRelative ? BigInt(store.behind) : 0n) : undefined
      stores.push({ name, at, bytes: store.bytes, value: store.value })
    } else if (use === 'goes-there') calls.push(name)
    else if (use === 'takes-address' || !isRelative) taken.push(name)
  }
  return { stores, calls, taken, isKnown: true, processor: effects.processor, elsewhere: effects.elsewhere }
}

function nameReached<S extends Side>(
  map: PieceMap<S>,
  { target }: Reference<S>,
  { own, nameOf }: Around<S>,
): { readonly name: string; readonly delta: bigint } | undefined {
  if (target.to === 'external') return { name: target.name, delta: target.delta }
  const piece = target.to === 'piece' ? map.pieces[target.piece] : undefined
  if (target.to !== 'piece' || piece === undefined || own.has(piece.id)) return undefined
  const name = nameOf(piece)
  return name === undefined ? undefined : { name, delta: target.delta }
}
