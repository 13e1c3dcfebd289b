/**
 * Boot code that is refused, or left out: what it sets to a number that stands in its code can be set by a load hook as
 * well. Whether it would have been set on this host, under whatever condition, is for a person to say.
 */
import type { Refusal } from '../../base/refusal.ts'
import type { Side } from '../../base/side.ts'
import type { Loader } from '../../loaders/loader.ts'
import type { Piece, PieceMap } from '../../pieces/model.ts'
import { sourceName } from '../../pieces/names.ts'
import type { Store } from '../../select/lasting.ts'
import type { UnitInput } from '../../select/model.ts'
import { type BothSides, bothSides, described, differenceWords, nameOf } from '../../select/not-done.ts'
import type { Cell, Held, LeftCode, ValueWay } from '../../ways-out/model.ts'
import type { HotpatchRun } from '../hotpatch/hotpatch.ts'

export interface InitWays {
  readonly ways: readonly ValueWay[]
  readonly left: readonly LeftCode[]
  /** Refusals that these ways lead out of. */
  readonly settled: readonly Refusal[]
}

export function initWays({ units, selection, refusals }: HotpatchRun, loader: Loader): InitWays {
  const asked = new Set([
    ...refusals.filter(({ code }) => code === 'init-code').map(({ unit, symbol }) => keyOf(unit, symbol)),
    ...selection.leftInit.map(({ unit, name }) => keyOf(unit, name)),
  ])
  const found = units.flatMap((input, unit) =>
    input.verdicts.functions
      .filter(({ name }) => asked.has(keyOf(input.unit, name)))
      .map(judged => ({ input, sides: bothSides(units, { unit, judged }, loader) })),
  )
  const offered = found.map(each => ({ ...each, ways: waysOf(each.input, each.sides, { units, loader }) }))
  const taken = offered.filter(({ ways }) => ways.length > 0)
  const names = new Set(taken.flatMap(({ ways }) => ways.map(({ name }) => name)))
  const functions = new Set(taken.map(({ input, sides }) => keyOf(input.unit, sides.judged.name)))
  return {
    ways: taken.flatMap(({ ways }) => ways),
    left: taken.map(({ input, sides }) => ({
      unit: input.unit,
      name: sides.judged.name,
      words: differenceWords(described(sides, input.unit)),
    })),
    settled: [
      ...refusals.filter(({ code, unit, symbol }) => code === 'init-code' && functions.has(keyOf(unit, symbol))),
      ...selection.leftNeeded.filter(({ name }) => names.has(name)).map(({ refusal }) => refusal),
    ],
  }
}

const keyOf = (unit: string, name: string) => `${unit} ${name}`

interface Scene {
  readonly units: readonly UnitInput[]
  readonly loader: Loader
}

/**
 * A way for each place that the new code sets to a number, and the old one does not; where both do the same by name, for
 * each place: it may be a condition that changed.
 */
function waysOf(input: UnitInput, sides: BothSides, scene: Scene): readonly ValueWay[] {
  const { judged, before, after } = sides
  const { sets, calls, processor } = described(sides, input.unit)
  const known = new Set(before.stores.map(storeKey))
  const plain = after.stores.filter(isPlain)
  const otherwise = plain.filter(each => !known.has(storeKey(each)))
  const fresh = sets.length + calls.length + processor.length > 0 ? otherwise : plain
  const places = new Map(fresh.map(each => [`${each.name} ${each.at} ${each.bytes}`, each]))
  const own = [...places.values()].filter(each => after.stores.filter(other => isAtOnePlace(each, other)).length === 1)
  return own.flatMap(({ name, at = 0n, bytes, value }) => {
    const old = before.stores.filter(other => isAtOnePlace({ name, at, bytes, value }, other))
    const cell: Cell = {
      offset: Number(at),
      size: bytes,
      path: '',
      type: '',
      before: oldValue(old, { name, at, bytes, value }, scene),
      after: { is: 'number', value: value ?? 0n },
    }
    const symbol = sourceName(name.replace(/^.*#/, ''))
    return [
      { way: 'value', unit: input.unit, symbol, name, type: '', place: undefined, cells: [cell], setBy: judged.name },
    ]
  })
}

const isPlain = ({ at, value }: Store) => at !== undefined && value !== undefined
const storeKey = ({ name, at, bytes, value }: Store) => `${name} ${at} ${bytes} ${value}`
const isAtOnePlace = (a: Store, b: Store) => a.name === b.name && (b.at === undefined || a.at === b.at)

/** What the old code sets there, where that is one number; else what stood there before any code ran, if that is known. */
function oldValue(found: readonly Store[], { name, at = 0n, bytes, value }: Store, { units, loader }: Scene): Held {
  // What is to be set was not, or there would be nothing to do.
  const [only, ...others] = found.filter(each => each.value === undefined || each.value !== value)
  if (only?.value !== undefined && others.length === 0 && only.bytes === bytes)
    return { is: 'number', value: only.value }
  const unknown: Held = { is: 'unknown', what: 'a_value' }
  if (only !== undefined) return unknown
  for (const input of units) {
    const { original, patched } = input.verdicts.correlation
    const held =
      initialValue(original, { name, at: Number(at), bytes }, piece => nameOf(input, loader, piece)) ??
      initialValue(patched, { name, at: Number(at), bytes }, piece => nameOf(input, loader, piece))
    if (held !== undefined) return { is: 'number', value: held }
  }
  return unknown
}

interface Place {
  readonly name: string
  readonly at: number
  readonly bytes: number
}

function initialValue<S extends Side>(
  map: PieceMap<S>,
  { name, at, bytes }: Place,
  named: (piece: Piece<S>) => string | undefined,
): bigint | undefined {
  const piece = map.pieces.find(each => each.kind === 'data' && named(each) === name)
  const content = piece && map.object.sections[piece.section]?.bytes
  if (piece === undefined || content === undefined || at + bytes > piece.size) return undefined
  if (piece.references.some(({ offset }) => offset < at + bytes && offset + 8 > at)) return undefined
  const part = Array.from({ length: bytes }, (_, index) => content[piece.offset + at + index] ?? 0)
  return part.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
}
