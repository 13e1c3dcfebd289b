import type { Correlation } from '../correlate/model.ts'
import type { Piece, PieceId } from '../pieces/model.ts'

/** Why two versions of a piece are not the same: the first difference that was found. Offsets are within the piece. */
export type Difference =
  | { readonly what: 'size'; readonly original: number; readonly patched: number }
  | { readonly what: 'byte'; readonly offset: number; readonly original: number; readonly patched: number }
  | { readonly what: 'relocation'; readonly offset: number; readonly text: string }
  /** A reference reaches something else, or something whose content differs. */
  | {
      readonly what: 'reaches'
      readonly offset: number
      readonly original: string
      readonly patched: string
      /** Of the content that is reached, where that is all there is to tell it by. */
      readonly within?: Difference
    }
  /** An embedded source line number, and nothing before it, differs. */
  | { readonly what: 'line'; readonly offset: number; readonly section: string }
  /** Special-section entries: another number of them. */
  | { readonly what: 'entry-count'; readonly section: string; readonly original: number; readonly patched: number }
  /** A special-section entry that belongs to the function. */
  | { readonly what: 'entry'; readonly section: string; readonly index: number; readonly difference: Difference }
  /** An out-of-line part (`f.cold`) differs, appeared or went. */
  | { readonly what: 'part'; readonly name: string; readonly difference: Difference | 'new' | 'gone' }
  | { readonly what: 'section'; readonly original: string; readonly patched: string }
  /** An entry of a set that the linker gathers stands elsewhere among the others. */
  | { readonly what: 'place'; readonly section: string; readonly original: number; readonly patched: number }
  | { readonly what: 'alignment'; readonly original: number; readonly patched: number }
  /** The function is the one that another unit had. */
  | { readonly what: 'moved'; readonly from: string }
  /** Not the function itself: it calls one that changed and cannot be replaced, `why` being the refusal's code. */
  | { readonly what: 'callee'; readonly name: string; readonly why: string }
  /** Two ways of treating line numbers contradict each other; then it counts as changed. */
  | { readonly what: 'disagreement'; readonly neutral: Verdict; readonly mask: Verdict }
  /** Line numbers explain what differs, but the original with the patched source's line numbers is not the same either. */
  | { readonly what: 'more-than-lines'; readonly verdict: Verdict }

export type Verdict =
  | { readonly kind: 'same' }
  | { readonly kind: 'line-only'; readonly sites: number }
  | { readonly kind: 'changed'; readonly because: Difference }
  | { readonly kind: 'new' }
  | { readonly kind: 'gone' }

/** What a comparison found: the first difference if any, and how many line numbers it explained away before that. */
export interface Outcome {
  readonly because: Difference | undefined
  readonly lines: number
}

/** One function or data object with its verdict; at least one of the two pieces is there. */
export interface Judged {
  readonly name: string
  readonly original: Piece<'original'> | undefined
  readonly patched: Piece<'patched'> | undefined
  readonly verdict: Verdict
}

export interface UnitVerdicts {
  readonly correlation: Correlation
  /** Whole functions; an out-of-line part belongs to its function's verdict. */
  readonly functions: readonly Judged[]
  readonly data: readonly Judged[]
  /** Pieces that nothing names and no function owns, in sections where position alone identifies them, that differ. */
  readonly unnamed: readonly Judged[]
  /** The out-of-line parts of each patched function. */
  readonly parts: ReadonlyMap<Piece<'patched'>['id'], readonly Piece<'patched'>[]>
}

/** A place in the original object where a source line number is embedded. */
export interface LineSite {
  readonly piece: PieceId<'original'>
  /** Of the field within the piece; for an entry whose addends hold the number, 0. */
  readonly offset: number
  readonly in: 'code' | 'data' | 'addend'
  /** Width of the field: 8, 16, 32 or 64 in data, what an instruction has in code; in an addend, the bits that the line has there. */
  readonly bits: number
  /** The lowest bit of a field within an instruction's word; absent where the field begins with its first byte. */
  readonly at?: number
  /** The touched file whose line it is, as the patch names it. */
  readonly file: string
  /** The original's line number. */
  readonly line: number
}

/** What the compare stage asks about line numbers. */
export interface LineOracle {
  sitesOf(piece: PieceId<'original'>): readonly LineSite[]
  /** Whether `held` is what the site must hold in the patched object. Never true for a line that was edited away. */
  isExpected(site: LineSite, held: number): boolean
}
