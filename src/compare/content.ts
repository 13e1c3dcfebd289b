/**
 * Whether two pieces are the same: their bytes, and what each of their relocations reaches.
 *
 * What a relocation reaches is a pair (functions, named data), a symbol of another unit, or something without an
 * identity of its own (strings, jump tables, fixup code), which is compared by content in turn. A cycle among contents
 * counts as the same until a difference is found elsewhere on it; then what relied on it is forgotten and found again.
 *
 * Calling two pieces "same" is the claim that must never be wrong, so whatever is not known to be equal is a difference.
 */

import { InternalError } from '../base/errors.ts'
import type { Side } from '../base/side.ts'
import type { Correlation } from '../correlate/model.ts'
import { SHF_WRITE } from '../elf/spec/constants.ts'
import type { Piece, PieceMap, Reference, Target } from '../pieces/model.ts'
import { isCompilerMade } from '../pieces/names.ts'
import type { Difference } from './model.ts'

/** Remembers what it found; it belongs to one comparison of one unit and holds nothing else. */
export class ContentComparison {
  readonly correlation: Correlation
  readonly #known = new Map<string, Difference | undefined>()
  /** The keys of what is taken to be the same, in the order in which that was begun. */
  readonly #order: string[] = []

  constructor(correlation: Correlation) {
    this.correlation = correlation
  }

  /** The first difference between two pieces; undefined when they are the same. */
  difference(original: Piece<'original'>, patched: Piece<'patched'>): Difference | undefined {
    if (original.size !== patched.size) {
      return { what: 'size', original: original.size, patched: patched.size }
    }
    const before = bytesOf(this.correlation.original, original)
    const after = bytesOf(this.correlation.patched, patched)
    return this.#byteDifference(before, after) ?? this.#referenceDifference(original, patched)
  }

  #byteDifference(before: Uint8Array, after: Uint8Array): Difference | undefined {
    if (before.length !== after.length) return { what: 'size', original: before.length, patched: after.length }
    if (Buffer.compare(before, after) === 0) return undefined
    const offset = before.findIndex((value, index) => value !== after[index])
    return { what: 'byte', offset, original: before[offset] ?? 0, patched: after[offset] ?? 0 }
  }

  #referenceDifference(original: Piece<'original'>, patched: Piece<'patched'>): Difference | undefined {
    const count = Math.max(original.references.length, patched.references.length)
    let line: Difference | undefined
    for (let index = 0; index < count; index++) {
      const before = original.references[index]
      const after = patched.references[index]
      if (before === undefined || after === undefined || before.offset !== after.offset || before.type !== after.type) {
        const offset = Math.min(before?.offset ?? Number.POSITIVE_INFINITY, after?.offset ?? Number.POSITIVE_INFINITY)
        return { what: 'relocation', offset, text: relocationText(before, after) }
      }
      if (!this.sameTarget(before.target, after.target)) {
        return {
          what: 'reaches',
          offset: before.offset,
          original: targetName(this.correlation.original, before.target),
          patched: targetName(this.correlation.patched, after.target),
        }
      }
      if (before.line !== after.line) {
        line ??= { what: 'line', offset: before.offset, section: sectionName(this.correlation.patched, patched) }
      }
    }
    return line
  }

  /** Whether two targets are the same thing, as far as the running code can tell. */
  sameTarget(before: Target<'original'>, after: Target<'patched'>): boolean {
    if (before.to === 'piece' && after.to === 'piece') {
      if (before.delta !== after.delta) return false
      const a = this.correlation.original.pieces[before.piece]
      const b = this.correlation.patched.pieces[after.piece]
      if (a === undefined || b === undefined) throw new InternalError('a reference leads to a piece that is not there')
      return this.#samePiece(a, b)
    }
    if (before.to === 'external' && after.to === 'external') {
      return before.name === after.name && before.delta === after.delta && before.weak === after.weak
    }
    if (before.to === 'absolute' && after.to === 'absolute') return before.value === after.value
    if (before.to === 'nothing' && after.to === 'nothing') {
      const a = this.correlation.original.object.sections[before.section]
      const b = this.correlation.patched.object.sections[after.section]
      return a !== undefined && b !== undefined && a.name === b.name && before.offset === after.offset
    }
    return false
  }

  #samePiece(a: Piece<'original'>, b: Piece<'patched'>): boolean {
    if (this.correlation.toPatched.get(a.id) === b.id) return true
    if (!comparesByContent(this.correlation.original, a) || !comparesByContent(this.correlation.patched, b))
      return false
    if (a.kind !== b.kind && !(isTable(a) && isTable(b))) return false
    if (!this.#haveOnePlace(a, b)) return false
    const key = `${a.id} ${b.id}`
    if (this.#known.has(key)) return this.#known.get(key) === undefined
    const before = this.#order.length
    this.#order.push(key)
    this.#known.set(key, undefined)
    const found = this.difference(a, b)
    if (found === undefined) return true
    // What was called the same since, may have been so only because this was taken to be.
    for (const stale of this.#order.splice(before)) this.#known.delete(stale)
    this.#known.set(key, found)
    return false
  }

  /** What can be written to is told by its place, never by its content. */
  #haveOnePlace(a: Piece<'original'>, b: Piece<'patched'>): boolean {
    const before = this.correlation.original.object.sections[a.section]
    const after = this.correlation.patched.object.sections[b.section]
    if (before === undefined || after === undefined || before.flags !== after.flags) return false
    if ((before.flags & SHF_WRITE) === 0) return true
    return before.name === after.name && before.size === after.size && a.offset === b.offset
  }
}

const isTable = (piece: Piece<Side>) => piece.kind === 'anonymous' || piece.kind === 'data'

/**
 * Whether a piece has no identity but its content: nothing names it, or the compiler made it as a constant. A copy of
 * it is as good as the original. What can be written to is never such a piece.
 */
export function comparesByContent<S extends Side>(map: PieceMap<S>, piece: Piece<S>): boolean {
  if (piece.kind === 'function') return false
  if (piece.kind !== 'data') return true
  const isWritable = ((map.object.sections[piece.section]?.flags ?? 1) & 1) !== 0
  return piece.local && !isWritable && isCompilerMade(piece.name)
}

/** The piece's bytes in the object's file; zeros are not stored, so a piece of .bss has none. */
export function bytesOf<S extends Side>(map: PieceMap<S>, piece: Piece<S>): Uint8Array {
  const section = map.object.sections[piece.section]
  if (section === undefined)
    throw new InternalError(`piece ${piece.name} lies in section ${piece.section}, which is not there`)
  return section.bytes.subarray(piece.offset, piece.offset + piece.size)
}

function sectionName<S extends Side>(map: PieceMap<S>, piece: Piece<S>): string {
  return map.object.sections[piece.section]?.name ?? ''
}

/** What a target is called, for people. */
export function targetName<S extends Side>(map: PieceMap<S>, target: Target<S>): string {
  switch (target.to) {
    case 'piece': {
      const piece = map.pieces[target.piece]
      if (piece === undefined) return 'nothing'
      if (piece.kind === 'string')
        return JSON.stringify(Buffer.from(bytesOf(map, piece)).toString('latin1').replace(/\0$/, ''))
      return `${piece.name}${plus(target.delta)}`
    }
    case 'external':
      return `${target.name}${plus(target.delta)}`
    case 'absolute':
      return `0x${BigInt.asUintN(64, target.value).toString(16)}`
    case 'nothing':
      return `${map.object.sections[target.section]?.name ?? ''}${plus(target.offset)}`
  }
}

function plus(delta: bigint): string {
  return delta === 0n ? '' : delta < 0n ? `-0x${(-delta).toString(16)}` : `+0x${delta.toString(16)}`
}

function relocationText(before: Reference<'original'> | undefined, after: Reference<'patched'> | undefined): string {
  const say = (reference: Reference<Side> | undefined) =>
    reference === undefined ? 'none' : `type ${reference.type} at 0x${reference.offset.toString(16)}`
  return `${say(before)} became ${say(after)}`
}
