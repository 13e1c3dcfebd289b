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
    const leaf = (typed && leafAt(typed.types, typed.id, offset)) ?? untyped(before, after, offset)
    const end = leaf.offset + leaf.size
    const [old, now] = [heldIn(before, leaf), heldIn(after, leaf)]
    if (leaf.offset >= offset && !areEqual(old, now)) {
      const { size, path, type } = leaf
      cells.push({ offset: leaf.offset, size, path, type: typeWords(type, leaf, [old, now]), before: old, after: now })
    }
    offset = Math.max(end, offset + 1)
  }
  return joined(cells)
}

/** One side of the variable. */
interface Content {
  readonly bytes: Uint8Array
  readonly references: ReadonlyMap<number, Reference<Side>>
  readonly held: (reference: Reference<Side>) => Held
}

function sideOf<S extends Side>(
  map: PieceMap<S>,
  piece: Piece<S>,
  nameOf: (piece: Piece<S>) => string | undefined,
): Content {
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
  return {
    bytes: section?.bytes.subarray(piece.offset, piece.offset + piece.size) ?? new Uint8Array(),
    references: new Map(piece.references.map(each => [each.offset, each])),
    held: reference => {
      const own = piece.references.find(({ offset }) => offset === reference.offset)
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

/** Without types: an address as a whole, and any other byte by itself. */
function untyped(before: Content, after: Content, offset: number): Leaf {
  const isAddress = before.references.has(offset) || after.references.has(offset)
  return { offset, size: isAddress ? ADDRESS : 1, path: '', type: '', kind: isAddress ? 'pointer' : 'other' }
}

function heldIn(content: Content, { offset, size, kind }: Leaf): Held {
  const reference = content.references.get(offset)
  if (reference !== undefined && size === ADDRESS) return content.held(reference)
  const inside = [...content.references.keys()].some(at => at + ADDRESS > offset && at < offset + size)
  if (inside) return { is: 'unknown', what: 'a_part_of_an_address' }
  const bytes = Uint8Array.from({ length: size }, (_, index) => content.bytes[offset + index] ?? 0)
  if (kind === 'text' || kind === 'other' || size > 8) return { is: 'bytes', bytes }
  const value = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  return { is: 'number', value: kind === 'signed' ? BigInt.asIntN(size * 8, value) : value }
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
