// What 'hotsplice' exports. Made from src/index.ts by `npm run api`; not to be edited.

/** What can be done with a payload that was uploaded. */
export type ActionName = 'unload' | 'revert' | 'apply' | 'replace';

/** What `act` takes. */
export interface ActionRequest {
    readonly action: ActionName;
    readonly name: string;
    /** Do not ask what the payload depends on; what it is built for is asked all the same. */
    readonly nodeps?: boolean | undefined;
    /** Milliseconds for everything to quiesce; the host's own when not given. */
    readonly timeoutMs?: number | undefined;
    /** Whether tasks of a Linux host that hold a transition up are stopped for a moment, so that they come through. */
    readonly signalHolders?: boolean | undefined;
    readonly dryRun?: boolean | undefined;
}

/** What comes of each way to treat line numbers, and which to take. */
export interface Advice {
    readonly schema: 1;
    readonly command: 'advise';
    readonly version: string;
    readonly outcome: 'advised' | 'nothing-to-do' | 'refused';
    readonly recommended: Way | null;
    readonly reason: string;
    /** In the order in which they are compared. */
    readonly ways: readonly WayAdvice[];
}

/** The report of a payload's build, and what the running system calls the payload. */
export interface AppliedReport {
    readonly name: string;
    readonly report: RunReport;
}

/** What `assist` takes. */
export interface AssistOptions extends PatchOptions {
    /**
     * Sources of your own that will be given to the build too.
     *
     * @default none
     */
    readonly with?: OneOrMore<SourceInput> | undefined;
    /**
     * What the source will be called: the file that you will write it to. Nothing is written by `assist`.
     *
     * @default the first patch's name with `-assist.c` in place of its ending; `patch-assist.c` where it has none
     */
    readonly output?: string | undefined;
}

/** The JSON of `hotsplice assist`. */
export interface AssistReport {
    readonly schema: 1;
    readonly command: 'assist';
    /** Of hotsplice. */
    readonly version: string;
    /** `refused`: none of the refusals has a way out that can be written. */
    readonly outcome: 'written' | 'nothing-to-do' | 'refused';
    /** Each refusal that the source takes care of. */
    readonly ways: readonly WayOut[];
    /** What stays refused. */
    readonly remaining: readonly Refusal[];
    /** What has no way out that could be written, though others of its kind have, and why. */
    readonly unwritten: readonly Unwritten[];
    /** Lines of the source that do not compile until somebody has filled them in. */
    readonly fill: readonly LineToFill[];
    /** `FILE@UNIT`, for `build --with`; null where nothing was written. */
    readonly with: string | null;
    /** What the build takes besides, upon the patch; null where the patch can stay as it is. */
    readonly patch: PatchUpon | null;
    /** The source, read as UTF-8; empty where nothing was written. */
    readonly source: string;
}

/** What `assist` gives. */
export interface AssistResult {
    /** What was found out, with the source; the same as the JSON of `hotsplice assist`. */
    readonly report: AssistReport;
    /** The source, for `build`'s `with`; empty where there is nothing to write. */
    readonly source: Uint8Array;
    /** What comes upon your patch, for `build`'s `patch`, behind it; empty where that can stay as it is. */
    readonly patch: Uint8Array;
}

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

/** What `build` takes. */
export interface BuildOptions extends PatchOptions {
    /**
     * How to treat functions that differ only by an embedded line number: `ignore` includes them, `mask` leaves them out,
     * `neutral` rewrites the patch so that they do not differ, `table` leaves them out and sets their numbers while the
     * payload is applied, `auto` chooses file by file and holds `neutral` and `mask` against each other.
     *
     * @default 'auto'
     */
    readonly lines?: 'auto' | 'neutral' | 'mask' | 'table' | 'ignore' | undefined;
    /**
     * Files of payloads that are applied already, the lowest first: the new one goes on top.
     *
     * @default none
     */
    readonly on?: readonly string[] | undefined;
    /**
     * Files of payloads that are applied already, and whose place the new one is to take (`replace`): it has no names of theirs,
     * and is refused where data that they hold would be lost.
     *
     * @default none
     */
    readonly besides?: readonly string[] | undefined;
    /**
     * Variables of those that may be lost; `all` for all, `*` for ones without a name.
     *
     * @default none
     */
    readonly loses?: readonly string[] | undefined;
    /**
     * `FILE` or `FILE@ADDRESS`: a copy of the running system's code, to compare with too.
     *
     * @default none
     */
    readonly memory?: string | undefined;
    /**
     * Whether the loader is to compare the first bytes of old code before it patches.
     *
     * @default true
     */
    readonly expect?: boolean | undefined;
    /**
     * Whether no processor of the host has CET-IBT, or Xen was started with cet=no-ibt: some Xen 4.17 and 4.18 die of
     * alternatives on one that has.
     *
     * @default false: it may
     */
    readonly withoutIbt?: boolean | undefined;
    /**
     * Names of types and functions that may change although they live across the patch.
     *
     * @default none
     */
    readonly acceptTypes?: readonly string[] | undefined;
    /**
     * Sources of your own (hooks, helpers) beside the patch, each compiled like a unit of the tree, in its folder.
     *
     * @default none
     */
    readonly with?: OneOrMore<SourceInput> | undefined;
    /**
     * Of a patch that is refused, find out which hunks are to blame, and what would be built without them: the report's
     * `explanation`. The rest is built to see that, so that it takes as long again.
     *
     * @default false
     */
    readonly explainRefusal?: boolean | undefined;
    /**
     * Compile all units that read a touched header. Otherwise those are left out, and named in the report's `notCompared`,
     * whose preprocessed text the patch does not change, but for inline functions that they do not use.
     *
     * @default false
     */
    readonly compileAll?: boolean | undefined;
    /**
     * Whether the report has the patch and both versions of the code, which `page` shows: they can be large.
     *
     * @default false
     */
    readonly details?: boolean | undefined;
    /**
     * What the report calls the payload: the file that you will write it to. Nothing is written by `build`.
     *
     * @default the first patch's name with `.livepatch` in place of its ending; `payload.livepatch` where it has none
     */
    readonly output?: string | undefined;
}

/** What `build` gives. */
export interface BuildResult {
    /** What was found out; the same as the JSON of `hotsplice build`. */
    readonly report: RunReport;
    /** The payload's bytes; undefined unless the report's `outcome` is `built`. */
    readonly payload: Uint8Array | undefined;
}

/** What came of a check. */
export type CheckStatus = 'passed' | 'failed' | 'not-applicable';

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

/** What every function that compiles takes besides. */
export interface CompileOptions extends WorkOptions {
    /**
     * How many compilers may run at once.
     *
     * @default the number of processors
     */
    readonly jobs?: number | undefined;
    /**
     * Told of each step.
     *
     * @default nobody is told
     */
    readonly progress?: Progress | undefined;
    /**
     * Where the tree's compilers are, in words that they run behind: `chroot DIR`, `podman exec NAME`.
     *
     * @default here
     */
    readonly toolchain?: string | undefined;
    /**
     * `INSIDE=OUTSIDE`: how a folder is called behind the toolchain, and here.
     *
     * @default everything is called the same
     */
    readonly toolchainPath?: readonly string[] | undefined;
    /**
     * A JSON file that says both for each base, by its folder; a tree of which it says nothing is an error.
     *
     * @default none
     */
    readonly toolchainFile?: string | undefined;
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

/** What `diff` takes. */
export interface DiffOptions {
    /** The object of what is running. */
    readonly original: FileInput;
    /** The object of the patched source. */
    readonly patched: FileInput;
    /**
     * The original, compiled with its lines shifted (`#line` as its first line): functions that differ by line numbers only
     * are told apart then. Needs `shift`.
     *
     * @default none: a function that differs by a line number has changed
     */
    readonly shifted?: FileInput | undefined;
    /**
     * By how many lines `shifted` is shifted.
     *
     * @default none
     */
    readonly shift?: number | undefined;
    /**
     * Whose special sections are known.
     *
     * @default 'xen'
     */
    readonly target?: 'xen' | 'process' | 'linux' | undefined;
    /**
     * What the report calls the pair, `common/domain.o`.
     *
     * @default the name of the original's file, or `unit.o`
     */
    readonly unit?: string | undefined;
}

/** How the machine ended before its time. */
export interface Downfall {
    readonly kind: 'crashed' | 'hung';
    /** The console's line that gave it away, or what happened in words. */
    readonly sign: string;
    /** The console's last lines. */
    readonly lines: readonly string[];
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

/** What Xen, or Linux, says no with. */
export type Errno = 'ENOEXEC' | 'EBADMSG' | 'ENOPKG' | 'EINVAL' | 'EOPNOTSUPP' | 'ENOENT' | 'EEXIST' | 'EOVERFLOW' | 'ERANGE' | 'ENODATA' | 'ENOMEM' | 'ENOSPC' | 'ENOSYS';

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

/** A file: its name, or the bytes that are in it. */
export type FileInput = string | Uint8Array;

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

/** What `get` gives. */
export interface GetOutcome extends HostOutcome {
    /** Present when the result is 0. */
    readonly status?: PayloadStatus | undefined;
}

/** Something that runs and takes payloads. The same operations on every kind of host; what a host says no to is a result. */
export interface Host {
    /** As `--host` has it. */
    readonly name: string;
    /** Brings a payload there, under a name of your choice. */
    upload(request: UploadRequest): Promise<HostOutcome>;
    /** Says how one payload is. */
    get(name: string): Promise<GetOutcome>;
    /** Says which payloads are there, and how each is. */
    list(): Promise<ListOutcome>;
    /** Carries an action out and waits for its end; -EAGAIN when it was still pending when patience ended. */
    act(request: ActionRequest): Promise<HostOutcome>;
    /** Build-ids of what runs, and what the host knows about itself. */
    about(): Promise<HostFacts>;
    /** The same for every name of the same machine or process, and for no other; null where that is not told. */
    machine?(): Promise<string | null>;
    /** Lines that the system's console has had, where the host can tell them. */
    console?(): Promise<readonly string[]>;
    /** Lets go of the host; a rehearsal's machine ends. */
    close(): Promise<void>;
}

/** What a host knows about itself. */
export interface HostFacts {
    readonly buildId: string | null;
    /** Name and value, in a fixed order. */
    readonly texts: readonly {
        readonly name: string;
        readonly value: string;
    }[];
}

/** What `openHost` takes. */
export interface HostOptions extends WorkOptions {
    /**
     * For `rehearsal`: the file to boot.
     *
     * @default none
     */
    readonly hypervisor?: string | undefined;
    /**
     * For a process: its unstripped program.
     *
     * @default the program that runs
     */
    readonly symbols?: string | undefined;
    /**
     * For a process under seccomp: your word that its filters let the agent do its work (docs/hosts.md).
     *
     * @default false
     */
    readonly despiteSeccomp?: boolean | undefined;
}

/** What came of an operation. */
export interface HostOutcome {
    /** 0, or a negative errno. */
    readonly result: number;
    /** What the host says about it, a line each. */
    readonly words: readonly string[];
    /** Those of its words that say what an upload did not look at; whoever goes on passes them on. */
    readonly notes?: readonly string[];
    /** Of an upload that applies the payload at once (Linux): whether all are through. Absent where nothing is there. */
    readonly applying?: 'done' | 'pending';
    /** Measured by the host; milliseconds and counts. */
    readonly numbers?: Readonly<Record<string, number>>;
    /** The payload's build-id, where the host knows it. */
    readonly buildId?: string | null;
}

/** What was booted: the hypervisor, or a kernel. */
export interface HypervisorFacts {
    readonly name: 'Xen' | 'Linux';
    readonly file: string;
    /** As it tells itself: `4.17.5`, `6.1.0-50-cloud-amd64`. */
    readonly version: string;
    readonly buildId: string;
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

/** A line for a person to fill in. */
export interface LineToFill {
    readonly line: number;
    readonly text: string;
}

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

/** The JSON of `hotsplice lines`. */
export interface LinesReport {
    readonly schema: 1;
    readonly command: 'lines';
    /** Of hotsplice. */
    readonly version: string;
    readonly outcome: 'done';
    readonly sites: readonly ListedSite[];
    /** Differences between the two objects that are not line numbers as far as can be told. */
    readonly unexplained: readonly {
        readonly unit: string;
        readonly text: string;
    }[];
}

/** A version of Linux whose rules are known. */
export type LinuxVersion = '6.1' | '6.12';

/** What `listLines` takes. */
export interface ListLinesOptions extends CompileOptions {
    /** The source tree, as its build left it. It is never written to. */
    readonly tree: string;
    /** The source file, relative to the tree or to its source folder. */
    readonly source: string;
    /**
     * Where the objects are (O=), or compile_commands.json is, when not in the tree.
     *
     * @default the tree
     */
    readonly buildDir?: string | undefined;
}

/** What `list` gives. */
export interface ListOutcome extends HostOutcome {
    readonly payloads: readonly ListedPayload[];
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

/** A payload as the list of a host has it. */
export interface ListedPayload extends PayloadStatus {
    readonly name: string;
    /** The strings of its .modinfo, separated by spaces. */
    readonly metadata: string;
    /** Where the host tells it: Xen tells names only. */
    readonly buildId?: string | null;
}

/** A place where a source line number is embedded, as people read it. */
export interface ListedSite {
    readonly unit: string;
    /** Empty where the site belongs to no function. */
    readonly function: string;
    readonly section: string;
    /** Bytes from the start of the function; from the start of the section where there is none. */
    readonly offset: number;
    readonly in: 'code' | 'data' | 'addend';
    readonly bits: number;
    readonly file: string;
    /** The original's. */
    readonly line: number;
    /** The functions or macros that the line calls, as the source has them: what the number came from. */
    readonly calls: readonly string[];
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

/** A line of a log, and what it means. */
export interface LogExample {
    readonly function: string;
    readonly prints: string;
    /** In the patched source. */
    readonly means: string;
}

/** One thing that a place in a log can mean. */
export interface LogMeaning {
    readonly place: LogPlace;
    readonly printers: readonly LogPrinter[];
}

/** A line of a source file, in one version of it. */
export interface LogPlace {
    readonly file: string;
    readonly line: number;
    readonly version: LogVersion;
}

/** Code that can have printed it. No functions: which one is not known. */
export interface LogPrinter {
    /** Null: code of the running system that was not replaced. */
    readonly payload: string | null;
    readonly functions: readonly string[];
}

/** Something in a log that names a place, and all that it can mean; exactly one where it is certain. */
export interface LogReference {
    /** Of the log, from 1. */
    readonly logLine: number;
    /** As it stands there. */
    readonly text: string;
    readonly meanings: readonly LogMeaning[];
}

/** Which source the reader has before him. */
export type LogSource = 'patched' | 'original';

/** Whose source a line is counted in: the one before every patch, or the patched one of a payload. */
export type LogVersion = {
    readonly is: 'original';
} | {
    readonly is: 'patched';
    readonly payload: string;
};

/** What logs say while the payload is applied. */
export interface LogWords {
    /** What holds for this way. */
    readonly text: string;
    readonly backtraces: string;
    /** What functions of this patch's files would print, the first few whose line moves. */
    readonly examples: readonly LogExample[];
    /** Embedded lines that moved and are printed with another number than the patched source has; null where not known. */
    readonly off: number | null;
}

/** A payload's bytes, and what reports and scripts call it. */
export interface NamedPayload {
    readonly name: string;
    readonly bytes: Uint8Array;
}

/** The JSON of `hotsplice neutralize`. */
export interface NeutralReport {
    readonly schema: 1;
    readonly command: 'neutralize';
    /** Of hotsplice. */
    readonly version: string;
    readonly outcome: 'done';
    readonly style: 'auto' | 'directive' | 'reformat';
    readonly files: readonly RewrittenFile[];
    /** What could not be made neutral, and other things worth knowing. */
    readonly notes: readonly string[];
    /** The rewritten patch, read as UTF-8; empty where nothing is left of it. */
    readonly patch: string;
}

/** What `neutralize` takes. */
export interface NeutralizeOptions {
    /** The folder of the source that the patch is for. It need not be built, and is not written to. */
    readonly tree: string;
    /** The patch, or several in their order; they become one. */
    readonly patch: OneOrMore<TextInput>;
    /**
     * How many components are taken off each name in the patch, as by `patch -pN`: 0 for names without a/ and b/.
     *
     * @default 1
     */
    readonly strip?: number | undefined;
    /**
     * `directive`: only `#line`; `reformat`: only layout; `auto`: directives, and layout where none may stand.
     *
     * @default 'auto'
     */
    readonly style?: 'auto' | 'directive' | 'reformat' | undefined;
}

/** What `neutralize` gives. */
export interface NeutralizeResult {
    /** What was done, and what is still off. */
    readonly report: NeutralReport;
    /** The rewritten patch, for `patch -p1`; empty where nothing is left of it. */
    readonly patch: Uint8Array;
}

/** Something that no stage looked at, so that silence is not taken for a verdict. */
export interface NotCompared {
    readonly unit: string;
    readonly what: string;
    readonly text: string;
}

/** One, or several in their order. */
export type OneOrMore<T> = T | readonly T[];

/** One operation of the script, carried out. */
export interface OperationResult {
    /** The script's line, from 1. */
    readonly line: number;
    readonly text: string;
    readonly operation: string;
    /** Zero or more: success; negative: an errno. Null for what has no result of its own, and when the machine went down in it. */
    readonly result: number | null;
    readonly errno: string | null;
    readonly expectation: string;
    readonly expected: boolean;
    /** What the operation tells: rows of a list, parts of a version, contents of buffers, why a check failed. */
    readonly output: readonly string[];
    /** What the system printed meanwhile. */
    readonly console: readonly string[];
    readonly time: number;
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

/** What `page` takes. */
export interface PageOptions {
    /**
     * Of builds and comparisons (those with `details` show code and patch), and what `verify`, `rehearse` and `advise` said
     * beside them. In any order; what they are is told by their form.
     */
    readonly reports: OneOrMore<PageReport>;
}

/** What a page can show: a report as a function here returned it, or the name of a file with its JSON. */
export type PageReport = string | RunReport | VerifyReport | RehearsalResult | Advice;

/** The tree, the patch, and what runs: the same for `build` and `advise`. */
export interface PatchOptions extends CompileOptions {
    /**
     * The source tree of what is running, as its build left it: the folder that holds xen/, xen/ itself, or one with
     * compile_commands.json. It is never written to.
     */
    readonly tree: string;
    /** The patch, or several in their order; applied in memory, as `patch` would with no fuzz. */
    readonly patch: OneOrMore<TextInput>;
    /**
     * How many components are taken off each name in the patch, as by `patch -pN`: 0 for names without a/ and b/.
     *
     * @default 1
     */
    readonly strip?: number | undefined;
    /**
     * What will load the payload.
     *
     * @default 'xen' for a tree of Xen, 'process' for any other
     */
    readonly target?: 'xen' | 'process' | undefined;
    /**
     * xen-syms or xen.efi of what is running; for a process its program.
     *
     * @default the tree's own xen-syms; for a process the tree's own program, where there is no doubt which it is
     */
    readonly symbols?: string | undefined;
    /**
     * Build-id of the payload below, in hexadecimal.
     *
     * @default that of the symbols
     */
    readonly depends?: string | undefined;
    /**
     * Build-id of the hypervisor, in hexadecimal.
     *
     * @default that of the symbols
     */
    readonly xenDepends?: string | undefined;
    /**
     * Xen's .config, for a tree that was not built.
     *
     * @default the tree's own
     */
    readonly config?: string | undefined;
    /**
     * `VAR=VALUE` for make, for a tree that was not built.
     *
     * @default none
     */
    readonly makeArgs?: readonly string[] | undefined;
    /**
     * Names of boot code and data that is left out although the patch changes it, `UNIT#NAME` where several units have one;
     * `all` for all of it. The report's `leftInit` says what then does not happen.
     *
     * @default none
     */
    readonly leaveInit?: readonly string[] | undefined;
    /**
     * Changed functions whose callers are replaced in their stead, by name (`UNIT#NAME` where several units have it); `all` for
     * each that cannot be replaced itself, because it is too small or its name is not unique. Where not every caller is known,
     * it is refused.
     *
     * @default none
     */
    readonly promoteCallers?: readonly string[] | undefined;
    /**
     * Where the objects are (O=), or compile_commands.json is, when not in the tree.
     *
     * @default the tree
     */
    readonly buildDir?: string | undefined;
}

/** A patch that comes upon the user's own. */
export interface PatchUpon {
    /** What it will be called: beside the source. */
    readonly file: string;
    /** Read as UTF-8. */
    readonly text: string;
}

/** A payload: its file's name, its bytes, or bytes with a name for reports and scripts. */
export type PayloadInput = FileInput | NamedPayload;

/** Where a payload is: uploaded and checked, or applied. What a host says otherwise is given as it is. */
export type PayloadState = 'CHECKED' | 'APPLIED' | `unknown (${number})`;

/** How a payload is. */
export interface PayloadStatus {
    readonly state: PayloadState;
    /** The result of its last action; -EAGAIN while one is under way. */
    readonly rc: number;
}

/** How a long piece of work tells that it lives. */
export interface Progress {
    /** A new step begins. */
    step(text: string): void;
    /** Within the step: so many of so many are done. */
    tick(done: number, total: number): void;
}

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

/** How a rehearsal ended: `failed` where an operation did not end as expected. */
export type RehearsalOutcome = 'passed' | 'failed' | 'crashed' | 'timeout';

/** Everything that a rehearsal showed. */
export interface RehearsalResult {
    readonly schema: 1;
    readonly outcome: RehearsalOutcome;
    readonly hypervisor: HypervisorFacts;
    readonly payloads: readonly string[];
    /** SHA-256 of each payload's bytes, without a signature, in hexadecimal. */
    readonly digests: readonly string[];
    readonly operations: readonly OperationResult[];
    /** Operations of the script that were not reached. */
    readonly notRun: number;
    /** Set when the outcome is `crashed` or `timeout`. */
    readonly downfall: Downfall | null;
    /** The whole console as far as it was kept: its beginning and its end. */
    readonly console: readonly string[];
    readonly timings: {
        readonly boot: number;
        readonly script: number;
        readonly total: number;
    };
}

/** What `rehearse` takes. */
export interface RehearseOptions extends WorkOptions {
    /** One payload, or several in the order of the stack. */
    readonly payloads: OneOrMore<PayloadInput>;
    /**
     * The Xen to boot: xen/xen of a build, or xen.gz.
     *
     * @default none; `symbols` is asked for
     */
    readonly hypervisor?: string | undefined;
    /**
     * The kernel to boot, for modules of Linux: `/boot/vmlinuz-…`.
     *
     * @default none; `hypervisor` is asked for
     */
    readonly symbols?: string | undefined;
    /**
     * The operations to carry out; docs/rehearsal.md has the grammar.
     *
     * @default the full cycle of every payload: on Xen upload, apply, revert, unload, one on top of the other; on Linux load, disable, unload
     */
    readonly script?: TextInput | undefined;
    /**
     * Milliseconds that all of it may take.
     *
     * @default 60000
     */
    readonly timeoutMs?: number | undefined;
    /**
     * Processors of the machine.
     *
     * @default 1
     */
    readonly cpus?: number | undefined;
    /**
     * QEMU's program.
     *
     * @default 'qemu-system-x86_64'
     */
    readonly emulator?: string | undefined;
    /**
     * Called with every line of the console when it comes.
     *
     * @default nobody is told
     */
    readonly onLine?: ((line: string) => void) | undefined;
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

/** What was done to the text of a file. */
export interface RewrittenFile {
    readonly file: string;
    /** How many `#line` directives were put in. */
    readonly insertions: number;
    /** How many edits were laid out on as many lines as they replaced. */
    readonly reformatted: number;
    /**
     * The numbers of added lines: above the original's last line; between, on numbers of original lines without code; or
     * shared with unchanged lines. None: no lines were added.
     */
    readonly numbering: 'above' | 'between' | 'shared' | 'none';
    /** Lines that are off all the same, in words. */
    readonly unsafe: readonly string[];
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

/** What `sign` takes. */
export interface SignOptions {
    /** The payload as it was built. */
    readonly payload: FileInput;
    /** The private RSA key, in PEM without a passphrase. */
    readonly key: TextInput;
    /** Its certificate, in PEM. */
    readonly certificate: TextInput;
    /**
     * Whose trailer: that of Xen's live patching design, or of a module of Linux.
     *
     * @default 'xen'
     */
    readonly target?: 'xen' | 'linux' | undefined;
    /**
     * A signed message (CMS) with the certificate in it, or the bare RSA signature.
     *
     * @default 'cms'
     */
    readonly format?: 'cms' | 'rsa' | undefined;
    /**
     * The hash.
     *
     * @default 'sha256'
     */
    readonly hash?: 'sha256' | 'sha384' | 'sha512' | undefined;
}

/** A source of your own. */
export interface SourceInput {
    /** The file that holds it. */
    readonly file: string;
    /**
     * A unit or source that it is compiled like, in its folder, as the build calls it: `common/domain.o`.
     *
     * @default most units of the folder that the patch touches
     */
    readonly beside?: string | undefined;
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

/**
 * A text: the name of the file that holds it, the text itself, or its bytes. A string is a name unless it has a line end,
 * which every patch, key and script has.
 */
export type TextInput = string | Uint8Array;

/** What `translate` takes. */
export interface TranslateOptions {
    /** The log's text. */
    readonly log: string;
    /**
     * The reports of the payloads that were applied, in that order; with a name, where the log calls the payload by one that
     * its report does not have.
     */
    readonly reports: OneOrMore<RunReport | AppliedReport>;
    /**
     * Whose source you read: the patched one, or the one before every patch.
     *
     * @default 'patched'
     */
    readonly source?: 'patched' | 'original' | undefined;
    /**
     * Put the right place where the log's own was, instead of behind it.
     *
     * @default false
     */
    readonly replace?: boolean | undefined;
    /**
     * Nothing is applied until the log says so.
     *
     * @default false: all payloads are, from the start
     */
    readonly fromLog?: boolean | undefined;
    /**
     * The running image with debug information, for places in code that was not replaced.
     *
     * @default none: those places stay as they are
     */
    readonly symbols?: FileInput | undefined;
}

/** What `translate` gives. */
export interface TranslateResult {
    /** Everything in the log that names a place in a touched file, with what it means. */
    readonly report: Translation;
    /** The log with the right places. */
    readonly log: string;
    /** What its reader should know besides. */
    readonly notes: readonly string[];
}

/** The JSON of `hotsplice translate`. */
export interface Translation {
    readonly schema: 1;
    readonly command: 'translate';
    /** Of hotsplice. */
    readonly version: string;
    readonly outcome: 'done';
    readonly source: LogSource;
    readonly payloads: readonly {
        readonly name: string;
        readonly report: string;
        readonly buildId: string | null;
    }[];
    /** Everything in the log that names a place in a touched file; certain where there is one meaning. */
    readonly references: readonly LogReference[];
}

/** What nothing was written for. */
export interface Unwritten {
    /** Empty where it is about all that was written. */
    readonly symbol: string;
    readonly why: string;
}

/** What `upload` takes. */
export interface UploadRequest {
    readonly name: string;
    readonly payload: Uint8Array;
    /** Milliseconds, where an upload applies it, too (Linux); the host's own when not given. */
    readonly timeoutMs?: number | undefined;
    /** As in ActionRequest. */
    readonly signalHolders?: boolean | undefined;
    /** Every check that can be made without changing anything. */
    readonly dryRun?: boolean | undefined;
}

/** One rule of the loader, held against the payload. */
export interface VerifyCheck {
    /** One section of docs/findings/verify-*.md explains each. */
    readonly code: string;
    readonly status: CheckStatus;
    /** What was checked, or what is wrong with its values, or why it was not checked. */
    readonly text: string;
    readonly stage: VerifyStage;
    /** What this check alone would lead to; only where it failed. */
    readonly errno?: VerifyVerdict;
    /** Where in the payload, for the first thing that is wrong. */
    readonly place?: string;
    /** What Xen takes without a word and what is still worth a look. */
    readonly warning?: string;
}

/** What `verify` takes. */
export interface VerifyOptions extends CompileOptions {
    /** The payload, whoever built it. */
    readonly payload: PayloadInput;
    /**
     * Who will load it. For Linux only `payload`, `symbols` and `key` may be given.
     *
     * @default 'xen'
     */
    readonly target?: 'xen' | 'linux' | undefined;
    /**
     * xen-syms of what is running, or xen.efi, which tells its build-id only; for Linux the path of the image that boots,
     * `/boot/vmlinuz-…`.
     */
    readonly symbols: FileInput;
    /**
     * Payloads that are applied already, the lowest first.
     *
     * @default none
     */
    readonly on?: readonly PayloadInput[] | undefined;
    /**
     * Whose rules to ask; needed where neither the symbols nor the tree say a version that is known.
     *
     * @default those of the version that the symbols, or the tree, say they are
     */
    readonly xenVersion?: XenVersion | undefined;
    /**
     * Whether no processor of the host has CET-IBT, or it is off (Xen: cet=no-ibt, Linux: ibt=off): on one that has it, some
     * Xen 4.17 and 4.18 die of alternatives, and Linux of calls by addresses that it did not expect.
     *
     * @default false: it may
     */
    readonly withoutIbt?: boolean | undefined;
    /**
     * A certificate or public key, in PEM: the payload must be signed with it.
     *
     * @default none: signatures are not asked for
     */
    readonly key?: TextInput | undefined;
    /**
     * The built tree of what is running: is the code to be replaced the code that runs?
     *
     * @default none: that is not asked
     */
    readonly tree?: string | undefined;
    /**
     * Where the tree's objects are (O=), when not in the tree.
     *
     * @default the tree
     */
    readonly buildDir?: string | undefined;
    /**
     * `FILE` or `FILE@ADDRESS`: a copy of the running system's code, to compare with. Needs `tree`.
     *
     * @default none
     */
    readonly memory?: string | undefined;
}

/** The JSON of `hotsplice verify`. */
export interface VerifyReport {
    readonly schema: 1;
    /** Whose rules they are. */
    readonly target: 'xen' | 'linux';
    readonly version: XenVersion | LinuxVersion;
    /** Of the payload's bytes, without a signature, in hexadecimal. */
    readonly sha256: string;
    readonly accepted: boolean;
    /** Whether every rule could be asked; false where the hypervisor's names and code were not given. */
    readonly complete: boolean;
    /** What Xen would do; null where it takes the payload, also when something is wrong that Xen cannot see. */
    readonly errno: VerifyVerdict | null;
    /** When it would do so. */
    readonly stage: VerifyStage | null;
    /** The code of the check that decided: the first, in Xen's order, that failed. */
    readonly decidedBy: string | null;
    /** Every rule of this version, in the order in which Xen comes to them. */
    readonly checks: readonly VerifyCheck[];
}

/** When it comes out: in the upload, when it is applied, when its code runs, when it is reverted. */
export type VerifyStage = 'upload' | 'apply' | 'run' | 'revert';

/**
 * What Xen returns; or that the payload stops it, at once, when its code runs, or when it is taken out again; or that Xen
 * takes it and its code does something else than it should (`wrong`).
 */
export type VerifyVerdict = Errno | 'crash' | 'wrong';

/** The ways to treat embedded source line numbers; docs/lines.md tells what each does. */
export type Way = 'auto' | 'neutral' | 'mask' | 'ignore' | 'table';

/** What comes of one way. */
export interface WayAdvice {
    readonly way: Way;
    readonly outcome: Outcome;
    readonly error: ReportedError | null;
    /** What the payload would contain of the source. */
    readonly functions: readonly Entry[];
    /** Functions of ours in it, which set line numbers and put them back (`table`). */
    readonly helpers: number;
    /** Functions that differ by line numbers only and stay. */
    readonly left: number;
    readonly refusals: readonly Refusal[];
    readonly size: number | null;
    readonly effort: {
        readonly compiles: number;
        readonly cached: number;
        /** Milliseconds. */
        readonly compileTime: number;
        readonly otherTime: number;
    };
    /** How each touched file is treated. */
    readonly files: readonly {
        readonly file: string;
        readonly way: Way;
        readonly reason: string;
    }[];
    readonly logs: LogWords;
}

/** What the source does about a refusal. */
export interface WayOut {
    /** Of the refusal. */
    readonly code: string;
    readonly unit: string;
    readonly symbol: string;
    readonly text: string;
}

/** What every function that works on a tree or a machine takes besides. */
export interface WorkOptions {
    /**
     * Ends the work: what was started is stopped, folders are cleared, and the promise is rejected with the signal's reason.
     *
     * @default undefined
     */
    readonly signal?: AbortSignal | undefined;
    /**
     * Where results are kept between runs: an absolute path, of a folder that others may not write to.
     *
     * @default HOTSPLICE_CACHE of the environment, or `hotsplice` in the user's cache folder
     */
    readonly cacheFolder?: string | undefined;
}

/**
 * The versions of Xen whose rules are known; each stands for the last state of its stable branch.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { XEN_VERSIONS } from 'hotsplice'
 *
 * assert.equal(XEN_VERSIONS[0], '4.17')
 * ```
 */
export declare const XEN_VERSIONS: readonly ["4.17", "4.18", "4.19", "4.20", "4.21", "4.22"];

/** A version of Xen whose rules are known. */
export type XenVersion = (typeof XEN_VERSIONS)[number];

/**
 * Tries every way to treat line numbers on a patch, and says which to take. It costs little more than one build: nothing is
 * compiled twice.
 *
 * @param options the tree and the patch, as for `build`
 * @returns what comes of each way, side by side; `recommended` is null where no way gives a payload
 * @throws {InputError} as `build` does, and where every way fails
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { advise } from 'hotsplice'
 *
 * const { recommended, reason, ways } = await advise({ tree: 'demo', patch: 'fix.patch' })
 * assert.equal(recommended, 'auto')
 * assert.deepEqual(ways.map(({ functions }) => functions.length), [1, 1, 1, 1, 2])
 * console.log(reason)
 * ```
 */
export declare function advise(options: PatchOptions): Promise<Advice>;

/**
 * Writes a source that takes the way out of what is refused of a patch: hooks that set changed initial values, room for new
 * members of structures and for new per-CPU variables; and for the latter two a patch upon yours, which uses it. What only
 * a person can know is a line of the source with FILL_IN, which does not compile before it is filled in.
 *
 * @param options the tree and the patch, as for `build`
 * @returns the source, the patch upon yours, and what they do about which refusal
 * @throws {InputError} as `build` does
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { assist } from 'hotsplice'
 *
 * const { report } = await assist({ tree: 'demo', patch: 'fix.patch' })
 * assert.equal(report.outcome, 'nothing-to-do')
 * ```
 */
export declare function assist(options: AssistOptions): Promise<AssistResult>;

/**
 * Builds a payload: the functions that a patch changes, and what they need. What cannot be hotpatched is no exception but in
 * the report, all of it at once, each with its way out.
 *
 * @param options the tree and the patch
 * @returns the report, and the payload where there is one
 * @throws {InputError} for a tree that cannot be used, a patch that does not fit or compile, a file that cannot be read
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { writeFile } from 'node:fs/promises'
 * import { build } from 'hotsplice'
 *
 * const { report, payload } = await build({ tree: 'demo', patch: 'fix.patch' })
 * for (const { code, text, hint } of report.refusals) console.log(code, text, hint)
 * assert.equal(report.outcome, 'built')
 * assert.deepEqual(report.functions.filter(({ included }) => included).map(({ name }) => name), ['f1'])
 * if (payload !== undefined) await writeFile('built.livepatch', payload)
 * ```
 */
export declare function build(options: BuildOptions): Promise<BuildResult>;

/**
 * Says which functions and data differ between two objects of one unit, and why. Both must have been compiled by the same
 * compiler with the same options, among them `-ffunction-sections -fdata-sections`.
 *
 * @param options the two objects, as files or bytes
 * @returns the report: its `outcome` is `differs`, or `nothing-to-do` where nothing but line numbers does
 * @throws {InputError} for a file that cannot be read or is no object, and objects for two different machines
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { diff } from 'hotsplice'
 *
 * const report = await diff({ original: 'original.o', patched: 'patched.o' })
 * assert.equal(report.outcome, 'differs')
 * for (const { name, verdict, reasons } of report.functions) console.log(name, verdict, reasons[0]?.text)
 * ```
 */
export declare function diff(options: DiffOptions): Promise<RunReport>;

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
 * Lists every place where the objects of a source file embed a line number. The file is compiled once more with its lines
 * shifted; what differs between the two objects is a line number. Nothing is guessed from instruction patterns.
 *
 * @param options the tree and the source file
 * @returns the places, in the order of their sections
 * @throws {InputError} for a tree that cannot be used, and a file that no unit is compiled from
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { listLines } from 'hotsplice'
 *
 * const { sites } = await listLines({ tree: 'demo', source: 'file1.c' })
 * assert.deepEqual(sites.map(site => [site.function, site.line]), [['f2', 12]])
 * ```
 */
export declare function listLines(options: ListLinesOptions): Promise<LinesReport>;

/**
 * Rewrites a patch so that every line it leaves alone keeps its number, for use with any builder.
 *
 * @param options the tree and the patch
 * @returns the rewritten patch, and what was done to each file
 * @throws {InputError} for a patch that does not fit the tree
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { neutralize } from 'hotsplice'
 *
 * const { report, patch } = await neutralize({ tree: 'demo', patch: 'fix.patch' })
 * assert.deepEqual(report.notes, [])
 * assert.match(Buffer.from(patch).toString(), /^\+#line 6$/m)
 * ```
 */
export declare function neutralize(options: NeutralizeOptions): Promise<NeutralizeResult>;

/**
 * Opens a host: something that runs and takes payloads. All kinds have the same operations; docs/hosts.md says what each can
 * do. Close it when done.
 *
 * @param host `process:PID`, `process:PID@START`, `xen`, `xen:ssh://[USER@]SERVER[:PORT]`, `linux`, `linux:ssh://…` or `rehearsal`
 * @param options what the kind of host needs
 * @returns the host
 * @throws {InputError} where there is no such host, or it cannot be reached
 *
 * @example needs QEMU and a hypervisor
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { openHost } from 'hotsplice'
 *
 * const host = await openHost('rehearsal', { hypervisor: 'xen/xen' })
 * try {
 *   const uploaded = await host.upload({ name: 'fix', payload: await readFile('version.livepatch') })
 *   assert.equal(uploaded.result, 0)
 *   const { payloads } = await host.list()
 *   assert.equal(payloads[0]?.state, 'CHECKED')
 * } finally {
 *   await host.close()
 * }
 * ```
 */
export declare function openHost(host: string, options?: HostOptions): Promise<Host>;

/**
 * Makes a page of reports for people to decide from: one HTML file that works from a disk and fetches nothing. What objects,
 * patches and logs say is text in it, never markup.
 *
 * @param options the reports
 * @returns the file's text
 * @throws {InputError} for no report, a file that cannot be read, and what is no report
 *
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises'
 * import { diff, page } from 'hotsplice'
 *
 * const report = await diff({ original: 'original.o', patched: 'patched.o' })
 * await writeFile('both.html', await page({ reports: report }))
 * ```
 */
export declare function page(options: PageOptions): Promise<string>;

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
 * Tries payloads on the real hypervisor or kernel, in a throwaway machine (QEMU), and tells what came of each operation. One
 * that refuses a payload, crashes or hangs is a result, not an exception.
 *
 * @param options payloads, the hypervisor or kernel to boot, and what to do with them
 * @returns every operation with its result and what the console said; `outcome` is `passed` where all went as expected
 * @throws {InputError} for a script that makes no sense, a missing QEMU, another kernel than the payload's, and what does not boot
 *
 * @example needs QEMU and a hypervisor
 * ```ts
 * import assert from 'node:assert/strict'
 * import { rehearse } from 'hotsplice'
 *
 * const { outcome, operations } = await rehearse({ payloads: 'version.livepatch', hypervisor: 'xen/xen' })
 * assert.equal(outcome, 'passed')
 * assert.ok(operations.some(({ operation, result }) => operation === 'apply' && result === 0))
 * ```
 */
export declare function rehearse(options: RehearseOptions): Promise<RehearsalResult>;

/**
 * Signs a payload: puts the trailer of Xen's live patching design behind it, or that of a module of Linux. Xen up to 4.22
 * does not look at it; `verify` with a key does.
 *
 * @param options the payload, a key and its certificate
 * @returns the signed payload's bytes
 * @throws {InputError} for keys that are none or do not belong together, and a payload that is signed already
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { sign } from 'hotsplice'
 *
 * const payload = await readFile('fix.livepatch')
 * const signed = await sign({ payload, key: 'key.pem', certificate: 'cert.pem' })
 * assert.ok(signed.length > payload.length)
 * ```
 */
export declare function sign(options: SignOptions): Promise<Uint8Array>;

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
 * Puts the right lines into a log, given which payloads were applied. What could be one of several places is given as all
 * of them.
 *
 * @param options the log, and the reports of the builds
 * @returns the log with the right places, and each of them as data
 * @throws {InputError} for the report of a build that made no payload
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { build, translate } from 'hotsplice'
 *
 * const { report } = await build({ tree: 'demo', patch: 'fix.patch' })
 * const { log } = await translate({ log: 'file1.c:12: the account is overdrawn\n', reports: report })
 * assert.equal(log, 'file1.c:12 {=file1.c:14}: the account is overdrawn\n')
 * ```
 */
export declare function translate(options: TranslateOptions): Promise<TranslateResult>;

/**
 * Checks a payload by every rule of the loader that will get it. A payload that would be refused, or would stop the
 * hypervisor, is a result, not an exception.
 *
 * @param options the payload, and the symbols of what is running
 * @returns every check; `accepted` where none of them failed
 * @throws {InputError} for symbols that are none, or of a version that is not known, and files that cannot be read
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { verify } from 'hotsplice'
 *
 * const { accepted, decidedBy, checks } = await verify({ payload: 'fix.livepatch', symbols: 'xen-syms' })
 * for (const { code, status, text } of checks) if (status === 'failed') console.log(code, text)
 * assert.equal(accepted, false)
 * assert.equal(decidedBy, 'functions-writable')
 * ```
 *
 * @example needs QEMU and a hypervisor
 * ```ts
 * import assert from 'node:assert/strict'
 * import { verify } from 'hotsplice'
 *
 * const { accepted, complete } = await verify({ payload: 'version.livepatch', symbols: 'xen/xen-syms' })
 * assert.ok(accepted && complete)
 * ```
 */
export declare function verify(options: VerifyOptions): Promise<VerifyReport>;

export {}
