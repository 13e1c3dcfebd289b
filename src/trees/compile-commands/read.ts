/** compile_commands.json: one entry for each compile, as text or as words, in a folder that may be relative. */
import { isAbsolute, join, resolve } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { takeApart } from '../command.ts'
import { whyNoName } from '../layout.ts'
import { shellWords } from '../words.ts'
import { expandResponseFiles } from './response-files.ts'

export interface CommandEntry {
  /** Absolute. */
  readonly folder: string
  /** Absolute. */
  readonly source: string
  /** Response files (`@file`) are in their place. */
  readonly words: readonly string[]
  /** The response files, absolute. */
  readonly responseFiles: readonly string[]
  /** The object, absolute. */
  readonly output: string
}

/**
 * Entries that compile C, C++ or assembly, in order; the same command counts once. `here` says how a folder is called
 * here that has another name where the commands run.
 */
export function readCompileCommands(
  bytes: Uint8Array,
  path: string,
  here: (path: string) => string = path => path,
): CommandEntry[] {
  const fail = (what: string, at?: number) =>
    new InputError(
      'build/bad-compile-commands',
      `${path}${at === undefined ? '' : `, entry ${at}`}: ${what}`,
      'make the file anew (cmake -DCMAKE_EXPORT_COMPILE_COMMANDS=ON, bear -- make, meson, ninja -t compdb)',
    )
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'))
  } catch (error) {
    throw fail(`not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (!Array.isArray(value)) throw fail('not a list')
  const entries = new Map<string, CommandEntry>()
  value.forEach((each: unknown, at) => {
    const entry = readEntry(each, { at, base: resolve(path, '..'), fail, here })
    if (entry !== undefined) entries.set([entry.folder, ...entry.words].join('\0'), entry)
  })
  return [...entries.values()]
}

interface Context {
  readonly at: number
  readonly base: string
  readonly fail: (what: string, at?: number) => InputError
  readonly here: (path: string) => string
}

const SOURCES = /\.(c|C|cc|cpp|cxx|s|S)$/

function readEntry(value: unknown, { at, base, fail, here }: Context): CommandEntry | undefined {
  if (typeof value !== 'object' || value === null) throw fail('not an object', at)
  const directory = 'directory' in value ? value.directory : undefined
  const file = 'file' in value ? value.file : undefined
  if (typeof directory !== 'string' || typeof file !== 'string') throw fail('no directory or no file', at)
  const written = wordsOf(value)
  if (written === undefined || written.length === 0) throw fail('neither plain command nor arguments', at)
  if (!SOURCES.test(file)) return undefined
  const output = 'output' in value && typeof value.output === 'string' ? value.output : undefined
  checkNames([directory, file, ...written, ...given(output)], what => fail(what, at))
  const folder = here(resolve(base, directory))
  const { words, files: responseFiles } = expandResponseFiles(written, folder)
  checkNames(words, what => fail(`${what}, by way of ${responseFiles.join(', ')}`, at))
  const stem = file.slice(file.lastIndexOf('/') + 1).replace(SOURCES, '.o')
  const source = isAbsolute(file) ? here(join(file)) : join(folder, file)
  const named = takeApart(words).output ?? output ?? stem
  return { folder, source, words, responseFiles, output: isAbsolute(named) ? here(named) : resolve(folder, named) }
}

const given = (word: string | undefined) => (word === undefined ? [] : [word])

function checkNames(words: readonly string[], fail: (what: string) => InputError): void {
  for (const word of words) {
    const why = whyNoName(word)
    if (why !== undefined) throw fail(`${why} in ${JSON.stringify(word.slice(0, SHOWN))}`)
  }
}

const SHOWN = 100

function wordsOf(value: object): string[] | undefined {
  if ('arguments' in value && Array.isArray(value.arguments)) {
    const words: unknown[] = value.arguments
    return words.every(word => typeof word === 'string') ? words : undefined
  }
  return 'command' in value && typeof value.command === 'string' ? shellWords(value.command) : undefined
}
