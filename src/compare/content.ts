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
import type { Piece, PieceMap, Reference, Target } from '../pieces/model.ts'
import { hidesDistances, isCompilerMade } from '../pieces/names.ts'
import { isWritable } from '../pieces/writable.ts'
import { copyField, lineIn } from './fields.ts'
import type { Difference, LineOracle, LineSite, Outcome } from './model.ts'

/** Two references at one place of two versions of a piece. */
export interface ReferencePair {
  readonly original: Piece<'original'>
  readonly before: Reference<'original'>
  readonly patched: Piece<'patched'>
  readonly after: Reference<'patched'>
}

/** Remembers what it found; it belongs to one comparison of one unit and holds nothing else. */
export class ContentComparison {
  readonly correlation: Correlation
  readonly #lines: LineOracle | undefined
  readonly #moved: ReadonlySet<string>
  readonly #isAllowed: ((pair: ReferencePair) => boolean) | undefined
  readonly #known = new Map<string, Outcome>()
  /** The keys of what is taken to be the same, in the order in which that was begun. */
  readonly #order: string[] = []

  /**
   * Without `lines`, a line number that differs is a difference like any other. `moved` has the global names of functions
   * that are one thing of the program before and after, be they defined here or elsewhere. `isAllowed` says of references
   * that lead to something else whether that counts for nothing.
   */
  constructor(
    correlation: Correlation,
    lines?: LineOracle,
    moved: ReadonlySet<string> = NONE,
    isAllowed?: (pair: ReferencePair) => boolean,
  ) {
    this.correlation = correlation
    this.#lines = lines
    this.#moved = moved
    this.#isAllowed = isAllowed
  }

  /** Compares two pieces and all that they reach. */
  compare(original: Piece<'original'>, patched: Piece<'patched'>): Outcome {
    if (original.size !== patched.size) {
      return differs({ what: 'size', original: original.size, patched: patched.size })
    }
    if (hidesDistances(original) || hidesDistances(patched)) return differs(HIDDEN)
    const sites = this.#lines?.sitesOf(original.id) ?? []
    const bytes = this.#compareBytes(original, patched, sites)
    if (bytes.because !== undefined) return bytes
    return combine(bytes, this.#compareReferences(original, patched, sites))
  }

  #compareBytes(original: Piece<'original'>, patched: Piece<'patched'>, sites: readonly LineSite[]): Outcome {
    const before = bytesOf(this.correlation.original, original)
    const after = bytesOf(this.correlation.patched, patched)
    if (before.length !== after.length) return differs({ what: 'size', original: before.length, patched: after.length })
    if (Buffer.compare(before, after) === 0) return SAME
    const { bytes, lines } = this.#withoutLines(before, after, sites)
    const offset = before.findIndex((value, index) => value !== bytes[index])
    if (offset === -1) return { because: undefined, lines }
    return differs({ what: 'byte', offset, original: before[offset] ?? 0, patched: after[offset] ?? 0 })
  }

  /** The patched bytes with the original's in each field that holds the line number that it must. */
  #withoutLines(
    before: Uint8Array,
    after: Uint8Array,
    sites: readonly LineSite[],
  ): { bytes: Uint8Array; lines: number } {
    const bytes = after.slice()
    let lines = 0
    for (const site of sites) {
      if (site.in === 'addend') continue
      const held = lineIn(after, site)
      if (held === site.line || this.#lines?.isExpected(site, held) !== true) continue
      copyField(before, bytes, site)
      lines++
    }
    return { bytes, lines }
  }

  #compareReferences(original: Piece<'original'>, patched: Piece<'patched'>, sites: readonly LineSite[]): Outcome {
    const count = Math.max(original.references.length, patched.references.length)
    let lines = 0
    for (let index = 0; index < count; index++) {
      const before = original.references[index]
      const after = patched.references[index]
      if (before === undefined || after === undefined || before.offset !== after.offset || before.type !== after.type) {
        const offset = Math.min(before?.offset ?? Number.POSITIVE_INFINITY, after?.offset ?? Number.POSITIVE_INFINITY)
        return differs({ what: 'relocation', offset, text: relocationText(before, after) })
      }
      const { because, lines: explained } = this.#compareTargets(before.target, after.target)
      if (because !== undefined && this.#isAllowed?.({ original, before, patched, after }) !== true) {
        return differs({
          what: 'reaches',
          offset: before.offset,
          original: targetName(this.correlation.original, before.target),
          patched: targetName(this.correlation.patched, after.target),
          ...(because === OTHER.because ? {} : { within: because }),
        })
      }
      lines += explained
    }
    return combine({ because: undefined, lines }, this.#compareAddendLines(original, patched, sites))
  }

  /** The line numbers that addends hold: each addend has a part of the number, so they are judged together. */
  #compareAddendLines(original: Piece<'original'>, patched: Piece<'patched'>, sites: readonly LineSite[]): Outcome {
    const at = original.references.findIndex(({ line }, index) => line !== patched.references[index]?.line)
    if (at === -1) return SAME
    const site = sites.find(candidate => candidate.in === 'addend')
    const held = lineOf(patched)
    if (site !== undefined && held !== undefined && this.#lines?.isExpected(site, held) === true)
      return { because: undefined, lines: 1 }
    const section = sectionName(this.correlation.patched, patched)
    return differs({ what: 'line', offset: original.references[at]?.offset ?? 0, section })
  }

  #compareTargets(before: Target<'original'>, after: Target<'patched'>): Outcome {
    if (before.to === 'piece' && after.to === 'piece') {
      if (before.delta !== after.delta) return OTHER
      const a = this.correlation.original.pieces[before.piece]
      const b = this.correlation.patched.pieces[after.piece]
      if (a === undefined || b === undefined) throw new InternalError('a reference leads to a piece that is not there')
      return this.#comparePieces(a, b)
    }
    return this.#areEqual(before, after) || this.#areOneMoved(before, after) ? SAME : OTHER
  }

  /** A function that is defined here on one side, and on the other reached by its name in another unit. */
  #areOneMoved(before: Target<'original'>, after: Target<'patched'>): boolean {
    if (this.#moved.size === 0) return false
    const { original, patched } = this.correlation
    if (before.to === 'piece' && after.to === 'external') return this.#isMoved(original, before, after)
    return before.to === 'external' && after.to === 'piece' && this.#isMoved(patched, after, before)
  }

  #isMoved<S extends Side>(
    map: PieceMap<S>,
    here: Target<S> & { readonly to: 'piece' },
    elsewhere: Target<Side> & { readonly to: 'external' },
  ): boolean {
    if (elsewhere.weak || elsewhere.delta !== here.delta || !this.#moved.has(elsewhere.name)) return false
    const symbols = map.pieces[here.piece]?.symbols.map(id => map.object.symbols[id]) ?? []
    return symbols.some(symbol => symbol?.name === elsewhere.name && symbol.binding !== 'local')
  }

  #areEqual(before: Target<'original'>, after: Target<'patched'>): boolean {
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

  #comparePieces(a: Piece<'original'>, b: Piece<'patched'>): Outcome {
    if (this.correlation.toPatched.get(a.id) === b.id) return SAME
    if (!this.#areAlike(a, b)) return OTHER
    const key = `${a.id} ${b.id}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const before = this.#order.length
    this.#order.push(key)
    this.#known.set(key, SAME)
    const found = this.compare(a, b)
    // What was called the same since, may have been so only because this was taken to be.
    if (found.because !== undefined) for (const stale of this.#order.splice(before)) this.#known.delete(stale)
    this.#known.set(key, found)
    return found
  }

  /** Whether both are things of one kind that content alone tells apart. */
  #areAlike(a: Piece<'original'>, b: Piece<'patched'>): boolean {
    if (!comparesByContent(this.correlation.original, a) || !comparesByContent(this.correlation.patched, b))
      return false
    if (a.kind !== b.kind && !(isTable(a) && isTable(b))) return false
    return this.#haveOnePlace(a, b)
  }

  /** What can be written to is told by its place, never by its content. */
  #haveOnePlace(a: Piece<'original'>, b: Piece<'patched'>): boolean {
    const before = this.correlation.original.object.sections[a.section]
    const after = this.correlation.patched.object.sections[b.section]
    if (before === undefined || after === undefined || before.flags !== after.flags) return false
    if (!isWritable(this.correlation.original, a)) return !isWritable(this.correlation.patched, b)
    return before.name === after.name && before.size === after.size && a.offset === b.offset
  }
}

const NONE: ReadonlySet<string> = new Set()
const SAME: Outcome = { because: undefined, lines: 0 }
/** Never shown: whoever asks says what is reached instead. */
const OTHER: Outcome = { because: { what: 'section', original: '', patched: '' }, lines: 0 }

const differs = (because: Difference): Outcome => ({ because, lines: 0 })

function combine(first: Outcome, second: Outcome): Outcome {
  return { because: first.because ?? second.because, lines: first.lines + second.lines }
}

/** The line number that an entry's addends hold together; undefined when they hold none. */
export function lineOf<S extends Side>(entry: Piece<S>): number | undefined {
  const parts = entry.references.flatMap(({ line }) => (line === undefined ? [] : [line]))
  return parts.length === 0 ? undefined : parts.reduce((sum, part) => sum + part, 0)
}

const isTable = (piece: Piece<Side>) => piece.kind === 'anonymous' || piece.kind === 'data'

/**
 * Whether a piece has no identity but its content: nothing names it, or the compiler made it as a constant. A copy of
 * it is as good as the original. What can be written to is never such a piece.
 */
export function comparesByContent<S extends Side>(map: PieceMap<S>, piece: Piece<S>): boolean {
  if (piece.kind === 'function') return false
  if (piece.kind !== 'data') return true
  return piece.local && !isWritable(map, piece) && isCompilerMade(piece.name)
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
function targetName<S extends Side>(map: PieceMap<S>, target: Target<S>): string {
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

/** Equal bytes may lead elsewhere by now. */
const HIDDEN: Difference = { what: 'relocation', offset: 0, text: 'distances without relocations may lead elsewhere' }

function relocationText(before: Reference<'original'> | undefined, after: Reference<'patched'> | undefined): string {
  const say = (reference: Reference<Side> | undefined) =>
    reference === undefined ? 'none' : `type ${reference.type} at 0x${reference.offset.toString(16)}`
  return `${say(before)} became ${say(after)}`
}
