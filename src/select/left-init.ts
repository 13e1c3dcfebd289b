/**
 * Code and data of boot time that the user leaves out of the patch (`--leave-init`): it has run, with the old text, and
 * what the new text would have done then does not happen. What that is, is told by name as far as code shows it, and
 * called unknown where it does not.
 *
 * Even then refused: code of the payload that uses a variable which left-out code sets, be it in the old text or the new.
 * Conditions may have changed where the writes have not, so a variable that both write counts. A hook that reaches the
 * variable is taken to set it.
 */
import type { Reason, Refusal } from '../base/refusal.ts'
import type { Side } from '../base/side.ts'
import type { Judged } from '../compare/model.ts'
import type { Loader } from '../loaders/loader.ts'
import type { Piece, PieceMap } from '../pieces/model.ts'
import { isCompilerMade, partOf } from '../pieces/names.ts'
import { sectionClassOf } from '../pieces/section-facts.ts'
import { reachedByHooks } from './hooks-reach.ts'
import { type Lasting, lastingOf, NOTHING_LASTS, type Store } from './lasting.ts'
import type { LeftInitCode, SelectedPiece, SelectRules, UnitIndex, UnitInput } from './model.ts'

/** What was left out: of a unit, a function or data. */
export interface LeftOutInit {
  readonly unit: UnitIndex
  readonly judged: Judged
}

export interface LeftInit {
  readonly code: readonly LeftInitCode[]
  readonly refusals: readonly Refusal[]
  readonly notices: readonly Reason[]
}

/** Whether the user leaves out what is refused so. */
export function isLeftOut({ code, symbol }: Refusal, { leaveInit }: Pick<SelectRules, 'leaveInit'>): boolean {
  if (leaveInit === undefined || (code !== 'init-code' && code !== 'init-data')) return false
  return leaveInit.has('all') || leaveInit.has(symbol)
}

export function leftInit(
  units: readonly UnitInput[],
  left: readonly LeftOutInit[],
  pieces: readonly SelectedPiece[],
  rules: SelectRules,
): LeftInit {
  const { leaveInit, target } = rules
  if (leaveInit === undefined) return { code: [], refusals: [], notices: [] }
  const sides = left.filter(isFunction).map(each => ({ ...each, ...sidesOf(units, each, target.loader) }))
  // What comes or goes is reached from there, and left out with it.
  const helpers = left.length === 0 ? [] : initHelpers(units, target.loader)
  const all = [...sides, ...helpers]
  const names = new Set(left.map(({ judged }) => judged.name))
  const idle = [...leaveInit].filter(name => name !== 'all' && !names.has(name)).sort()
  const code = all.map(each => described(each, units[each.unit]?.unit ?? ''))
  const set = new Map(all.flatMap(each => setBy(each).map(name => [name, each.judged.name] as const)))
  return {
    code,
    refusals: usersOf(set, { units, pieces, loader: target.loader }),
    notices: [
      ...code.map(each => ({ code: 'init-left', text: wordsOf(each) })),
      ...left
        .filter(each => !isFunction(each))
        .map(({ unit, judged: { name } }) => ({
          code: 'init-left',
          text: `${name} of ${units[unit]?.unit} is left out: it was read while the system came up, and stays as it was then`,
        })),
      ...idle.map(name => ({
        code: 'init-not-left',
        text: `--leave-init ${name} leaves nothing out: nothing of that name is refused as boot code`,
      })),
    ],
  }
}

const isFunction = ({ judged: { original, patched } }: LeftOutInit) => (patched ?? original)?.kind === 'function'

interface BothSides {
  readonly unit: UnitIndex
  readonly judged: Judged
  readonly before: Lasting
  readonly after: Lasting
}

function sidesOf(
  units: readonly UnitInput[],
  { unit, judged }: LeftOutInit,
  loader: Loader,
): Pick<BothSides, 'before' | 'after'> {
  const input = units[unit]
  if (input === undefined) return { before: NOTHING_LASTS, after: NOTHING_LASTS }
  const { original, patched, toOriginal } = input.verdicts.correlation
  const before = (piece: Piece<Side>) => nameOf(input, loader, piece)
  const after = (piece: Piece<'patched'>) => before(original.pieces[toOriginal.get(piece.id) ?? -1] ?? piece)
  return {
    before:
      judged.original === undefined ? NOTHING_LASTS : lastingOf(original, withParts(original, judged.original), before),
    after: judged.patched === undefined ? NOTHING_LASTS : lastingOf(patched, withParts(patched, judged.patched), after),
  }
}

function withParts<S extends Side>({ pieces }: PieceMap<S>, piece: Piece<S>): readonly Piece<S>[] {
  return [piece, ...pieces.filter(({ kind, name }) => kind === 'function' && partOf(name) === piece.name)]
}

function nameOf(
  { fileSymbol }: UnitInput,
  loader: Loader,
  { kind, symbols, name, local }: Piece<Side>,
): string | undefined {
  const isNamed = (kind === 'function' || kind === 'data') && symbols.length > 0 && !isCompilerMade(name)
  return isNamed ? loader.runningName(fileSymbol, name, local) : undefined
}

function initHelpers(units: readonly UnitInput[], loader: Loader): readonly BothSides[] {
  return units.flatMap((input, unit) =>
    input.verdicts.functions.flatMap((judged): readonly BothSides[] => {
      const { original: before, patched: after } = input.verdicts.correlation
      const { original, patched, verdict } = judged
      if (verdict.kind !== 'new' && verdict.kind !== 'gone') return []
      const own = (original && sectionClassOf(before, original)) ?? (patched && sectionClassOf(after, patched))
      return own === 'init-code' ? [{ unit, judged, ...sidesOf(units, { unit, judged }, loader) }] : []
    }),
  )
}

/** Variables that it sets, in either text. */
function setBy({ before, after }: BothSides): readonly string[] {
  const isNew = missingFrom(after.taken, before.taken)
  return [...before.stores.map(({ name }) => name), ...after.stores.map(({ name }) => name), ...isNew]
}

interface Payload {
  readonly units: readonly UnitInput[]
  readonly pieces: readonly SelectedPiece[]
  readonly loader: Loader
}

function usersOf(set: ReadonlyMap<string, string>, { units, pieces, loader }: Payload): readonly Refusal[] {
  const nameOfPiece = ({ unit, piece }: SelectedPiece['address']) => {
    const input = units[unit]
    const found = input?.verdicts.correlation.patched.pieces[piece]
    return input && found && nameOf(input, loader, found)
  }
  const { names, within } = reachedByHooks(pieces, nameOfPiece)
  return pieces.flatMap(selected => {
    if (selected.piece.kind !== 'function' || within.has(selected.piece)) return []
    const used = selected.references.flatMap(({ link }) => {
      const name = link.to === 'running' ? link.name : link.to === 'payload' ? nameOfPiece(link.target) : undefined
      return name !== undefined && set.has(name) && !names.has(name) ? [name] : []
    })
    return [...new Set(used)].map(name => ({
      code: 'init-left-needed',
      unit: units[selected.address.unit]?.unit ?? '',
      symbol: selected.piece.name,
      text: `${selected.piece.name} uses ${name}, which ${set.get(name)} sets, and that is left out: it ran with the old text, and does not run again`,
      hint: `set ${name} from a load hook (hotsplice assist offers what can be repeated), or leave the change of ${selected.piece.name} out too`,
    }))
  })
}

/** What is in `all` and not in `others`, each as often as it is more. */
function missingFrom(all: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>()
  for (const each of others) left.set(each, (left.get(each) ?? 0) + 1)
  return all.filter(each => {
    const count = left.get(each) ?? 0
    left.set(each, count - 1)
    return count <= 0
  })
}

function described({ judged, before, after }: BothSides, unit: string): LeftInitCode {
  const plain = { unit, name: judged.name }
  if (!before.isKnown || !after.isKnown) {
    const unknown = ['what it does is not known: the machine’s instructions are not looked at']
    return { ...plain, sets: [], calls: [], processor: [], unknown }
  }
  const differing = <T>(of: (side: Lasting) => readonly T[], words: (item: T) => string) => {
    const [old, now] = [of(before).map(words), of(after).map(words)]
    return [...missingFrom(now, old), ...missingFrom(old, now).map(each => `no longer ${each}`)]
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
    ...(sets.length + calls.length + processor.length === 0
      ? ['under which conditions it does what both texts do']
      : []),
  ]
  return { ...plain, sets, calls, processor, unknown }
}

function storeWords({ name, at, value, bytes }: Store): string {
  const place = at === undefined ? `${name}[…]` : at === 0n ? name : `${name}+${at}`
  return value === undefined ? `${place} (${bytes} bytes) to what it computes` : `${place} to 0x${value.toString(16)}`
}

function wordsOf({ unit, name, sets, calls, processor, unknown }: LeftInitCode): string {
  const parts = [
    ...(sets.length === 0 ? [] : [`set ${listed(sets)}`]),
    ...(calls.length === 0 ? [] : [`call ${listed(calls)}`]),
    ...(processor.length === 0 ? [] : [`set the processor by ${listed(processor)}`]),
  ]
  const known = parts.length === 0 ? '' : `; it would ${parts.join('; ')}`
  return `${name} of ${unit} is left out, and what it would have done when the system came up does not happen${known}; not known: ${unknown.length === 0 ? 'nothing' : unknown.join('; ')}`
}

const MOST_NAMED = 12

function listed(words: readonly string[]): string {
  const rest = words.length - MOST_NAMED
  return rest > 0 ? `${words.slice(0, MOST_NAMED).join(', ')} and ${rest} more` : words.join(', ')
}
