// What 'hotsplice/report' exports. Made from src/library/report.ts by `npm run api`; not to be edited.

/** A hunk of the patch that a refusal leads to. */
export interface BlamedHunk {
    /** Relative to the tree. */
    readonly file: string;
    /** Its number among the hunks of that file, from 1, and how many those are. */
    readonly hunk: number;
    readonly of: number;
    readonly patch: string;
    /** The line of its `@@` in the patch. */
    readonly patchLine: number;
    /** Codes of the refusals that led to it; `build/compile-failed` where it does not compile without what is left out. */
    readonly codes: readonly string[];
}

/** A function, or an out-of-line part of one, as the payload has it. */
export interface CodeLines {
    readonly unit: string;
    readonly symbol: string;
    readonly size: number;
    /** As the compiler spelled them. */
    readonly files: readonly string[];
    /** Bytes from its start, position in `files`, the number that the compiler saw; each holds to the next. */
    readonly rows: readonly (readonly [offset: number, file: number, number: number])[];
}

/** What only a page shows. */
export interface Details {
    /** The texts of `patches`, in their order. */
    readonly patches: readonly string[];
    /** One patch that says what was compiled instead; null where no text was rewritten to keep line numbers. */
    readonly neutral: string | null;
    /** Where functions stand in the patched texts of touched C files. */
    readonly texts: readonly TextFunctions[];
    /** Both versions of each function that is not the same. */
    readonly listings: readonly Listing[];
    /** How many more have none, since `listings` is full. */
    readonly unlisted: number;
}

/** Names of functions that embed the line; an empty name is data. */
export interface EmbeddedLine {
    readonly line: number;
    /** Not replaced: they print the original's number. */
    readonly stays: readonly string[];
    /** The payload has another version of them. */
    readonly replaced: readonly string[];
    /** Not replaced, but their number is the patched source's while the payload is applied (`--lines table`). */
    readonly set: readonly string[];
}

/** A function or data object that is not the same: one entry for each unit and name. */
export interface Entry {
    /** Up to the first dot, without a `file.c#` before it. */
    readonly name: string;
    readonly unit: string;
    /** All symbols that go by that name: out-of-line parts, clones, numbered statics. */
    readonly symbols: readonly string[];
    readonly verdict: 'changed' | 'new' | 'gone' | 'line-only';
    /** What the selection took, also when it was then refused. */
    readonly included: boolean;
    /** Why the verdict is so and, where it is included, why. */
    readonly reasons: readonly Reason[];
}

/** What a refused patch would be without the hunks that are to blame. No payload is made of it. */
export interface Explanation {
    /** In the order of the patches. */
    readonly leftOut: readonly BlamedHunk[];
    /** Of the patch without them; `error` where the rest does not apply or compile. */
    readonly outcome: 'built' | 'nothing-to-do' | 'refused' | 'error';
    /** What the payload of the rest would replace or bring. */
    readonly functions: readonly {
        readonly unit: string;
        readonly name: string;
    }[];
    /** Codes of what still stands in the way. */
    readonly remaining: readonly string[];
    /** All of it in a sentence. */
    readonly text: string;
}

/** How the line numbers of a touched file were treated. */
export interface FileLines {
    readonly file: string;
    readonly way: Way;
    /** `#line` directives that were put in. */
    readonly insertions: number;
    /** Original lines whose number could not be kept. */
    readonly unsafe: readonly number[];
    /** Why this way. */
    readonly reason: string;
    /** The text before the patch, which running code was compiled from; null for a new file. */
    readonly original: SourceText | null;
    /** The text after it; null for a removed file. */
    readonly patched: SourceText | null;
    /** Lines that did not change: original line, patched line. */
    readonly map: readonly LineRun[];
    /**
     * Texts that the file had between, after the first patches of several: what payloads below were built from. Absent where
     * one patch touches it.
     */
    readonly between?: readonly TextBetween[] | undefined;
    /** Where the text was rewritten: the number that the compiler saw, patched line. Empty where it was not. */
    readonly numbers: readonly LineRun[];
    /**
     * The numbers of added lines in the rewritten text: above the original's last line; between, on numbers of original
     * lines without code; or shared with unchanged lines.
     */
    readonly numbering: 'above' | 'between' | 'shared' | 'none';
    /** Original lines whose number is embedded in the running code, by what becomes of it; null where that is not known. */
    readonly embedded: readonly EmbeddedLine[] | null;
}

/** A part of the payload, and why it is in it. */
export interface IncludedPiece {
    readonly unit: string;
    readonly name: string;
    readonly role: string;
    readonly size: number;
    readonly reason: Reason;
    /** The next link of the chain, as its position in this list; null at the chain's end. */
    readonly because: number | null;
}

/** Emphasis in text views. Plain text is the default; the command line brings colours where a terminal shows them. */
export interface Ink {
    /** What the eye should find first. */
    readonly strong: (text: string) => string;
    readonly faint: (text: string) => string;
    readonly good: (text: string) => string;
    readonly bad: (text: string) => string;
    readonly warn: (text: string) => string;
}

/**
 * Something outside was wrong: a file, an option, a tool. The message says what is so, with its values.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { diff, InputError } from 'hotsplice'
 *
 * try {
 *   await diff({ original: 'original.o', patched: 'fix.patch' })
 * } catch (error) {
 *   if (!(error instanceof InputError)) throw error
 *   console.error(error.code, error.message, error.trail, error.hint)
 *   assert.equal(error.code, 'elf/not-elf')
 * }
 * ```
 */
export declare class InputError extends Error {
    /** By which it is known without its class. */
    readonly name = "InputError";
    /** What was being done, innermost first; grows as the error travels outwards. */
    readonly trail: string[];
    /** Which error it is; docs/findings has a section on each. */
    readonly code: InputErrorCode;
    /** The way out, where there is one to tell. */
    readonly hint: string | undefined;
    /** `fact` says what is so, with the numbers; `hint` says what the reader can do about it. */
    constructor(code: InputErrorCode, fact: string, hint?: string);
}

/** `stage/what`, in lower case: `elf/truncated`, `source/hunk-failed`. One page of docs/findings explains each. */
export type InputErrorCode = `${string}/${string}`;

/** Code of boot time that was left out: what it would have done otherwise when the system came up, in words. */
export interface LeftInitCode {
    readonly unit: string;
    readonly name: string;
    /** Variables that it would have set; those that it would no longer. */
    readonly sets: readonly string[];
    /** Functions likewise. */
    readonly calls: readonly string[];
    /** Instructions that set the processor, likewise. */
    readonly processor: readonly string[];
    /** What of it cannot be told. */
    readonly unknown: readonly string[];
}

/** `count` lines from `from` on the one side are those from `to` on the other. */
export type LineRun = readonly [from: number, to: number, count: number];

/** How embedded source line numbers were treated. */
export interface Lines {
    readonly way: Way;
    /** The folder that files are relative to, where the payload was built. */
    readonly root: string;
    readonly files: readonly FileLines[];
    /** Every number, up to that of the last line, that the payload's bytes could hold as a line. */
    readonly held: readonly number[];
    /** Where the debug information tells it: the lines of the payload's functions. */
    readonly code: readonly CodeLines[];
}

/** The instructions of a function in their order. */
export interface ListedCode {
    readonly size: number;
    /**
     * Bytes from its start, and the instruction with the names that it refers to. Where hotsplice knows how a machine's
     * instructions are cut, not what they are called, `.inst` and the word; where it knows nothing of the machine, `.byte` and
     * up to 8 bytes.
     */
    readonly instructions: readonly (readonly [offset: number, text: string])[];
    /** Where it embeds source line numbers, as far as the run looked. */
    readonly sites: readonly {
        readonly offset: number;
        readonly file: string;
        readonly line: number;
    }[];
    /** What relocations reach, by the offset of their instruction, in the words that stand in its text. */
    readonly references: readonly {
        readonly offset: number;
        readonly name: string;
    }[];
}

/** A function, or an out-of-line part of one, in both objects. */
export interface Listing {
    readonly unit: string;
    /** The name of its entry in `functions`. */
    readonly name: string;
    readonly symbol: string;
    readonly original: ListedCode | null;
    readonly patched: ListedCode | null;
}

/** Something that no stage looked at, so that silence is not taken for a verdict. */
export interface NotCompared {
    readonly unit: string;
    readonly what: string;
    readonly text: string;
}

/** How a run ended; `differs` is said of two objects, `built` and `refused` of a patch. */
export type Outcome = 'built' | 'nothing-to-do' | 'refused' | 'differs' | 'error';

/**
 * No emphasis: the text as it is.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { PLAIN, readReport, summary } from 'hotsplice/report'
 *
 * const report = readReport(await readFile('fix.json', 'utf8'), 'fix.json')
 * const marked = { ...PLAIN, strong: (text: string) => `=${text}=` }
 * assert.match(summary(report, marked), /=in the payload/)
 * ```
 */
export declare const PLAIN: Ink;

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
export declare const REPORT_SCHEMA = 1;

/** Why something was decided, as data: tests assert the code, people read the text. */
export interface Reason {
    readonly code: string;
    readonly text: string;
}

/** Something that cannot be hotpatched, as data. All of a run's refusals are shown together; none of them is thrown. */
export interface Refusal {
    /** In lower case with dashes: `changed-data`. docs/findings has a page of that name. */
    readonly code: string;
    /** The object's path below the build folder, or the source file's where no object is concerned. */
    readonly unit: string;
    /** Empty where the refusal is about a file or section as a whole. */
    readonly symbol: string;
    /** What is so, with the values. */
    readonly text: string;
    /** The way out. */
    readonly hint: string;
    /** What in the patched source causes it, where that is known; relative to the tree's base. */
    readonly place?: {
        readonly file: string;
        readonly line: number;
    };
}

/** What runs, by its build-ids in hexadecimal. */
export interface ReportedBase {
    /** Of the hypervisor or program itself; null where it has none that is known. */
    readonly buildId: string | null;
    /** Of what the payload goes on top of: another payload, or the same. */
    readonly depends: string | null;
}

/** What ended a run that failed. */
export interface ReportedError {
    /** `stage/what`; `internal/bug` for a mistake of ours, `cli/interrupted` after Ctrl-C. */
    readonly code: string;
    readonly text: string;
    /** What was being done, innermost first. */
    readonly trail: readonly string[];
    readonly hint: string | null;
}

/** One of the patches. */
export interface ReportedPatch {
    /** As it was given. */
    readonly name: string;
    /** What it says of itself: the subject of its mail; null where it begins without one. */
    readonly subject: string | null;
}

/** The payload that was built. */
export interface ReportedPayload {
    /** As it was given to `-o`. */
    readonly file: string;
    readonly size: number;
    readonly sha256: string;
    readonly buildId: string;
}

/** What the payload is for. */
export interface ReportedTarget {
    readonly name: 'xen' | 'process' | 'linux';
    /** Of the tree, where it tells one: `4.17`. */
    readonly version: string | null;
    /** EM_*: 62 x86-64, 183 AArch64; null where no object was read. */
    readonly machine: number | null;
}

/** A unit that was compiled again. */
export interface ReportedUnit {
    readonly unit: string;
    readonly source: string;
    readonly kind: 'changed' | 'new' | 'removed';
    /** The touched files it depends on. */
    readonly because: readonly string[];
    /** What the payload's code was compiled from: the patched text as it is, or rewritten to keep line numbers. */
    readonly text: 'patched' | 'neutral';
    /** As a reader could run it; empty where nothing was compiled. */
    readonly command: readonly string[];
    readonly cached: boolean;
    /** Milliseconds. */
    readonly compileTime: number;
}

/** The JSON of `hotsplice build` and `hotsplice diff`; docs/schema/report.json says the same. */
export interface RunReport {
    readonly schema: 1;
    readonly command: 'build' | 'diff';
    /** Of hotsplice. */
    readonly version: string;
    readonly outcome: Outcome;
    /** What ended the run; null unless the outcome is `error`. */
    readonly error: ReportedError | null;
    readonly target: ReportedTarget | null;
    /** What runs, as the payload is made for it; null where no build-id is known. */
    readonly base: ReportedBase | null;
    /** What the payload was asked to be, in its order; empty for two objects. */
    readonly patches: readonly ReportedPatch[];
    /** The compiler that made the tree, and with it the patched objects. */
    readonly compiler: string | null;
    /** Those whose verdict is `same` are left out. */
    readonly functions: readonly Entry[];
    readonly data: readonly Entry[];
    readonly refusals: readonly Refusal[];
    /** What the refusals cost; null unless it was asked for, and the outcome is `refused`. */
    readonly explanation: Explanation | null;
    /** Code of boot time that the user left out of the patch (`--leave-init`). */
    readonly leftInit: readonly LeftInitCode[];
    readonly lines: Lines;
    /** Null unless the outcome is `built`. */
    readonly payload: ReportedPayload | null;
    /** Every piece that the payload contains, or would have contained, with the chain that brought it in. */
    readonly pieces: readonly IncludedPiece[];
    readonly units: readonly ReportedUnit[];
    /** What could go wrong with what was built. */
    readonly warnings: readonly Reason[];
    /** What a careful user wants to know. */
    readonly notices: readonly Reason[];
    readonly notCompared: readonly NotCompared[];
    /** Texts and code that a page shows (`hotsplice report`); null unless they were asked for: they can be large. */
    readonly details: Details | null;
    /** Milliseconds by stage, in the order in which they ran. */
    readonly timings: Readonly<Record<string, number>>;
}

/** A text of a source file, by what it is known again. */
export interface SourceText {
    readonly path: string;
    readonly sha256: string;
    /** How many. */
    readonly lines: number;
}

/** A text that some of the patches have left. */
export interface TextBetween {
    readonly sha256: string;
    /** Lines of it that the patched text still has: its line, patched line. */
    readonly map: readonly LineRun[];
}

/** Lines of a definition, both within; its name is null where the text does not tell it. */
export type TextFunction = readonly [name: string | null, from: number, to: number];

/** The functions of a patched text. */
export interface TextFunctions {
    readonly file: string;
    /** For each hunk of it, by how many lines it was found away from where its patch says. */
    readonly offsets: readonly number[];
    /**
     * For each hunk of it which text it wrote, by position in `between` of the file's lines; the last one, where there is none at
     * that position. Absent in reports of 0.2.0 and before.
     */
    readonly wrote?: readonly number[] | undefined;
    /** Null where the text is spelled in a way that we do not read. */
    readonly functions: readonly TextFunction[] | null;
}

/** The ways to treat embedded source line numbers; docs/lines.md tells what each does. */
export type Way = 'auto' | 'neutral' | 'mask' | 'ignore' | 'table';

/**
 * The report of a run that failed.
 *
 * @param command what was run
 * @param version of hotsplice
 * @param error what ended it
 * @returns a report in which nothing else is known
 * @throws never
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { errorReport, reportedError } from 'hotsplice/report'
 *
 * const report = errorReport('build', '0.2.0', reportedError(new Error('oh')))
 * assert.equal(report.outcome, 'error')
 * assert.equal(report.error?.text, 'oh')
 * ```
 */
export declare function errorReport(command: RunReport['command'], version: string, error: ReportedError): RunReport;

/**
 * Answers "why is this in the payload, or why not?" from a report alone: verdicts, reasons, and the chain that brought a thing
 * in.
 *
 * @param report the report of a build or a comparison
 * @param wanted a name (`f1`), a unit (`common/file1.o`), or both (`common/file1.o f1`); everything unless given
 * @param ink how to emphasise; `PLAIN` unless given
 * @returns the explanation of each thing of that name
 * @throws {InputError} where the report has nothing of that name
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { explain, readReport } from 'hotsplice/report'
 *
 * const report = readReport(await readFile('fix.json', 'utf8'), 'fix.json')
 * assert.match(explain(report, 'f1'), /^f1 \(file1\.o\): changed, in the payload/)
 * ```
 */
export declare function explain(report: RunReport, wanted?: string, ink?: Ink): string;

/**
 * Reads a report that `--json` wrote. Fields that this version does not know pass.
 *
 * @param text the JSON
 * @param name what errors call the file
 * @returns the report
 * @throws {InputError} where it is no JSON, or no report of this form
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { readReport } from 'hotsplice/report'
 *
 * const report = readReport(await readFile('fix.json', 'utf8'), 'fix.json')
 * assert.equal(report.outcome, 'built')
 * assert.throws(() => readReport('{}', 'empty.json'), { code: 'report/not-a-report' })
 * ```
 */
export declare function readReport(text: string, name: string): RunReport;

/**
 * What is known of any thrown thing. What is neither bad input nor the system's refusal is a mistake of hotsplice.
 *
 * @param error what was thrown
 * @returns the error as plain data
 * @throws never
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { InputError, reportedError } from 'hotsplice/report'
 *
 * const { code, text } = reportedError(new InputError('cli/usage', 'there is no such option'))
 * assert.deepEqual({ code, text }, { code: 'cli/usage', text: 'there is no such option' })
 * assert.equal(reportedError(new TypeError('oh')).code, 'internal/bug')
 * ```
 */
export declare function reportedError(error: unknown): ReportedError;

/**
 * A report in words: what is in, what is left out and why, what stands in the way and the way out.
 *
 * @param report the report of a build or a comparison
 * @param ink how to emphasise; `PLAIN` unless given
 * @returns the text, each line ended
 * @throws never
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { readReport, summary } from 'hotsplice/report'
 *
 * const report = readReport(await readFile('fix.json', 'utf8'), 'fix.json')
 * assert.match(summary(report), /in the payload: 1 function/)
 * ```
 */
export declare function summary(report: RunReport, ink?: Ink): string;

/**
 * The text that `--json` writes: keys in the order in which the model names them, milliseconds with two decimals.
 *
 * @param value a report, or any other plain data
 * @returns JSON, with a line end behind it
 * @throws never
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { toJson } from 'hotsplice/report'
 *
 * assert.equal(toJson({ time: 1.2345 }), '{\n  "time": 1.23\n}\n')
 * ```
 */
export declare function toJson(value: unknown): string;

/**
 * Makes a value fit for a terminal: names of others, in files, patches and programs, may hold characters that a terminal obeys.
 * They are spelled out (`^[`, `<U+202E>`); the value is otherwise the same.
 *
 * @param value a report, or any other plain data
 * @returns a copy with every text spelled so
 * @throws never
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { withShownNames } from 'hotsplice/report'
 *
 * assert.deepEqual(withShownNames({ name: 'f\u001b[2J' }), { name: 'f^[[2J' })
 * ```
 */
export declare function withShownNames<Value>(value: Value): Value;

export {}
