/**
 * What a run found out, as plain data: the JSON that `--json` writes, and what every view (text, later HTML and SARIF)
 * shows. Version 1; docs/schema/report.json is the same as a JSON schema, and `schema.ts` reads a report back.
 *
 * Fields may be added within a version; none changes its meaning or goes. All of them are there in every report, also
 * of a run that was refused or failed: then with what was known until then.
 *
 * `unit` is an object's path below the build folder (`common/domain.o`), `file` a source file's (`common/domain.c`).
 */
import type { Reason, Refusal } from '../base/refusal.ts'
import type { Way } from '../lines/way.ts'

export type { Way } from '../lines/way.ts'

/**
 * The version of the report’s form. Fields may be added within one; none changes its meaning or goes.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { REPORT_SCHEMA } from 'hotsplice/report'
 *
 * assert.equal(JSON.parse(await readFile('fix.json', 'utf8')).schema, REPORT_SCHEMA)
 * ```
 */
export const REPORT_SCHEMA = 1

/** How a run ended; `differs` is said of two objects, `built` and `refused` of a patch. */
export type Outcome = 'built' | 'nothing-to-do' | 'refused' | 'differs' | 'error'

/** The JSON of `hotsplice build` and `hotsplice diff`; docs/schema/report.json says the same. */
export interface RunReport {
  readonly schema: 1
  readonly command: 'build' | 'diff'
  /** Of hotsplice. */
  readonly version: string
  readonly outcome: Outcome
  /** What ended the run; null unless the outcome is `error`. */
  readonly error: ReportedError | null
  readonly target: ReportedTarget | null
  /** What runs, as the payload is made for it; null where no build-id is known. */
  readonly base: ReportedBase | null
  /** What the payload was asked to be, in its order; empty for two objects. */
  readonly patches: readonly ReportedPatch[]
  /** The compiler that made the tree, and with it the patched objects. */
  readonly compiler: string | null
  /** Those whose verdict is `same` are left out. */
  readonly functions: readonly Entry[]
  readonly data: readonly Entry[]
  readonly refusals: readonly Refusal[]
  /** What the refusals cost; null unless it was asked for, and the outcome is `refused`. */
  readonly explanation: Explanation | null
  /** Code of boot time that the user left out of the patch (`--leave-init`). */
  readonly leftInit: readonly LeftInitCode[]
  readonly lines: Lines
  /** Null unless the outcome is `built`. */
  readonly payload: ReportedPayload | null
  /** Every piece that the payload contains, or would have contained, with the chain that brought it in. */
  readonly pieces: readonly IncludedPiece[]
  readonly units: readonly ReportedUnit[]
  /** What could go wrong with what was built. */
  readonly warnings: readonly Reason[]
  /** What a careful user wants to know. */
  readonly notices: readonly Reason[]
  readonly notCompared: readonly NotCompared[]
  /** Texts and code that a page shows (`hotsplice report`); null unless they were asked for: they can be large. */
  readonly details: Details | null
  /** Milliseconds by stage, in the order in which they ran. */
  readonly timings: Readonly<Record<string, number>>
}

/** Code of boot time that was left out: what it would have done otherwise when the system came up, in words. */
export interface LeftInitCode {
  readonly unit: string
  readonly name: string
  /** Variables that it would have set; those that it would no longer. */
  readonly sets: readonly string[]
  /** Functions likewise. */
  readonly calls: readonly string[]
  /** Instructions that set the processor, likewise. */
  readonly processor: readonly string[]
  /** What of it cannot be told. */
  readonly unknown: readonly string[]
}

/** What a refused patch would be without the hunks that are to blame. No payload is made of it. */
export interface Explanation {
  /** In the order of the patches. */
  readonly leftOut: readonly BlamedHunk[]
  /** Of the patch without them; `error` where the rest does not apply or compile. */
  readonly outcome: 'built' | 'nothing-to-do' | 'refused' | 'error'
  /** What the payload of the rest would replace or bring. */
  readonly functions: readonly { readonly unit: string; readonly name: string }[]
  /** Codes of what still stands in the way. */
  readonly remaining: readonly string[]
  /** All of it in a sentence. */
  readonly text: string
}

/** A hunk of the patch that a refusal leads to. */
export interface BlamedHunk {
  /** Relative to the tree. */
  readonly file: string
  /** Its number among the hunks of that file, from 1, and how many those are. */
  readonly hunk: number
  readonly of: number
  readonly patch: string
  /** The line of its `@@` in the patch. */
  readonly patchLine: number
  /** Codes of the refusals that led to it; `build/compile-failed` where it does not compile without what is left out. */
  readonly codes: readonly string[]
}

/** What ended a run that failed. */
export interface ReportedError {
  /** `stage/what`; `internal/bug` for a mistake of ours, `cli/interrupted` after Ctrl-C. */
  readonly code: string
  readonly text: string
  /** What was being done, innermost first. */
  readonly trail: readonly string[]
  readonly hint: string | null
}

/** What the payload is for. */
export interface ReportedTarget {
  readonly name: 'xen' | 'process' | 'linux'
  /** Of the tree, where it tells one: `4.17`. */
  readonly version: string | null
  /** EM_*: 62 x86-64, 183 AArch64; null where no object was read. */
  readonly machine: number | null
}

/** What runs, by its build-ids in hexadecimal. */
export interface ReportedBase {
  /** Of the hypervisor or program itself; null where it has none that is known. */
  readonly buildId: string | null
  /** Of what the payload goes on top of: another payload, or the same. */
  readonly depends: string | null
}

/** One of the patches. */
export interface ReportedPatch {
  /** As it was given. */
  readonly name: string
  /** What it says of itself: the subject of its mail; null where it begins without one. */
  readonly subject: string | null
}

/** What only a page shows. */
export interface Details {
  /** The texts of `patches`, in their order. */
  readonly patches: readonly string[]
  /** One patch that says what was compiled instead; null where no text was rewritten to keep line numbers. */
  readonly neutral: string | null
  /** Where functions stand in the patched texts of touched C files. */
  readonly texts: readonly TextFunctions[]
  /** Both versions of each function that is not the same. */
  readonly listings: readonly Listing[]
  /** How many more have none, since `listings` is full. */
  readonly unlisted: number
}

/** The functions of a patched text. */
export interface TextFunctions {
  readonly file: string
  /** For each hunk of it, by how many lines it was found away from where its patch says. */
  readonly offsets: readonly number[]
  /**
   * For each hunk of it which text it wrote, by position in `between` of the file's lines; the last one, where there is none at
   * that position. Absent in reports of 0.2.0 and before.
   */
  readonly wrote?: readonly number[] | undefined
  /** Null where the text is spelled in a way that we do not read. */
  readonly functions: readonly TextFunction[] | null
}

/** Lines of a definition, both within; its name is null where the text does not tell it. */
export type TextFunction = readonly [name: string | null, from: number, to: number]

/** A function, or an out-of-line part of one, in both objects. */
export interface Listing {
  readonly unit: string
  /** The name of its entry in `functions`. */
  readonly name: string
  readonly symbol: string
  readonly original: ListedCode | null
  readonly patched: ListedCode | null
}

/** The instructions of a function in their order. */
export interface ListedCode {
  readonly size: number
  /**
   * Bytes from its start, and the instruction with the names that it refers to. Where hotsplice knows how a machine's
   * instructions are cut, not what they are called, `.inst` and the word; where it knows nothing of the machine, `.byte` and
   * up to 8 bytes.
   */
  readonly instructions: readonly (readonly [offset: number, text: string])[]
  /** Where it embeds source line numbers, as far as the run looked. */
  readonly sites: readonly { readonly offset: number; readonly file: string; readonly line: number }[]
  /** What relocations reach, by the offset of their instruction, in the words that stand in its text. */
  readonly references: readonly { readonly offset: number; readonly name: string }[]
}

/** A function or data object that is not the same: one entry for each unit and name. */
export interface Entry {
  /** Up to the first dot, without a `file.c#` before it. */
  readonly name: string
  readonly unit: string
  /** All symbols that go by that name: out-of-line parts, clones, numbered statics. */
  readonly symbols: readonly string[]
  readonly verdict: 'changed' | 'new' | 'gone' | 'line-only'
  /** What the selection took, also when it was then refused. */
  readonly included: boolean
  /** Why the verdict is so and, where it is included, why. */
  readonly reasons: readonly Reason[]
}

/** How embedded source line numbers were treated. */
export interface Lines {
  readonly way: Way
  /** The folder that files are relative to, where the payload was built. */
  readonly root: string
  readonly files: readonly FileLines[]
  /** Every number, up to that of the last line, that the payload's bytes could hold as a line. */
  readonly held: readonly number[]
  /** Where the debug information tells it: the lines of the payload's functions. */
  readonly code: readonly CodeLines[]
}

/** A function, or an out-of-line part of one, as the payload has it. */
export interface CodeLines {
  readonly unit: string
  readonly symbol: string
  readonly size: number
  /** As the compiler spelled them. */
  readonly files: readonly string[]
  /** Bytes from its start, position in `files`, the number that the compiler saw; each holds to the next. */
  readonly rows: readonly (readonly [offset: number, file: number, number: number])[]
}

/** How the line numbers of a touched file were treated. */
export interface FileLines {
  readonly file: string
  readonly way: Way
  /** `#line` directives that were put in. */
  readonly insertions: number
  /** Original lines whose number could not be kept. */
  readonly unsafe: readonly number[]
  /** Why this way. */
  readonly reason: string
  /** The text before the patch, which running code was compiled from; null for a new file. */
  readonly original: SourceText | null
  /** The text after it; null for a removed file. */
  readonly patched: SourceText | null
  /** Lines that did not change: original line, patched line. */
  readonly map: readonly LineRun[]
  /**
   * Texts that the file had between, after the first patches of several: what payloads below were built from. Absent where
   * one patch touches it.
   */
  readonly between?: readonly TextBetween[] | undefined
  /** Where the text was rewritten: the number that the compiler saw, patched line. Empty where it was not. */
  readonly numbers: readonly LineRun[]
  /**
   * The numbers of added lines in the rewritten text: above the original's last line; between, on numbers of original
   * lines without code; or shared with unchanged lines.
   */
  readonly numbering: 'above' | 'between' | 'shared' | 'none'
  /** Original lines whose number is embedded in the running code, by what becomes of it; null where that is not known. */
  readonly embedded: readonly EmbeddedLine[] | null
}

/** A text that some of the patches have left. */
export interface TextBetween {
  readonly sha256: string
  /** Lines of it that the patched text still has: its line, patched line. */
  readonly map: readonly LineRun[]
}

/** A text of a source file, by what it is known again. */
export interface SourceText {
  readonly path: string
  readonly sha256: string
  /** How many. */
  readonly lines: number
}

/** `count` lines from `from` on the one side are those from `to` on the other. */
export type LineRun = readonly [from: number, to: number, count: number]

/** Names of functions that embed the line; an empty name is data. */
export interface EmbeddedLine {
  readonly line: number
  /** Not replaced: they print the original's number. */
  readonly stays: readonly string[]
  /** The payload has another version of them. */
  readonly replaced: readonly string[]
  /** Not replaced, but their number is the patched source's while the payload is applied (`--lines table`). */
  readonly set: readonly string[]
}

/** The payload that was built. */
export interface ReportedPayload {
  /** As it was given to `-o`. */
  readonly file: string
  readonly size: number
  readonly sha256: string
  readonly buildId: string
}

/** A part of the payload, and why it is in it. */
export interface IncludedPiece {
  readonly unit: string
  readonly name: string
  readonly role: string
  readonly size: number
  readonly reason: Reason
  /** The next link of the chain, as its position in this list; null at the chain's end. */
  readonly because: number | null
}

/** A unit that was compiled again. */
export interface ReportedUnit {
  readonly unit: string
  readonly source: string
  readonly kind: 'changed' | 'new' | 'removed'
  /** The touched files it depends on. */
  readonly because: readonly string[]
  /** What the payload's code was compiled from: the patched text as it is, or rewritten to keep line numbers. */
  readonly text: 'patched' | 'neutral'
  /** As a reader could run it; empty where nothing was compiled. */
  readonly command: readonly string[]
  readonly cached: boolean
  /** Milliseconds. */
  readonly compileTime: number
}

/** Something that no stage looked at, so that silence is not taken for a verdict. */
export interface NotCompared {
  readonly unit: string
  readonly what: string
  readonly text: string
}

/** A report in which nothing is known yet. */
export function emptyReport(command: RunReport['command'], version: string): RunReport {
  return {
    schema: REPORT_SCHEMA,
    command,
    version,
    outcome: 'error',
    error: null,
    target: null,
    base: null,
    patches: [],
    compiler: null,
    functions: [],
    data: [],
    refusals: [],
    explanation: null,
    leftInit: [],
    lines: { way: 'ignore', root: '', files: [], held: [], code: [] },
    payload: null,
    pieces: [],
    units: [],
    warnings: [],
    notices: [],
    notCompared: [],
    details: null,
    timings: {},
  }
}
