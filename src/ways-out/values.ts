/**
 * What changes of a variable's initial value: the parts whose bytes or addresses differ, with what they held and what they
 * are to hold, in the words of the source where debug information has them.
 *
 * Nothing is guessed: an address that leads to what has no name (a text of the running system, an unnamed constant of the
 * patch) is marked as unknown, for a person to fill in.
 */
import type { Side } from '../base/side.ts'
import type { TypeId } from '../dwarf/index.ts'
import type { Loader } from '../loaders/loader.ts'
import { machineOf } from '../machines/machines.ts'
import type { Piece, PieceMap, Reference } from '../pieces/model.ts'
import { isCompilerMade } from '../pieces/names.ts'
import type { ChangedValue, UnitInput } from '../select/model.ts'
import type { UnitTypes } from '../type-layouts/unit-types.ts'
import { type Leaf, leafAt } from './leaves.ts'
import type { Cell, Held } from './model.ts'

export interface ValueInput {
  readonly value: ChangedValue
  readonly unit: UnitInput
  readonly loader: Loader
  /** Of the variable, where that is known. */
  readonly typed: { readonly types: UnitTypes; readonly id: TypeId } | undefined
}

/** In bytes, of every machine that there are payloads for. */
const ADDRESS = 8

export function cellsOf({ value, unit, loader, typed }: ValueInput): readonly Cell[] {
  const { original, patched } = unit.verdicts.correlation
  const before = sideOf(original, value.original, piece => nameBefore(unit, loader, piece))
  const after = sideOf(patched, value.patched, piece => nameAfter(unit, loader, piece))
  const cells: Cell[] = []
  for (let offset = 0; offset < value.original.size; ) {
    const known = typed && leafAt(typed.types, typed.id, offset)
    const isWhole = known !== undefined && [before, after].every(side => !cutsAddress(side, known))
    const leaf = isWhole ? known : untyped(before, after, offset)
    const end = leaf.offset + leaf.size
    const [old, now] = [heldIn(before, leaf), heldIn(after, leaf)]
    if (leaf.offset >= offset && !areEqual(old, now) && !leadToOne(unit, { before, after }, leaf)) {
      const { size, path, type } = leaf
      cells.push({ offset: leaf.offset, size, path, type: typeWords(type, leaf, [old, now]), before: old, after: now })
    }
    offset = Math.max(end, offset + 1)
  }
  return joined(cells)
}

/** One side of the variable. */
interface Content<S extends Side> {
  readonly bytes: Uint8Array
  readonly references: ReadonlyMap<number, Reference<S>>
  /** Of the bytes that are relocated by what begins at an offset: how many. */
  readonly widths: ReadonlyMap<number, number>
  /** What the reference at an offset leads to. */
  readonly held: (offset: number) => Held
}

function sideOf<S extends Side>(
  map: PieceMap<S>,
  piece: Piece<S>,
  nameOf: (piece: Piece<S>) => string | undefined,
): Content<S> {
  const section = map.object.sections[piece.section]
  const machine = machineOf(map.object.header.machine)
  const held = (reference: Reference<S>): Held => {
    const { target, type } = reference
    const known = machine.relocationType(type)
    if (known?.field.bytes !== ADDRESS || known.pcRelative || known.indirect !== undefined)
      return { is: 'unknown', what: 'a_distance' }
    if (target.to === 'external') return { is: 'symbol', name: target.name, delta: target.delta }
    if (target.to === 'absolute') return { is: 'number', value: target.value }
    const reached = target.to === 'piece' ? map.pieces[target.piece] : undefined
    if (target.to !== 'piece' || reached === undefined) return { is: 'unknown', what: 'what_is_not_loaded' }
    const name = nameOf(reached)
    if (name !== undefined) return { is: 'symbol', name, delta: target.delta }
    const text = target.delta === 0n && reached.kind === 'string' ? bytesOf(map, reached) : undefined
    return text === undefined ? { is: 'unknown', what: 'an_unnamed_constant' } : { is: 'text', bytes: text }
  }
  const references = new Map(piece.references.map(each => [each.offset, each]))
  return {
    bytes: section?.bytes.subarray(piece.offset, piece.offset + piece.size) ?? new Uint8Array(),
    references,
    widths: new Map(
      piece.references.map(({ offset, type }) => [offset, machine.relocationType(type)?.field.bytes ?? ADDRESS]),
    ),
    held: offset => {
      const own = references.get(offset)
      return own === undefined ? { is: 'unknown', what: 'an_address' } : held(own)
    },
  }
}

function bytesOf<S extends Side>(map: PieceMap<S>, piece: Piece<S>): Uint8Array | undefined {
  return map.object.sections[piece.section]?.bytes.subarray(piece.offset, piece.offset + piece.size)
}

function nameBefore({ fileSymbol }: UnitInput, loader: Loader, piece: Piece<'original'>): string | undefined {
  return hasName(piece) ? loader.runningName(fileSymbol, piece.name, piece.local) : undefined
}

/** The running one of what is there already: who kept its address before the patch compares with that. */
function nameAfter(unit: UnitInput, loader: Loader, piece: Piece<'patched'>): string | undefined {
  const { toOriginal, original } = unit.verdicts.correlation
  const pair = original.pieces[toOriginal.get(piece.id) ?? -1]
  if (pair !== undefined) return nameBefore(unit, loader, pair)
  return hasName(piece) ? loader.runningName(unit.fileSymbol, piece.name, piece.local) : undefined
}

function hasName({ kind, symbols, name }: Piece<Side>): boolean {
  return (kind === 'function' || kind === 'data') && symbols.length > 0 && !isCompilerMade(name)
}

/** Without types, or where they say other than what is there: an address as a whole, and any other byte by itself. */
function untyped(before: Content<Side>, after: Content<Side>, offset: number): Leaf {
  const size = Math.max(before.widths.get(offset) ?? 0, after.widths.get(offset) ?? 0)
  return { offset, size: size || 1, path: '', type: '', kind: size > 0 ? 'pointer' : 'other' }
}

/** Whether an address lies there that is not all of it: of a union, or of bytes that the program knows to be one. */
function cutsAddress({ widths }: Content<Side>, { offset, size }: Leaf): boolean {
  return [...widths].some(
    ([at, bytes]) => at + bytes > offset && at < offset + size && (at !== offset || bytes !== size),
  )
}

function heldIn(content: Content<Side>, leaf: Leaf): Held {
  const { offset, size, kind } = leaf
  if (cutsAddress(content, leaf)) return { is: 'unknown', what: 'a_part_of_an_address' }
  if (content.references.has(offset)) return content.held(offset)
  const bytes = Uint8Array.from({ length: size }, (_, index) => content.bytes[offset + index] ?? 0)
  if (kind === 'text' || kind === 'other' || size > 8) return { is: 'bytes', bytes }
  const value = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  return { is: 'number', value: kind === 'signed' ? BigInt.asIntN(size * 8, value) : value }
}

interface BothContents {
  readonly before: Content<'original'>
  readonly after: Content<'patched'>
}

/**
 * Whether what has no name is the same on both sides, so that nothing changes there. Content that differs is another
 * thing: the running address leads to what was.
 */
function leadToOne({ verdicts }: UnitInput, { before, after }: BothContents, { offset }: Leaf): boolean {
  const [old, now] = [before.references.get(offset), after.references.get(offset)]
  if (old?.target.to !== 'piece' || now?.target.to !== 'piece' || old.type !== now.type) return false
  const { original, patched, toOriginal, toPatched } = verdicts.correlation
  const [from, to] = [original.pieces[old.target.piece], patched.pieces[now.target.piece]]
  if (from === undefined || to === undefined || old.target.delta !== now.target.delta) return false
  const judged = [...verdicts.data, ...verdicts.unnamed].find(each => each.patched?.id === to.id)
  const areOne = toOriginal.get(to.id) === from.id
  if (areOne && judged !== undefined) return judged.verdict.kind === 'same'
  // What the compiler names is not paired, or not judged, and neither are texts: it is what is there.
  const areFree = areOne || (!toPatched.has(from.id) && !toOriginal.has(to.id))
  const [was, is] = [bytesOf(original, from), bytesOf(patched, to)]
  const arePlain = from.kind === to.kind && from.references.length + to.references.length === 0
  return areFree && arePlain && was !== undefined && is !== undefined && Buffer.from(was).equals(Buffer.from(is))
}

function areEqual(a: Held, b: Held): boolean {
  if (a.is === 'number' && b.is === 'number') return a.value === b.value
  if (a.is === 'symbol' && b.is === 'symbol') return a.name === b.name && a.delta === b.delta
  if ((a.is === 'bytes' || a.is === 'text') && a.is === b.is && 'bytes' in b)
    return Buffer.from(a.bytes).equals(Buffer.from(b.bytes))
  return false
}

/** Neighbours become one: bytes of which nobody knows what they are. */
function joined(cells: readonly Cell[]): readonly Cell[] {
  const found: Cell[] = []
  for (const cell of cells) {
    const last = found.at(-1)
    const { before, after } = cell
    const isNext = last !== undefined && last.offset + last.size === cell.offset && last.path === '' && cell.path === ''
    if (
      isNext &&
      last.before.is === 'bytes' &&
      last.after.is === 'bytes' &&
      before.is === 'bytes' &&
      after.is === 'bytes'
    )
      found[found.length - 1] = {
        ...last,
        size: last.size + cell.size,
        before: { is: 'bytes', bytes: Buffer.concat([last.before.bytes, before.bytes]) },
        after: { is: 'bytes', bytes: Buffer.concat([last.after.bytes, after.bytes]) },
      }
    else found.push(cell)
  }
  return found
}

/** With the names of an enumeration's values. */
function typeWords(type: string, { values }: Leaf, sides: readonly Held[]): string {
  if (values === undefined) return type
  const names = sides.map(
    side => [...values].find(([, value]) => side.is === 'number' && side.value === value)?.[0] ?? '?',
  )
  return `${type}, ${names.join(' -> ')}`
}
