/**
 * Functions that moved from one unit to another, as select needs them: changed, with what they were in the other unit.
 * Part of the pipeline. A function that has or had more names than moved with it is none of these: one of its names
 * would lead elsewhere than the others.
 */
import type { Side } from '../../base/side.ts'
import type { Judged } from '../../compare/model.ts'
import type { Piece, PieceId, PieceMap } from '../../pieces/model.ts'
import type { MovedFunction } from '../../program/moved.ts'
import type { OriginalAddress, UnitInput } from '../../select/model.ts'

interface Arrival {
  readonly name: string
  readonly to: number
  readonly piece: PieceId<'patched'>
  readonly was: OriginalAddress
}

/** Of `moved`, those that are one thing on both sides. */
export function arrivalsOf(units: readonly UnitInput[], moved: readonly MovedFunction[]): readonly Arrival[] {
  return moved.flatMap(({ name, from, to }): readonly Arrival[] => {
    const [before, after] = [units[from]?.verdicts.correlation, units[to]?.verdicts.correlation]
    const old = before && functionNamed(before.original, name)
    const now = after && functionNamed(after.patched, name)
    if (before === undefined || after === undefined || old === undefined || now === undefined) return []
    if (globalNames(before.original, old) !== globalNames(after.patched, now)) return []
    if (before.toPatched.has(old.id) || after.toOriginal.has(now.id)) return []
    return [{ name, to, piece: now.id, was: { unit: from, piece: old.id } }]
  })
}

/** The units, with those functions called changed where they are now. */
export function withArrivals<U extends UnitInput>(units: readonly U[], arrivals: readonly Arrival[]): readonly U[] {
  if (arrivals.length === 0) return units
  return units.map((input, at) => {
    const arrived = new Map(arrivals.flatMap(({ to, piece, was }) => (to === at ? [[piece, was] as const] : [])))
    const judge = (judged: Judged): Judged => {
      const was = judged.patched === undefined ? undefined : arrived.get(judged.patched.id)
      if (was === undefined) return judged
      const from = units[was.unit]?.unit ?? ''
      return { ...judged, verdict: { kind: 'changed', because: { what: 'moved', from } } }
    }
    if (arrived.size === 0) return input
    return { ...input, arrived, verdicts: { ...input.verdicts, functions: input.verdicts.functions.map(judge) } }
  })
}

function functionNamed<S extends Side>(map: PieceMap<S>, name: string): Piece<S> | undefined {
  return map.pieces.find(piece => piece.kind === 'function' && namesOf(map, piece).includes(name))
}

function globalNames<S extends Side>(map: PieceMap<S>, piece: Piece<S>): string {
  return namesOf(map, piece).toSorted().join('\0')
}

function namesOf<S extends Side>({ object }: PieceMap<S>, { symbols }: Piece<S>): readonly string[] {
  return symbols.flatMap(id => {
    const symbol = object.symbols[id]
    return symbol === undefined || symbol.binding === 'local' ? [] : [symbol.name]
  })
}
