/**
 * What a page is made of: reports, and in words what a person reads first. It is in the page as JSON; the page's own code
 * (`page/`) only shows it, so that what a page says can be held against the reports.
 */
import type { RunReport } from '../model.ts'

/** The data in a page. */
export interface PageData {
  readonly schema: 1
  /** Of hotsplice. */
  readonly version: string
  readonly builds: readonly BuildView[]
  readonly verifications: readonly Judgement<VerifyView>[]
  readonly rehearsals: readonly Judgement<RehearsalView>[]
  /** The pages of docs/findings about the codes that occur, in Markdown. */
  readonly findings: Readonly<Record<string, string>>
  /** The matrix of a fleet; null where the page is not about one. */
  readonly fleet: FleetView | null
}

export type Tone = 'good' | 'bad' | 'plain'

/** One report of a build or a comparison. */
export interface BuildView {
  /** The report's file. */
  readonly name: string
  /** What it is about, in a line: the patch's subject, or names. */
  readonly title: string
  /** What runs, in a line. */
  readonly base: string
  /** A word for the outcome. */
  readonly word: string
  readonly tone: Tone
  /** The outcome in a sentence, for a person who knows nothing of hotsplice. */
  readonly headline: string
  readonly facts: readonly Fact[]
  /** How line numbers were treated, and what taking them as changes would have cost. */
  readonly lines: readonly string[]
  readonly hunks: readonly HunkView[]
  readonly report: RunReport
}

/** A hunk of one of the patches, and what it touches. */
export interface HunkView {
  /** As the patch names it, without its first component. */
  readonly file: string
  /** Its number among those of the file, from 1. */
  readonly number: number
  /** Position of its `@@` among the lines of all patches. */
  readonly at: number
  /** Lines of the patched file, both within. */
  readonly from: number
  readonly to: number
  /** What the patch writes behind `@@`. */
  readonly context: string
  /** Functions of the payload of which debug information says that they have code of its lines. */
  readonly functions: readonly { readonly unit: string; readonly symbol: string }[]
  /** Functions within which its lines stand, by the patched text. */
  readonly bodies: readonly string[]
  /** Whether some of them stand where the text does not tell whose body it is, or nobody read the text. */
  readonly isBodyUnknown: boolean
}

export interface Fact {
  readonly name: string
  readonly value: string
}

/** Bases and fixes, and what came of each two. */
export interface FleetView {
  readonly headline: string
  readonly tone: Tone
  readonly bases: readonly { readonly name: string; readonly about: string }[]
  readonly fixes: readonly { readonly name: string; readonly ids: readonly string[] }[]
  readonly cells: readonly FleetCellView[]
}

export interface FleetCellView {
  readonly base: string
  readonly fix: string
  readonly word: string
  readonly tone: Tone
  readonly asExpected: boolean
  /** What came of it, and why. */
  readonly text: string
  /** Of refusals; of the error where it is one. */
  readonly codes: readonly string[]
  /** What mends an error; null where there is none. */
  readonly hint: string | null
  /** The refusal that was expected, why and by whom, in a sentence; null where none was. */
  readonly expected: string | null
  /** The page of its own; null where it has none. */
  readonly href: string | null
}

/** What a loader's rules or a rehearsal said. */
export interface Judgement<Report> {
  /** The report's file. */
  readonly name: string
  readonly tone: Tone
  readonly headline: string
  readonly report: Report
}

/** Of the JSON of `hotsplice verify`, what the page shows. */
export interface VerifyView {
  readonly target: 'xen' | 'linux'
  readonly version: string
  readonly sha256: string
  readonly accepted: boolean
  readonly complete: boolean
  readonly errno: string | null
  readonly stage: string | null
  readonly decidedBy: string | null
  readonly checks: readonly {
    readonly code: string
    readonly status: 'passed' | 'failed' | 'not-applicable'
    readonly text: string
    readonly errno?: string
    readonly place?: string
    readonly warning?: string
  }[]
}

/** Of the JSON of `hotsplice rehearse`, what the page shows. */
export interface RehearsalView {
  readonly outcome: 'passed' | 'failed' | 'crashed' | 'timeout'
  readonly hypervisor: {
    /** `Xen`, where nothing is said. */
    readonly name: string
    readonly file: string
    readonly version: string
    readonly buildId: string
  }
  readonly payloads: readonly string[]
  readonly digests: readonly string[]
  readonly operations: readonly {
    readonly line: number
    readonly text: string
    readonly operation: string
    readonly result: number | null
    readonly errno: string | null
    readonly expectation: string
    readonly expected: boolean
    readonly output: readonly string[]
    readonly console: readonly string[]
  }[]
  readonly notRun: number
  readonly downfall: { readonly kind: string; readonly sign: string; readonly lines: readonly string[] } | null
  readonly console: readonly string[]
}

/** Of the JSON of `hotsplice advise`, what the page says of `ignore`. */
export interface AdviceView {
  readonly ways: readonly {
    readonly way: string
    readonly outcome: string
    readonly functions: readonly { readonly name: string; readonly unit: string; readonly included: boolean }[]
    readonly refusals: readonly { readonly code: string }[]
  }[]
}
