/**
 * Which of the payload's pieces get a name, and which.
 *
 * Replacements are called what they replace. New functions and new data are called what a rebuilt system would call
 * them, so that a later payload on top of this one can refer to them. Not so what the compiler named (`f.cold`,
 * `__func__.3`): the running system may have another thing of that name, and would refuse ours. Nor two new things of one
 * name, because nobody could tell them apart, nor what a payload below has brought by that name, or another unit of the
 * program has by it (a weak one that lost), nor what only its callers lead to, while the old one stays. Static locals (`count.12`) are state that a later payload must find again, and
 * have names of our own making; constant ones have none.
 *
 * Code among these is named all the same, or a crash trace would name its neighbour: with a mark behind the name, which
 * no other payload has (`unit.c#f.cold#1b2c3d4e`). Without it two payloads that both replace f could not be loaded
 * together, one on the other or one in place of the other. Nobody refers to such a name.
 */
import type { Refusal } from '../base/refusal.ts'
import type { PieceId } from '../pieces/model.ts'
import { isClone, isCompilerMade, numberedBase, partOf } from '../pieces/names.ts'
import { isStaticLocal, stateNames } from '../pieces/static-locals.ts'
import type { Selection } from '../select/model.ts'
import type { PayloadTarget, PlacedPiece } from './model.ts'
import type { Placed } from './place.ts'
import type { PlaceIndex } from './place-index.ts'
import { MARKED_SIZE, type SymbolBook } from './symbol-book.ts'

interface NamingContext {
  readonly places: PlaceIndex
  readonly book: SymbolBook
  readonly target: PayloadTarget
  /** Names that payloads below have. */
  readonly below: ReadonlySet<string>
}

/** Writes the named symbols into `book`; answers what could not be named and must be. */
export function nameSymbols(
  selection: Selection,
  placed: Placed,
  { places, book, target, below }: NamingContext,
): readonly Refusal[] {
  const refusals: Refusal[] = []
  const taken = new Map<string, string>()
  for (const { address, runningName, unit } of selection.replacements) {
    const { section, offset, selected } = places.at(address)
    const { name, size } = selected.piece
    const other = taken.get(runningName)
    if (other !== undefined) refusals.push(duplicateName({ unit, name, runningName, other }))
    taken.set(runningName, unit)
    if (runningName.length > target.loader.limits.name) refusals.push(longName({ unit, name, runningName, target }))
    book.define({ name: runningName, kind: 'function', binding: 'local', size, section, offset, role: 'replacement' })
  }
  const states = selection.units.map(({ patched, fileSymbol }) => stateNames(patched, fileSymbol))
  const fresh = placed.pieces.flatMap(piece => newNames(selection, piece, { target, states }))
  const named = new Set<PlacedPiece>()
  const count = new Map<string, number>()
  for (const { name } of fresh) count.set(name, (count.get(name) ?? 0) + 1)
  for (const { name, binding, piece } of fresh) {
    if (count.get(name) !== 1 || taken.has(name) || below.has(name)) continue
    const { size, name: symbol } = piece.selected.piece
    const unit = selection.units[piece.address.unit]?.unit ?? ''
    if (name.length > target.loader.limits.name) {
      refusals.push(longName({ unit, name: symbol, runningName: name, target }))
    }
    const kind = piece.selected.piece.kind === 'function' ? 'function' : 'object'
    book.define({ name, kind, binding, size, section: piece.section, offset: piece.offset, role: 'new' })
    named.add(piece)
  }
  for (const piece of placed.pieces) if (!named.has(piece)) nameForPeople(selection, piece, { book, target })
  return refusals
}

/** A name for code that has none which others may ask for. */
function nameForPeople(
  selection: Selection,
  { address, selected: { role, piece }, section, offset }: PlacedPiece,
  { book, target }: Pick<NamingContext, 'book' | 'target'>,
): void {
  const unit = selection.units[address.unit]
  if (unit === undefined || piece.kind !== 'function' || (role !== 'part' && role !== 'new-function')) return
  const own = piece.symbols.flatMap(id => unit.patched.object.symbols[id]?.name ?? []).find(isForPeople)
  if (own === undefined) return
  const names = [target.loader.runningName(unit.fileSymbol, own, true), own]
  const name = names.find(({ length }) => length + MARKED_SIZE <= target.loader.limits.name)
  if (name === undefined) return
  book.define({
    name,
    kind: 'function',
    binding: 'local',
    size: piece.size,
    section,
    offset,
    role: 'new',
    marked: true,
  })
}

/** Assemblers' own labels (`.L12`) are no names. */
function isForPeople(name: string): boolean {
  return name !== '' && !name.startsWith('.')
}

interface NewName {
  readonly name: string
  readonly binding: 'local' | 'global' | 'weak'
  readonly piece: PlacedPiece
}

interface NameContext {
  readonly target: PayloadTarget
  /** For each unit, the names of its static locals. */
  readonly states: readonly ReadonlyMap<PieceId<'patched'>, string>[]
}

function newNames(selection: Selection, piece: PlacedPiece, { target, states }: NameContext): readonly NewName[] {
  const { role, piece: from } = piece.selected
  if (role !== 'new-function' && role !== 'new-data') return []
  const unit = selection.units[piece.address.unit]
  if (unit?.byCallers?.has(from.id) === true) return []
  const state = states[piece.address.unit]?.get(from.id)
  // Too long a name for the loader is not worth a refusal: whoever builds on top is told that it has none.
  if (state !== undefined)
    return state.length > target.loader.limits.name ? [] : [{ name: state, binding: 'local', piece }]
  // What holds no state is brought again by whoever needs it; the running system may have another one of that name.
  if (from.local && isStaticLocal(from)) return []
  return from.symbols.flatMap((id): NewName[] => {
    const symbol = unit?.patched.object.symbols[id]
    if (unit === undefined || symbol === undefined) return []
    const isInVain = symbol.binding !== 'local' && unit.untaken?.has(symbol.name) === true
    if (isInVain || !isProgrammersName(symbol.name)) return []
    const name = target.loader.runningName(unit.fileSymbol, symbol.name, symbol.binding === 'local')
    // What a C++ program is to have once (STB_GNU_UNIQUE) is one like any global, as far as a payload is asked for it.
    return [{ name, binding: symbol.binding === 'other' ? 'global' : symbol.binding, piece }]
  })
}

function isProgrammersName(name: string): boolean {
  if (name === '' || name.startsWith('.')) return false
  return !isClone(name) && !isCompilerMade(name) && numberedBase(name) === undefined && partOf(name) === undefined
}

interface Named {
  readonly unit: string
  readonly name: string
  readonly runningName: string
}

function duplicateName({ unit, name, runningName, other }: Named & { readonly other: string }): Refusal {
  return {
    code: 'duplicate-name',
    unit,
    symbol: name,
    text: `${other === unit ? `${unit} replaces two functions` : `${other} and ${unit} each replace a function`} that the running system calls ${runningName}`,
    hint: 'leave one of them out of the patch, or change their callers instead; the loader would take the first of that name twice. Where both objects are of one source (libtool makes such pairs), let compile_commands.json name only the one that the program has',
  }
}

function longName({ unit, name, runningName, target }: Named & { readonly target: PayloadTarget }): Refusal {
  return {
    code: 'name-too-long',
    unit,
    symbol: name,
    text: `the symbol ${runningName} has ${runningName.length} characters, but the loader takes ${target.loader.limits.name}`,
    hint: 'give the new function or variable a shorter name, or move the change to a caller with one',
  }
}
