/**
 * Places in code where the starting system writes the value of a variable, which then never changes: whoever loads a payload
 * does not write there. So the payload's code reads the variable, as code of the kernel's own modules does.
 *
 * What cannot be made to read it is refused: another instruction than the one that is known, or a variable that only its unit
 * knows.
 *
 * In:  what was selected.
 * Out: the same, with what such functions have instead of what the compiler made, and refusals.
 */
import type { Reason, Refusal } from '../base/refusal.ts'
import type { ReadInstead } from '../machines/machine.ts'
import type { PieceId, PieceMap } from '../pieces/model.ts'
import type { LinkedReference, SelectedPiece, SelectRules, UnitInput } from './model.ts'
import { BOOT_CONSTANT } from './refusals.ts'

export interface WithReads {
  readonly pieces: readonly SelectedPiece[]
  readonly refusals: readonly Refusal[]
  readonly notices: readonly Reason[]
}

export function withReads(
  units: readonly UnitInput[],
  pieces: readonly SelectedPiece[],
  rules: SelectRules,
): WithReads {
  const places = units.map(({ verdicts }) => placesIn(verdicts.correlation.patched, rules))
  const read = pieces.map(selected =>
    readIn(selected, places[selected.address.unit]?.get(selected.piece.id) ?? [], units, rules),
  )
  return {
    pieces: read.map(({ piece }) => piece),
    refusals: read.flatMap(({ refusals }) => refusals),
    notices: read.flatMap(({ notices }) => notices),
  }
}

/** Where the starting system would write, within the piece, and whose value. */
interface Place {
  readonly variable: string
  readonly field: number
  /** Whether the unit's own object has the variable. */
  readonly isOwn: boolean
}

function placesIn(
  map: PieceMap<'patched'>,
  { target: { loader } }: SelectRules,
): ReadonlyMap<PieceId<'patched'>, readonly Place[]> {
  const places = new Map<PieceId<'patched'>, Place[]>()
  for (const piece of map.pieces) {
    const variable = loader.writtenAtStart(map.object.sections[piece.section]?.name ?? '')
    if (variable === undefined) continue
    const isOwn = map.object.symbols.some(({ name, place }) => name === variable && place.in === 'section')
    for (const { target } of piece.references) {
      if (target.to !== 'piece') continue
      places.set(target.piece, [...(places.get(target.piece) ?? []), { variable, field: Number(target.delta), isOwn }])
    }
  }
  return places
}

interface Read {
  readonly piece: SelectedPiece
  readonly refusals: readonly Refusal[]
  readonly notices: readonly Reason[]
}

function readIn(
  selected: SelectedPiece,
  places: readonly Place[],
  units: readonly UnitInput[],
  rules: SelectRules,
): Read {
  if (places.length === 0) return { piece: selected, refusals: [], notices: [] }
  const { piece, address } = selected
  const input = units[address.unit]
  const unit = input?.unit ?? ''
  const bytes = input?.verdicts.correlation.patched.object.sections[piece.section]?.bytes ?? new Uint8Array()
  const code = bytes.subarray(piece.offset, piece.offset + piece.size)
  const found = places.map(place => {
    const count = rules.countRunning?.(place.variable) ?? 1
    const instead = place.isOwn || count !== 1 ? undefined : rules.target.machine.code?.readInstead?.(code, place.field)
    return { place, instead }
  })
  const reads = found.flatMap(({ place, instead }) => (instead === undefined ? [] : [{ ...place, instead }]))
  const { code: refusalCode, what, hint } = BOOT_CONSTANT
  const variables = [...new Set(reads.map(({ variable }) => variable))].sort()
  return {
    piece: {
      ...selected,
      references: [...selected.references, ...reads.map(({ variable, instead }) => linked(variable, instead))],
      instead: reads.map(({ instead: { at, bytes: own } }) => ({ at, bytes: own })),
    },
    refusals: found.flatMap(({ place, instead }) =>
      instead === undefined
        ? [
            {
              code: refusalCode,
              unit,
              symbol: piece.name,
              text: `${piece.name} has a place for ${place.variable}, which ${what}`,
              hint,
            },
          ]
        : [],
    ),
    notices: variables.map(variable => ({
      code: 'start-constant-read',
      text: `${piece.name} of ${unit} reads ${variable}, where the running code has the value that was written into it at the start`,
    })),
  }
}

/** Whoever writes modules exports it, or the live patching core finds it by its name. */
const linked = (name: string, { field, type, addend }: ReadInstead): LinkedReference => ({
  offset: field,
  type,
  link: { to: 'running', name, delta: addend },
  extraAddend: 0n,
})
