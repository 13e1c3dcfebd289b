import type { Barrier } from '../ctext/lexed.ts'

/** `auto`: directives, and reformatting where none may stand. */
export type NeutralStyle = 'auto' | 'directive' | 'reformat'

export interface NeutralizeOptions {
  readonly style: NeutralStyle
  /** The largest line number that the target can hold; Xen's bug frames hold 14 bits, which is the default. */
  readonly numberLimit?: number
  /** For a renamed file: its old name as the original build spelled it, so that `__FILE__` stays. */
  readonly oldName?: string
}

export interface Insertion {
  /** Where it stands in the rewritten text. */
  readonly line: number
  readonly directive: string
  /** The patched line that follows it. */
  readonly patched: number
  readonly because: 'keep-number' | 'added-lines' | 'renamed'
}

/** A chunk that was laid out on as many lines as the original had. */
export interface Reformatted {
  readonly how: 'restored' | 'joined' | 'padded'
  /** The patched lines concerned, `[patchedFrom, patchedEnd)`. */
  readonly patchedFrom: number
  readonly patchedEnd: number
  readonly because: string
}

/** Unchanged lines that get another number, because no directive may stand before them. */
export interface UnsafeLines {
  /** The patched lines, `[patched, patchedEnd)`. */
  readonly patched: number
  readonly patchedEnd: number
  /** The original number of the first. */
  readonly original: number
  /** `joined-lines`: tokens of several original lines on one; `own-numbers`: the file has `#line` of its own; `trigraphs`: what its lines are depends on an option. */
  readonly because: Barrier | 'joined-lines' | 'own-numbers' | 'trigraphs' | 'no-place'
  readonly text: string
}

export interface NeutralFile {
  readonly path: string
  /** What to compile in the patched text's place. */
  readonly text: string
  readonly insertions: readonly Insertion[]
  readonly reformatted: readonly Reformatted[]
  /** Empty: every unchanged line has its number. */
  readonly unsafe: readonly UnsafeLines[]
  /**
   * The numbers of added lines: above the original's last line; between, on numbers of original lines without code; or
   * shared with unchanged lines. None: no lines were added.
   */
  readonly numbering: 'above' | 'between' | 'shared' | 'none'
  /** For each patched line (entry 0 unused) the number that the compiler sees there. */
  readonly numbers: Int32Array
  /** For each line of `text` (entry 0 unused) the line of the original that it should be; 0 where it is none. */
  readonly origins: Int32Array
  readonly notes: readonly string[]
}
