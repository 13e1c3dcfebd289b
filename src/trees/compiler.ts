/**
 * Which compiler a command means on this machine: enough to know its results again, and to tell it from the one that
 * made the tree.
 */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../base/errors.ts'
import { readElf } from '../elf/index.ts'
import { inPrivatePlace } from '../system/private-place.ts'
import { findProgram } from './find-program.ts'
import { packageHint, run } from './run.ts'
import { keyOf, Store } from './store.ts'

export interface CompilerIdentity {
  /** The program's own file. */
  readonly path: string
  /** Changes when the compiler, or a program it runs, changes. */
  readonly key: string
  /** What it writes into `.comment`, with its version; empty where it writes nothing. */
  readonly comment: string
  /** GNU as writes which files it read itself; others cannot be asked. */
  readonly assembler: 'gnu' | 'other'
}

interface Remembered {
  readonly parts: readonly string[]
  readonly comment: string
  readonly assembler: 'gnu' | 'other'
}

/** Variables that change what a compiler does without showing in its command. */
const VARIABLES = ['CPATH', 'C_INCLUDE_PATH', 'GCC_EXEC_PREFIX', 'COMPILER_PATH', 'CCC_OVERRIDE_OPTIONS']

/** Finds the program that `name` means in `folder`, and asks it what it is; remembered until a file of it changes. */
export async function identify(
  name: string,
  options: { folder: string; cacheFolder: string; signal: AbortSignal | undefined },
): Promise<CompilerIdentity> {
  const path = findProgram(name, options.folder)
  if (path === undefined) {
    throw new InputError(
      'build/no-compiler',
      `the tree was compiled by ${name}, which is not on this machine`,
      packageHint(name),
    )
  }
  const store = new Store(join(options.cacheFolder, 'compilers'), { cacheFolder: options.cacheFolder })
  const at = keyOf([path, stamp(path)])
  let known = remembered(store.getText('known', at))
  if (known === undefined || known.parts.some(part => stamp(nameOf(part)) !== stampOf(part))) {
    known = await ask(path, options)
    store.putText('known', at, JSON.stringify(known))
  }
  const key = keyOf([path, stamp(path), ...known.parts, ...VARIABLES.map(variable => process.env[variable] ?? '')])
  return { path: realpathSync(path), key, comment: known.comment, assembler: known.assembler }
}

async function ask(
  path: string,
  { cacheFolder, signal, folder }: { folder: string; cacheFolder: string; signal: AbortSignal | undefined },
): Promise<Remembered> {
  return inPrivatePlace(cacheFolder, async place => {
    // Not in the tree: nothing that a compiler leaves where it runs may get there.
    const settings = { folder: place, scratch: place, signal }
    const parts: string[] = []
    for (const part of ['cc1', 'as']) {
      const { exit, output } = await run([path, `-print-prog-name=${part}`], settings)
      const found = exit === 0 ? findProgram(output.trim(), folder) : undefined
      if (found !== undefined) parts.push(`${stamp(found)} ${found}`)
    }
    const object = join(place, 'empty.o')
    const base = [path, '-c', '-x', 'c', '/dev/null', '-o', object]
    const plain = await run(base, settings)
    if (plain.exit !== 0 || !existsSync(object))
      throw new InputError('build/bad-compiler', `${path} cannot compile an empty text: ${plain.errors.trim()}`)
    const comment = commentOf(readFileSync(object)) ?? ''
    const gnu = await run([...base, `-Wa,--MD,${place}/empty.d`], settings)
    return { parts, comment, assembler: gnu.exit === 0 ? 'gnu' : 'other' }
  })
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
  const { parts, comment, assembler } = value
  if (!Array.isArray(parts) || !parts.every(part => typeof part === 'string')) return undefined
  if (typeof comment !== 'string' || (assembler !== 'gnu' && assembler !== 'other')) return undefined
  return { parts, comment, assembler }
}

/** Size and time of a program: what tells a replaced one. */
function stamp(path: string): string {
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
