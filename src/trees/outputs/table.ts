/**
 * Options by which compilers and assemblers write further files, beside the one that `-o` names. hotsplice wants none of
 * them, and none may reach the user's tree: an option is taken out, or exchanged for a form that writes beside the object,
 * which lies in a private folder. No option here changes the code that is generated.
 *
 * What derives its name from `-o` by itself (`-fstack-usage`, dumps, `.gcno`) is harmless already, and is taken out where
 * it costs time. What is not in this table is caught by where the compiler runs (`read-only.ts`, `mirror.ts`).
 *
 * To add an option: a row, with where it is documented; `outputs.test.ts` tries every row.
 */

/** Who reads an option: the driver, or a program that the driver passes it on to. */
export type Reader = 'driver' | 'assembler' | 'frontend' | 'llvm'

export interface OutputOption {
  /** The whole word. */
  readonly word: RegExp
  /** As an example that has `F` for the file's name, where it takes one. */
  readonly example: string
  /** Whether the next word is its value. */
  readonly value?: true
  /** What stands in its place; nothing, where it is taken out. */
  readonly instead?: string
  readonly by: 'gcc' | 'clang' | 'gcc, clang' | 'as'
  readonly writes: string
  readonly source: string
}

const PREPROCESSOR = 'GCC manual, Preprocessor Options'
const DEVELOPER = 'GCC manual, Developer Options'
const OVERALL = 'GCC manual, Overall Options'
const CLANG = 'clang --help-hidden; clang/Driver/Options.td'
const AS = 'as manual, Command-Line Options'

/** Lists of what was read; hotsplice asks for its own. */
const DEPENDENCIES: readonly OutputOption[] = [
  {
    word: /^(?:-MM?D?|-MG|-MP|--(?:write-)?(?:user-)?dependencies|--print-missing-file-dependencies)$/,
    example: '-MD',
    by: 'gcc, clang',
    writes: 'a dependency file',
    source: PREPROCESSOR,
  },
  {
    word: /^-M[FTQJ]$/,
    example: '-MF F',
    value: true,
    by: 'gcc, clang',
    writes: 'a dependency file or (-MJ) a compilation database, and what is in it',
    source: `${PREPROCESSOR}; ${CLANG}`,
  },
  { word: /^-M[FTQJ]./, example: '-MFF', by: 'gcc, clang', writes: 'the same', source: PREPROCESSOR },
  {
    word: /^-fdeps-(?:file|target|format)=/,
    example: '-fdeps-file=F',
    by: 'gcc',
    writes: 'dependencies between modules',
    source: PREPROCESSOR,
  },
  {
    word: /^-(?:dependency-(?:file|dot)|module-dependency-dir)$/,
    example: '-dependency-file F',
    value: true,
    by: 'clang',
    writes: 'a dependency file, a graph, or copies of what was read',
    source: CLANG,
  },
  {
    word: /^-gen-cdb-fragment-path$/,
    example: '-gen-cdb-fragment-path F',
    value: true,
    by: 'clang',
    writes: 'a compilation database',
    source: CLANG,
  },
]

const DRIVER: readonly OutputOption[] = [
  ...DEPENDENCIES,
  {
    word: /^-aux-info$/,
    example: '-aux-info F',
    value: true,
    by: 'gcc',
    writes: 'prototypes',
    source: 'GCC manual, C Dialect Options',
  },
  { word: /^-aux-info=/, example: '-aux-info=F', by: 'gcc', writes: 'prototypes', source: 'gcc/c-family/c.opt' },
  { word: /^-gen-decls$/, example: '-gen-decls', by: 'gcc', writes: 'declarations', source: 'GCC manual, Objective-C' },
  {
    word: /^-fopt-info(?:-[\w-]+)?=/,
    example: '-fopt-info-all=F',
    by: 'gcc',
    writes: 'what was optimised',
    source: DEVELOPER,
  },
  {
    word: /^-f(?:save-optimization-record(?:=.*)?|optimization-record-(?:file|passes)=.*)$/,
    example: '-foptimization-record-file=F',
    by: 'gcc, clang',
    writes: 'what was optimised',
    source: `${DEVELOPER}; ${CLANG}`,
  },
  { word: /^-time=/, example: '-time=F', by: 'gcc', writes: 'times of passes', source: DEVELOPER },
  {
    word: /^-ftime-trace(?:=.*)?$/,
    example: '-ftime-trace=F',
    by: 'clang',
    writes: 'times of passes',
    source: CLANG,
  },
  {
    word: /^-fproc-stat-report=/,
    example: '-fproc-stat-report=F',
    by: 'clang',
    writes: 'times and memory',
    source: CLANG,
  },
  {
    word: /^-f(?:no-)?dump-/,
    example: '-fdump-go-spec=F',
    by: 'gcc, clang',
    writes: 'dumps of passes, declarations for Go and Ada',
    source: DEVELOPER,
  },
  { word: /^-d[aADHIMNpPUvx]+$/, example: '-da', by: 'gcc', writes: 'dumps of passes', source: DEVELOPER },
  {
    word: /^--?dump(?:base|base-ext|dir)?$/,
    example: '-dumpdir F',
    value: true,
    by: 'gcc, clang',
    writes: 'nothing, but says where dumps go',
    source: OVERALL,
  },
  {
    word: /^--dump(?:base|base-ext|dir)?=/,
    example: '--dumpdir=F',
    by: 'gcc',
    writes: 'nothing, but says where dumps go',
    source: 'gcc/common.opt',
  },
  {
    word: /^-auxbase(?:-strip)?$/,
    example: '-auxbase F',
    value: true,
    by: 'gcc',
    writes: 'nothing, but says where dumps go (before GCC 11)',
    source: 'gcc/common.opt',
  },
  {
    word: /^-fcompare-debug(?:=.*)?$/,
    example: '-fcompare-debug',
    by: 'gcc',
    writes: 'dumps of two compiles',
    source: DEVELOPER,
  },
  {
    word: /^--?save-temps(?:=.*)?$/,
    example: '-save-temps',
    instead: '-save-temps=obj',
    by: 'gcc, clang',
    writes: 'preprocessed and assembler text',
    source: DEVELOPER,
  },
  {
    word: /^--?save-stats(?:=.*)?$/,
    example: '-save-stats',
    by: 'clang',
    writes: 'statistics',
    source: CLANG,
  },
  {
    word: /^-f(?:stack-usage|callgraph-info(?:=.*)?)$/,
    example: '-fstack-usage',
    by: 'gcc, clang',
    writes: 'stack sizes, calls',
    source: DEVELOPER,
  },
  {
    word: /^-gsplit-dwarf(?:=.*)?$/,
    example: '-gsplit-dwarf',
    by: 'gcc, clang',
    writes: 'debug information beside the object, and that file’s name into the object',
    source: 'GCC manual, Debugging Options',
  },
  {
    word: /^-fprofile-note=/,
    example: '-fprofile-note=F',
    by: 'gcc',
    writes: 'notes for coverage',
    source: 'GCC manual, Instrumentation Options',
  },
  {
    word: /^-fdiagnostics-(?:format=.*-file|(?:add|set)-output=.*)$/,
    example: '-fdiagnostics-format=json-file',
    by: 'gcc',
    writes: 'what the compiler has to say',
    source: 'GCC manual, Diagnostic Message Formatting Options',
  },
  {
    word: /^--?serialize-diagnostics$/,
    example: '--serialize-diagnostics F',
    value: true,
    by: 'clang',
    writes: 'what the compiler has to say',
    source: CLANG,
  },
  {
    word: /^-fcrash-diagnostics-dir=/,
    example: '-fcrash-diagnostics-dir=F',
    by: 'clang',
    writes: 'what a crash leaves',
    source: CLANG,
  },
  {
    word: /^-(?:index-store-path|index-unit-output-path|ast-merge-output)$/,
    example: '-index-store-path F',
    value: true,
    by: 'clang',
    writes: 'an index of the sources',
    source: 'Apple’s clang',
  },
  {
    word: /^-(?:ccc-(?:arcmt|objcmt)-migrate|arcmt-migrate-report-output)$/,
    example: '-arcmt-migrate-report-output F',
    value: true,
    by: 'clang',
    writes: 'sources rewritten',
    source: CLANG,
  },
  { word: /^-fthin-link-bitcode=/, example: '-fthin-link-bitcode=F', by: 'clang', writes: 'bitcode', source: CLANG },
  { word: /^--symbol-graph-dir=/, example: '--symbol-graph-dir=F', by: 'clang', writes: 'symbols', source: CLANG },
  {
    word: /^-f(?:module-output(?:=.*)?|modules-cache-path=.*)$/,
    example: '-fmodule-output=F',
    by: 'clang',
    writes: 'compiled modules',
    source: CLANG,
  },
]

/** `as` itself, by `-Wa,` or `-Xassembler`. */
const ASSEMBLER: readonly OutputOption[] = [
  { word: /^-a[cdghilmns]*(?:=.*)?$/, example: '-adhlns=F', by: 'as', writes: 'a listing', source: AS },
  { word: /^--?MD$/, example: '--MD F', value: true, by: 'as', writes: 'a dependency file', source: AS },
  { word: /^--?MD=/, example: '--MD=F', by: 'as', writes: 'a dependency file', source: AS },
  { word: /^-o$/, example: '-o F', value: true, by: 'as', writes: 'the object', source: AS },
  { word: /^-o./, example: '-oF', by: 'as', writes: 'the object', source: AS },
]

/** The compiler proper, by `-Wp,`, `-Xpreprocessor` or `-Xclang`. There `-MD` has a value, and `-o` does. */
const FRONTEND: readonly OutputOption[] = [
  {
    word: /^-MM?D$/,
    example: '-MD F',
    value: true,
    by: 'gcc, clang',
    writes: 'a dependency file',
    source: PREPROCESSOR,
  },
  { word: /^-o$/, example: '-o F', value: true, by: 'gcc, clang', writes: 'what is compiled', source: PREPROCESSOR },
  {
    word: /^-(?:header-include-file|diagnostic-log-file|diagnostic-serialized-file|stack-usage-file|split-dwarf-(?:file|output)|coverage-notes-file|opt-record-file)$/,
    example: '-header-include-file F',
    value: true,
    by: 'clang',
    writes: 'what their names say',
    source: CLANG,
  },
  {
    word: /^-(?:stats-file|coverage-notes-file|stack-usage-file|split-dwarf-output|ftime-trace)=/,
    example: '-stats-file=F',
    by: 'clang',
    writes: 'what their names say',
    source: CLANG,
  },
  ...DRIVER,
]

/** LLVM itself, by `-mllvm`. */
const LLVM: readonly OutputOption[] = [
  {
    word: /^--?(?:pass-remarks-output|info-output-file|debugify-export|ir-dump-directory|verify-debuginfo-preserve-export|memprof-export)=/,
    example: '-pass-remarks-output=F',
    by: 'clang',
    writes: 'what LLVM’s passes have to say',
    source: 'opt --help-hidden',
  },
]

export const OUTPUT_OPTIONS: Readonly<Record<Reader, readonly OutputOption[]>> = {
  driver: DRIVER,
  assembler: ASSEMBLER,
  frontend: FRONTEND,
  llvm: LLVM,
}
