/**
 * What two versions of a function leave behind, side by side and in words: what is known of the difference, and what is not.
 */
import type { Side } from '../base/side.ts'
import type { Judged } from '../compare/model.ts'
import type { Loader } from '../loaders/loader.ts'
import type { Piece, PieceMap } from '../pieces/model.ts'
import { isCompilerMade, partOf } from '../pieces/names.ts'
import { type Lasting, lastingOf, NOTHING_LASTS, type Store } from './lasting.ts'
import type { LeftInitCode, UnitIndex, UnitInput } from './model.ts'

/** A function of a unit. */
export interface JudgedIn {
  readonly unit: UnitIndex
  readonly judged: Judged
}

export interface BothSides extends JudgedIn {
  readonly before: Lasting
  readonly after: Lasting
}

/** What both versions of it leave behind. */
export function bothSides(units: readonly UnitInput[], { unit, judged }: JudgedIn, loader: Loader): BothSides {
  const input = units[unit]
  if (input === undefined) return { unit, judged, before: NOTHING_LASTS, after: NOTHING_LASTS }
  const { original, patched, toOriginal } = input.verdicts.correlation
  const before = (piece: Piece<Side>) => nameOf(input, loader, piece)
  const after = (piece: Piece<'patched'>) => before(original.pieces[toOriginal.get(piece.id) ?? -1] ?? piece)
  return {
    unit,
    judged,
    before:
      judged.original === undefined ? NOTHING_LASTS : lastingOf(original, withParts(original, judged.original), before),
    after: judged.patched === undefined ? NOTHING_LASTS : lastingOf(patched, withParts(patched, judged.patched), after),
  }
}

function withParts<S extends Side>({ pieces }: PieceMap<S>, piece: Piece<S>): readonly Piece<S>[] {
  return [piece, ...pieces.filter(({ kind, name }) => kind === 'function' && partOf(name) === piece.name)]
}

/** In the running system; undefined for what nobody has named. */
export function nameOf(
  { fileSymbol }: UnitInput,
  loader: Loader,
  { kind, symbols, name, local }: Piece<Side>,
): string | undefined {
  const isNamed = (kind === 'function' || kind === 'data') && symbols.length > 0 && !isCompilerMade(name)
  return isNamed ? loader.runningName(fileSymbol, name, local) : undefined
}

/** What is in `all` and not in `others`, each as often as it is more. */
export function missingFrom(all: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>()
  for (const each of others) left.set(each, (left.get(each) ?? 0) + 1)
  return all.filter(each => {
    const count = left.get(each) ?? 0
    left.set(each, count - 1)
    return count <= 0
  })
}

/** The difference in words; `unit` is where it is. */
export function described({ judged, before, after }: BothSides, unit: string): LeftInitCode {
  const plain = { unit, name: judged.name }
  if (!before.isKnown || !after.isKnown) {
    const unknown = ['what it does is not known: the machine’s instructions are not looked at']
    return { ...plain, sets: [], calls: [], processor: [], unknown }
  }
  const differing = <T>(of: (side: Lasting) => readonly T[], words: (item: T) => string) => {
    const [old, now] = [of(before).map(words), of(after).map(words)]
    return [...missingFrom(now, old), ...missingFrom(old, now).map(each => `${NO_LONGER}${each}`)]
  }
  const sets = differing(({ stores }) => stores, storeWords)
  const calls = differing(
    ({ calls: names }) => names,
    name => name,
  )
  const processor = differing(
    ({ processor: names }) => names,
    name => name,
  )
  const computed = [...new Set(after.stores.flatMap(({ name, value }) => (value === undefined ? [name] : [])))].sort()
  const unknown = [
    ...(computed.length === 0 ? [] : [`whether it computes another value for ${computed.join(', ')}`]),
    ...(after.elsewhere > 0 ? [`where ${after.elsewhere} of its writes go, and what they write`] : []),
    'under which conditions it does any of it',
  ]
  return { ...plain, sets, calls, processor, unknown }
}

function storeWords({ name, at, value, bytes }: Store): string {
  const place = at === undefined ? `${name}[…]` : at === 0n ? name : `${name}+${at}`
  return value === undefined ? `${place} (${bytes} bytes) to what it computes` : `${place} to 0x${value.toString(16)}`
}

/** What it would do otherwise, and what of that is not known. */
export function differenceWords({ sets, calls, processor, unknown }: LeftInitCode): string {
  const parts = [...deeds('set', sets), ...deeds('call', calls), ...deeds('set the processor by', processor)]
  const known = parts.length === 0 ? '' : `it would ${parts.join('; ')}; `
  return `${known}not known: ${unknown.join('; ')}`
}

const NO_LONGER = 'no longer '

/** What is new first, then what goes. */
function deeds(verb: string, objects: readonly string[]): readonly string[] {
  const isGone = (object: string) => object.startsWith(NO_LONGER)
  const gone = objects.filter(isGone).map(object => object.slice(NO_LONGER.length))
  const come = objects.filter(object => !isGone(object))
  return [
    ...(come.length === 0 ? [] : [`${verb} ${listed(come)}`]),
    ...(gone.length === 0 ? [] : [`${NO_LONGER}${verb} ${listed(gone)}`]),
  ]
}

const MOST_NAMED = 12

/** Each once, with how often it is there. */
function listed(all: readonly string[]): string {
  const words = [...new Set(all)].map(word => {
    const count = all.filter(each => each === word).length
    return count === 1 ? word : `${word} (${count} times)`
  })
  const rest = words.length - MOST_NAMED
  return rest > 0 ? `${words.slice(0, MOST_NAMED).join(', ')} and ${rest} more` : words.join(', ')
}
