/**
 * A compiler's command line, taken apart as far as hotsplice needs: who compiles, what it is given, where paths are.
 */
import { isAbsolute } from 'node:path'
import { OUTPUT_VARIABLES, withoutOutputs } from './outputs/take-out.ts'
import { outsideOf, type Toolchain } from './toolchain.ts'

export interface CompilerCommand {
  /** ccache, distcc and their like, in front of the compiler. */
  readonly launcher: readonly string[]
  readonly compiler: string
  /** Everything else, without what names outputs: `-o`, and whatever writes further files. */
  readonly options: readonly string[]
  /** As the command spelled it. */
  readonly output: string | undefined
}

const LAUNCHERS = new Set(['ccache', 'distcc', 'icecc', 'sccache', 'env'])

export function takeApart(command: readonly string[]): CompilerCommand {
  let first = 0
  while (first < command.length - 1 && isLauncher(command[first] ?? '')) first++
  const options: string[] = []
  let output: string | undefined
  const words = withoutOutputs(command.slice(first + 1))
  for (let at = 0; at < words.length; at++) {
    const option = words[at] ?? ''
    const joined = /^(?:-o|--output=)(.+)$/s.exec(option)?.[1]
    if (option === '-o' || option === '--output') output = words[++at]
    else if (joined !== undefined) output = joined
    else options.push(option)
  }
  const launcher = command.slice(0, first).filter(word => !SETS_OUTPUT.has(word.slice(0, word.indexOf('='))))
  return { launcher, compiler: command[first] ?? '', options, output }
}

const SETS_OUTPUT = new Set(OUTPUT_VARIABLES)

/** Settings in front (`CCACHE_DIR=…`) come with `env`. */
function isLauncher(word: string): boolean {
  return LAUNCHERS.has(word.slice(word.lastIndexOf('/') + 1)) || /^[A-Za-z_]\w*=/.test(word)
}

/** Says whether the compiler reads a source before the assembler does: it does not of plain assembly, `.s`. */
export function isPreprocessed(source: string, options: readonly string[]): boolean {
  let language = 'none'
  options.forEach((option, at) => {
    if (option === '-x') language = options[at + 1] ?? language
    else if (/^-x./.test(option)) language = option.slice(2)
    else if (option.startsWith('--language=')) language = option.slice('--language='.length)
  })
  return language === 'none' ? !source.endsWith('.s') : language !== 'assembler'
}

/** Options whose value, joined or following, names a file or folder to read. */
const READS = /^(-I|-iquote|-isystem|-idirafter|-include|-imacros|-iprefix|-isysroot|--sysroot=|-B|-Wa,-I)(.*)$/

/**
 * The options with every absolute path to read replaced. Values of `-D` stay as they are: they are text for the
 * program, and a private folder's name must not get into it.
 */
export function mapPaths(options: readonly string[], map: (path: string) => string): string[] {
  return options.map(option => {
    if (isAbsolute(option)) return map(option)
    const reads = READS.exec(option)
    const path = reads?.[2] ?? ''
    return reads?.[1] !== undefined && isAbsolute(path) ? reads[1] + map(path) : option
  })
}

/** The folders that headers are looked for in, as spelled. */
export function searchedFolders(options: readonly string[]): string[] {
  const folders: string[] = []
  options.forEach((option, at) => {
    const found = /^(-I|-iquote|-isystem|-idirafter)(.*)$/.exec(option)
    if (found === null) return
    const path = found[2] === '' ? options[at + 1] : found[2]
    if (path !== undefined) folders.push(path)
  })
  return folders
}

const ASKS_FOR_DEBUG = /^-g(?!0$|no-)/

/** Says whether the object holds the folder it was compiled in: in debug information, and in nothing else. */
export function recordsFolder(options: readonly string[]): boolean {
  return options.some(option => ASKS_FOR_DEBUG.test(option))
}

/** Without what asks the compiler for debug information (gcc 12 manual, 3.10: all such options begin with `-g`). */
export const withoutDebug = (options: readonly string[]): readonly string[] =>
  options.filter(option => !ASKS_FOR_DEBUG.test(option))

/**
 * Options that keep a private folder's name out of the object. The command's own maps are repeated for the private
 * place; the compiler asks the last one first. The place, `root`, is spelled as the compiler sees it; what it mirrors, as
 * it is called outside of the compiler's root.
 */
export function prefixMaps(options: readonly string[], root: string, toolchain?: Toolchain): string[] {
  const own = options.flatMap(option => {
    const [, map, path, rest = ''] = /^(-f(?:file|macro|debug|profile)-prefix-map=)(\/[^=]*)(=.*)?$/.exec(option) ?? []
    if (map === undefined || path === undefined) return []
    return [`${map}${root}${(toolchain && outsideOf(toolchain, path)) ?? path}${rest}`]
  })
  const folders = (toolchain?.folders ?? []).filter(({ inside, outside }) => inside !== outside && outside !== '')
  const places = [`${root}=`, ...folders.map(({ inside, outside }) => `${root}${outside}=${inside}`)]
  return [...places.flatMap(place => [`-fmacro-prefix-map=${place}`, `-fdebug-prefix-map=${place}`]), ...own]
}

/**
 * clang since 15 takes the `./` off names of files (`__FILE__`) where one of these options is given (clang's
 * CompilerInvocation.cpp, UseTargetPathSeparator), and so where our own maps are. `KEEPS_DOTS` takes that back.
 */
const TIDIES_NAMES = /^-f(?:macro-prefix-map|file-prefix-map|file-compilation-dir)=|^-ffile-reproducible$/
export const KEEPS_DOTS = '-fno-file-reproducible'

/** Whether the tree's own command has it so. */
export function tidiesNames(options: readonly string[]): boolean {
  return options.some(option => TIDIES_NAMES.test(option))
}
