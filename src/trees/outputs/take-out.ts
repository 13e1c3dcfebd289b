/** Takes options that write further files out of a compiler's command line, wherever it passes them on to. */
import { OUTPUT_OPTIONS, type Reader } from './table.ts'

/** Words that pass the next word on, and to whom. */
const PASS_NEXT: ReadonlyMap<string, Reader> = new Map([
  ['-Xassembler', 'assembler'],
  ['-Xpreprocessor', 'frontend'],
  ['-Xclang', 'frontend'],
  ['-mllvm', 'llvm'],
])
/** Words that pass on a list. */
const PASS_LIST: ReadonlyMap<string, Reader> = new Map([
  ['-Wa', 'assembler'],
  ['-Wp', 'frontend'],
])

/** The options without those that name further outputs; values of options that went, go too. */
export function withoutOutputs(options: readonly string[]): string[] {
  const sieves: Record<Reader, Sieve> = {
    driver: new Sieve('driver'),
    assembler: new Sieve('assembler'),
    frontend: new Sieve('frontend'),
    llvm: new Sieve('llvm'),
  }
  const kept: string[] = []
  for (let at = 0; at < options.length; at++) {
    const option = options[at] ?? ''
    const next = PASS_NEXT.get(option)
    const passed = options[at + 1]
    const list = PASS_LIST.get(option.slice(0, Math.max(0, option.indexOf(','))))
    if (sieves.driver.waits) sieves.driver.let(option)
    else if (next !== undefined && passed !== undefined) {
      kept.push(...sieves[next].let(passed).flatMap(word => [option, word]))
      at++
    } else if (list !== undefined) {
      const [name = '', ...words] = option.split(',')
      const left = words.flatMap(word => sieves[list].let(word))
      if (left.length > 0) kept.push([name, ...left].join(','))
    } else kept.push(...sieves.driver.let(option))
  }
  return kept
}

/** What one reader's words leave; it may get an option's value by another way than the option. */
class Sieve {
  readonly #reader: Reader
  /** The next word is the value of an option that went. */
  waits = false

  constructor(reader: Reader) {
    this.#reader = reader
  }

  let(word: string): string[] {
    if (this.waits) {
      this.waits = false
      return []
    }
    const found = OUTPUT_OPTIONS[this.#reader].find(option => option.word.test(word))
    if (found === undefined) return [word]
    this.waits = found.value === true
    return found.instead === undefined ? [] : [found.instead]
  }
}

/** Variables by which compilers write further files, or by which temporary ones go elsewhere. */
export const OUTPUT_VARIABLES: readonly string[] = [
  // GCC manual, "Environment Variables Affecting GCC".
  'DEPENDENCIES_OUTPUT',
  'SUNPRO_DEPENDENCIES',
  'GCC_COMPARE_DEBUG',
  // clang/Driver/Driver.cpp, clang/tools/driver/driver.cpp
  'CC_PRINT_OPTIONS',
  'CC_PRINT_OPTIONS_FILE',
  'CC_PRINT_HEADERS',
  'CC_PRINT_HEADERS_FILE',
  'CC_LOG_DIAGNOSTICS',
  'CC_LOG_DIAGNOSTICS_FILE',
  'CC_PRINT_PROC_STAT',
  'CC_PRINT_PROC_STAT_FILE',
  'CLANG_CRASH_DIAGNOSTICS_DIR',
  // Where temporary files go: always a private folder.
  'TMPDIR',
  'TMP',
  'TEMP',
]
