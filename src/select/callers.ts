/**
 * Who calls a function, so that all of them can be replaced in its stead where it cannot be itself: the new callers reach
 * its new copy inside the payload, and nobody is left who enters the old one.
 *
 * Which mistake is worse: to miss a caller, who would go on in the old code. So whatever leads to the function and is not
 * seen to be a call by code that can be replaced counts as an unknown caller, and one is enough to give up.
 */
import type { Side } from '../base/side.ts'
import { machineOf } from '../machines/machines.ts'
import { isCall } from '../pieces/calls.ts'
import { innerReferences } from '../pieces/inner.ts'
import type { Piece, PieceId, PieceMap, Reference } from '../pieces/model.ts'
import { partOf } from '../pieces/names.ts'
import type { OriginalAddress, SelectRules, UnitIndex, UnitInput } from './model.ts'
import { isFreedAfterStart } from './refusals.ts'

export interface Callers {
  /** Functions of the running system, each once; what is freed once the system is up is not among them. */
  readonly callers: readonly OriginalAddress[]
  /** What else leads to it, or may, in words: `the table handlers (net/rx.o) has its address`. */
  readonly unknown: readonly string[]
}

/** Of the units given; whether others refer to it too is for the tree to say. */
export function callersOf(units: readonly UnitInput[], callee: OriginalAddress, rules: SelectRules): Callers {
  const home = units[callee.unit]
  const piece = home?.verdicts.correlation.original.pieces[callee.piece]
  if (home === undefined || piece === undefined) return { callers: [], unknown: ['its original is not known'] }
  const { original } = home.verdicts.correlation
  const names = globalNames(original, piece)
  const found = units.map((input, unit) => {
    const isMeant = ({ target }: Reference<Side>) =>
      target.to === 'piece'
        ? unit === callee.unit && target.piece === piece.id
        : target.to === 'external' && names.has(target.name)
    return usersIn(input, unit, { isMeant, callee, rules })
  })
  const [neighbour] = (original.bySection[piece.section] ?? []).filter(
    other =>
      other.kind === 'function' &&
      other.id !== piece.id &&
      !isPartOf(original, other, piece) &&
      !isPadBefore(original, other, piece),
  )
  const hidden =
    neighbour === undefined
      ? []
      : [
          `${neighbour.name} (${home.unit}) lies in one section with it, and may reach it by a distance that the object does not tell`,
        ]
  return {
    callers: found.flatMap(({ callers }) => callers),
    unknown: [...hidden, ...found.flatMap(({ unknown }) => unknown)],
  }
}

/** Names by which other units reach it. */
export function globalNames<S extends Side>({ object }: PieceMap<S>, { symbols }: Piece<S>): ReadonlySet<string> {
  return new Set(
    symbols.flatMap(id => {
      const symbol = object.symbols[id]
      return symbol === undefined || symbol.binding === 'local' ? [] : symbol.name
    }),
  )
}

interface Question {
  readonly isMeant: (reference: Reference<Side>) => boolean
  readonly callee: OriginalAddress
  readonly rules: SelectRules
}

function usersIn(input: UnitInput, unit: UnitIndex, { isMeant, callee, rules }: Question): Callers {
  const { original: map, toPatched } = input.verdicts.correlation
  const context = { unit: input.unit, loader: rules.target.loader }
  const own = new Set(unit === callee.unit ? [callee.piece, ...(map.entriesOf.get(callee.piece) ?? [])] : [])
  const callers = new Set<PieceId<'original'>>()
  const unknown: string[] = []
  for (const piece of map.pieces) {
    const references = piece.references.filter(isMeant)
    if (references.length === 0 || isFreedAfterStart(context, map, piece)) continue
    const owner = ownerOf(map, piece)
    // It may call itself, and its parts go back to it: those stay with it.
    if (own.has(owner?.id ?? piece.id)) continue
    const why = whyUnknown(map, piece, references)
    if (why !== undefined) unknown.push(`${piece.name} (${input.unit}) ${why}`)
    else if (owner === undefined)
      unknown.push(`${piece.name} (${input.unit}) calls it, and is a part of what is not known`)
    else if (toPatched.get(owner.id) === undefined)
      unknown.push(`${owner.name} (${input.unit}) calls it and is gone in the patch, so that nothing takes its place`)
    else callers.add(owner.id)
  }
  return { callers: [...callers].map(piece => ({ unit, piece })), unknown }
}

function whyUnknown<S extends Side>(
  map: PieceMap<S>,
  piece: Piece<S>,
  references: readonly Reference<S>[],
): string | undefined {
  if (piece.kind !== 'function') return 'has its address'
  if (!references.every(reference => isCall(map, piece, reference))) return 'takes its address'
  return innerReferences(map, piece, references).length > 0 ? 'goes to a place inside of it' : undefined
}

/** The function itself, or the whole one that it is an out-of-line part of. */
function ownerOf(map: PieceMap<'original'>, piece: Piece<'original'>): Piece<'original'> | undefined {
  const whole = partOf(piece.name)
  if (whole === undefined) return piece
  const [owner, ...others] = map.pieces.filter(({ kind, name }) => kind === 'function' && name === whole)
  return others.length === 0 ? owner : undefined
}

const isPartOf = (map: PieceMap<'original'>, part: Piece<'original'>, whole: Piece<'original'>): boolean =>
  ownerOf(map, part)?.id === whole.id

/** Nops before the function with a name of their own, which nothing leads to: objtool's `__pfx_f`, in Linux since 6.2. */
function isPadBefore(map: PieceMap<'original'>, pad: Piece<'original'>, piece: Piece<'original'>): boolean {
  const { machine } = map.object.header
  const bytes = map.object.sections[pad.section]?.bytes.subarray(pad.offset, pad.offset + pad.size)
  if (pad.offset + pad.size !== piece.offset || pad.references.length > 0 || bytes === undefined) return false
  if (machineOf(machine).isPadding?.(bytes) !== true) return false
  return !map.pieces.some(({ references }) =>
    references.some(({ target }) => target.to === 'piece' && target.piece === pad.id),
  )
}
