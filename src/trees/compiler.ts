/**
 * Which compiler a command means on this machine: enough to know its results again, and to tell it from the one that
 * made the tree.
 */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../base/errors.ts'
import { readElf } from '../elf/index.ts'
import { inPrivatePlace } from '../system/private-place.ts'
import { KEEPS_DOTS } from './command.ts'
import { findProgram } from './find-program.ts'
import { packageHint, type RunOptions, run } from './run.ts'
import { keyOf, Store } from './store.ts'
import { calledIn, insideOf, type Toolchain, toolchainKey } from './toolchain.ts'

export interface CompilerIdentity {
  /** The program's own file. */
  readonly path: string
  /** Changes when the compiler, or a program it runs, changes. */
  readonly key: string
  /** What it writes into `.comment`, with its version; empty where it writes nothing. */
  readonly comment: string
  /** GNU as writes which files it read itself; others cannot be asked. */
  readonly assembler: 'gnu' | 'other'
  /** Whether it takes the option that leaves names of files as they are spelled (`KEEPS_DOTS`). */
  readonly keepsDots: boolean
}

/** What it says of itself. */
type Said = Pick<CompilerIdentity, 'comment' | 'assembler' | 'keepsDots'>

interface Remembered extends Said {
  readonly parts: readonly string[]
}

interface Asking {
  readonly folder: string
  readonly cacheFolder: string
  readonly signal: AbortSignal | undefined
  readonly toolchain?: Toolchain | undefined
}

/** Variables that change what a compiler does without showing in its command. */
const VARIABLES = [
  ...['CPATH', 'C_INCLUDE_PATH', 'CPLUS_INCLUDE_PATH', 'OBJC_INCLUDE_PATH', 'GCC_EXEC_PREFIX', 'COMPILER_PATH'],
  ...['CCC_OVERRIDE_OPTIONS', 'SOURCE_DATE_EPOCH'],
]
const variables = () => VARIABLES.map(variable => process.env[variable] ?? '')

/** What a compiler runs, for each language. */
const PARTS = ['cc1', 'cc1plus', 'as']

/** Finds the program that `name` means in `folder`, and asks it what it is; remembered until a file of it changes. */
export async function identify(name: string, options: Asking): Promise<CompilerIdentity> {
  if (options.toolchain !== undefined) return identifyInside(name, options, options.toolchain)
  const path = findProgram(name, options.folder)
  if (path === undefined) {
    throw new InputError(
      'build/no-compiler',
      `the tree was compiled by ${name}, which is not on this machine`,
      packageHint(name),
    )
  }
  const store = new Store(join(options.cacheFolder, 'compilers'), { cacheFolder: options.cacheFolder })
  const at = keyOf(['2', path, stamp(path)])
  let known = remembered(store.getText('known', at))
  if (known === undefined || known.parts.some(part => stamp(nameOf(part)) !== stampOf(part))) {
    known = await ask(path, options)
    store.putText('known', at, JSON.stringify(known))
  }
  const key = keyOf([path, stamp(path), ...known.parts, ...variables()])
  const { comment, assembler, keepsDots } = known
  return { path: realpathSync(path), key, comment, assembler, keepsDots }
}

/** In each toolchain's root, asked once. */
const inside = new WeakMap<Toolchain, Map<string, Promise<CompilerIdentity>>>()

function identifyInside(name: string, options: Asking, toolchain: Toolchain): Promise<CompilerIdentity> {
  const known = inside.get(toolchain) ?? new Map<string, Promise<CompilerIdentity>>()
  inside.set(toolchain, known)
  const at = name.includes('/') ? join(options.folder, name) : name
  const identity = known.get(at) ?? askInside(name, options, toolchain)
  known.set(at, identity)
  return identity
}

/** Where no file can be looked at from here, its digest tells one program from another. */
function askInside(name: string, { cacheFolder, signal, folder }: Asking, toolchain: Toolchain) {
  const place = toolchain.prefix.join(' ')
  return inPrivatePlace(cacheFolder, async scratch => {
    const settings = { folder: scratch, scratch, signal, toolchain }
    const entered = await run(['true'], settings)
    if (entered.exit !== 0)
      throw new InputError(
        'toolchain/not-entered',
        `${place} does not run a program in ${insideOf(toolchain, scratch)}: ${entered.errors.trim() || `it ended with ${entered.exit}`}`,
        'try that prefix by hand; the cache (HOTSPLICE_CACHE) must be visible in there, by the name that --toolchain-path gives it',
      )
    const find = async (program: string) => {
      const words = ['sh', '-c', 'command -v -- "$1"', 'sh', program]
      const { exit, output } = await run(words, program.includes('/') ? { ...settings, folder } : settings)
      return exit === 0 ? output.trim() : undefined
    }
    const path = await find(name)
    if (path === undefined)
      throw new InputError(
        'toolchain/no-compiler',
        `behind ${place} there is no ${name}, by which the tree was compiled`,
        packageHint(name),
      )
    const parts = [path]
    for (const part of PARTS) {
      const { exit, output } = await run([path, `-print-prog-name=${part}`], settings)
      const found = exit === 0 ? await find(output.trim()) : undefined
      if (found !== undefined) parts.push(found)
    }
    const digests = await run(['sha256sum', '--', ...parts], settings)
    const said = await askCompiler(path, scratch, settings)
    const key = keyOf([toolchainKey(toolchain), ...parts, digests.output, digests.errors, ...variables()])
    return { path, key, ...said }
  })
}

async function ask(path: string, { cacheFolder, signal, folder }: Asking): Promise<Remembered> {
  return inPrivatePlace(cacheFolder, async place => {
    // Not in the tree: nothing that a compiler leaves where it runs may get there.
    const settings = { folder: place, scratch: place, signal }
    const parts: string[] = []
    for (const part of PARTS) {
      const { exit, output } = await run([path, `-print-prog-name=${part}`], settings)
      const found = exit === 0 ? findProgram(output.trim(), folder) : undefined
      if (found !== undefined) parts.push(`${stamp(found)} ${found}`)
    }
    return { parts, ...(await askCompiler(path, place, settings)) }
  })
}

async function askCompiler(path: string, place: string, settings: RunOptions): Promise<Said> {
  const object = join(place, 'empty.o')
  const there = calledIn(settings.toolchain, place)
  const base = [path, '-c', '-x', 'c', '/dev/null', '-o', `${there}/empty.o`]
  const plain = await run(base, settings)
  if (plain.exit !== 0 || !existsSync(object))
    throw new InputError('build/bad-compiler', `${path} cannot compile an empty text: ${plain.errors.trim()}`)
  const comment = commentOf(readFileSync(object)) ?? ''
  const gnu = await run([...base, `-Wa,--MD,${there}/empty.d`], settings)
  const dots = await run([...base, KEEPS_DOTS], settings)
  return { comment, assembler: gnu.exit === 0 ? 'gnu' : 'other', keepsDots: dots.exit === 0 }
}

/** The compiler's own words in an object; undefined where it left none. */
export function commentOf(object: Uint8Array): string | undefined {
  const section = readElf<'original'>(object).sections.find(({ name }) => name === '.comment')
  if (section === undefined) return undefined
  const words = Buffer.from(section.bytes)
    .toString('latin1')
    .split('\0')
    .filter(word => word !== '')
  return [...new Set(words)].join('; ')
}

function remembered(text: string | undefined): Remembered | undefined {
  if (text === undefined) return undefined
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null) return undefined
  if (!('parts' in value) || !('comment' in value) || !('assembler' in value)) return undefined
  if (!('keepsDots' in value) || typeof value.keepsDots !== 'boolean') return undefined
  const { parts, comment, assembler, keepsDots } = value
  if (!Array.isArray(parts) || !parts.every(part => typeof part === 'string')) return undefined
  if (typeof comment !== 'string' || (assembler !== 'gnu' && assembler !== 'other')) return undefined
  return { parts, comment, assembler, keepsDots }
}

/** Size and time of a program: what tells a replaced one. */
export function stamp(path: string): string {
  try {
    const { size, mtimeMs } = statSync(path)
    return `${size}@${mtimeMs}`
  } catch {
    return 'absent'
  }
}

function stampOf(part: string): string {
  return part.slice(0, part.indexOf(' '))
}

function nameOf(part: string): string {
  return part.slice(part.indexOf(' ') + 1)
}
