/** What a case is built of: the trees of its texts, the oracle, and payloads by the product. */
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createTwoFilesPatch } from 'diff'
import { build } from '../../src/flows/build.ts'
import type { BuildResult } from '../../src/flows/hotpatch/build-one.ts'
import { quiet } from '../../src/trees/index.ts'
import type { Case, Compiler } from './draw-case.ts'
import { HEADER, type Program } from './model.ts'
import { oracleText, type Version } from './oracle.ts'
import { answersIn } from './running.ts'
import { textsOf } from './units.ts'

const run = promisify(execFile)

/** The case is not one: what was drawn does not compile, or the oracle does not run. The judge's own mistake. */
export class BadCase extends Error {}

/** Of the kinds that the project is tried with, those that are here. */
export function compilersHere(): readonly Compiler[] {
  const isHere = (name: string) => spawnSync(name, ['--version']).status === 0
  return [
    ['gcc', 'g++'],
    ['gcc-11', 'g++-11'],
    ['clang-14', 'clang++-14'],
    ['clang-19', 'clang++-19'],
  ].flatMap(([c = '', cxx = '']) => (isHere(c) ? [{ c, cxx: isHere(cxx) ? cxx : undefined }] : []))
}

export interface BuiltTree {
  readonly folder: string
  readonly program: string
  readonly texts: ReadonlyMap<string, string>
}

/**
 * Writes a text, compiles it as the case says, and links it: a tree for the product, and the program. Of `other`, the same
 * case's tree of another text, it takes the objects of files that are the same.
 */
export async function buildTree(drawn: Case, program: Program, folder: string, other?: BuiltTree): Promise<BuiltTree> {
  mkdirSync(folder, { recursive: true })
  const texts = textsOf(program)
  for (const [name, text] of texts) writeFileSync(join(folder, name), text)
  const sources = ['main.c', ...[...texts.keys()].filter(name => /\.cc?$/.test(name) && name !== 'main.c')]
  // Debug information has the folder in it.
  const isSame = (name: string) => !drawn.flags.includes('-g') && other?.texts.get(name) === texts.get(name)
  const objectOf = (source: string) => source.replace(/\.cc?$/, '.o')
  const commands = sources.map(source => {
    const compiler = source === 'main.c' ? 'gcc' : drawn.compiler
    const own = source === 'main.c' ? ['-O1', '-fPIE'] : drawn.flags
    return {
      directory: folder,
      file: source,
      arguments: [compiler, '-w', ...own, '-c', source, '-o', objectOf(source)],
    }
  })
  await Promise.all(
    commands.map(({ file, arguments: command }) => {
      if (other === undefined || !isSame(file) || !isSame(HEADER)) return tool(command, folder)
      return copyFile(join(other.folder, objectOf(file)), join(folder, objectOf(file)))
    }),
  )
  writeFileSync(join(folder, 'compile_commands.json'), JSON.stringify(commands))
  await tool(
    [drawn.compiler, ...drawn.link, '-pthread', '-Wl,--build-id', '-o', 'program', ...sources.map(objectOf)],
    folder,
  )
  return { folder, program: join(folder, 'program'), texts }
}

export async function buildOracle(versions: readonly Version[], folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'oracle.c'), oracleText(versions))
  await tool(['gcc', '-O0', '-w', '-pthread', '-o', 'oracle', 'oracle.c'], folder)
  return join(folder, 'oracle')
}

async function tool([command = '', ...args]: readonly string[], cwd: string): Promise<void> {
  try {
    await run(command, args, { cwd })
  } catch (error) {
    throw new BadCase(error instanceof Error ? error.message : String(error))
  }
}

/** What a program answers that is started for it, after its word that it has begun. */
export function answersOf(program: string, commands: readonly string[]): readonly string[] {
  const { stdout, status, signal } = spawnSync(program, {
    input: `${commands.join('\n')}\n`,
    encoding: 'latin1',
    timeout: 60_000,
    maxBuffer: 1 << 28,
  })
  if (status !== 0) throw new BadCase(`${program} ends with ${signal ?? status}`)
  return answersIn(stdout).slice(1)
}

/** The patch between two texts; where there is none, one that changes a comment. */
export function patchOf(before: Program, after: Program): string {
  const [old, next] = [textsOf(before), textsOf(after)]
  const parts = [...next].flatMap(([name, text]) => {
    const original = old.get(name) ?? ''
    return original === text ? [] : [createTwoFilesPatch(`a/${name}`, `b/${name}`, original, text, '', '')]
  })
  if (parts.length > 0) return parts.join('')
  const [name, text] = ['main.c', old.get('main.c') ?? '']
  return createTwoFilesPatch(`a/${name}`, `b/${name}`, text, `${text}/* the same */\n`, '', '')
}

export interface PayloadRequest {
  readonly drawn: Case
  readonly tree: string
  readonly program: string
  readonly patch: string
  readonly cache: string
  /** Files of payloads below. */
  readonly on?: readonly string[]
  /** Files of payloads whose place it takes. */
  readonly besides?: readonly string[]
}

export function buildPayload({
  drawn,
  tree,
  program,
  patch,
  cache,
  on = [],
  besides = [],
}: PayloadRequest): Promise<BuildResult> {
  return build({
    tree,
    target: 'process',
    patches: [{ name: 'drawn.patch', text: patch }],
    lines: drawn.lines,
    ...(drawn.symbols || on.length > 0 ? { symbols: program } : {}),
    ...(on.length > 0 ? { on } : {}),
    // The oracle knows that what the first has gathered begins anew.
    ...(besides.length > 0 ? { besides, loses: ['all'] } : {}),
    cacheFolder: cache,
    jobs: 2,
    progress: quiet,
    signal: new AbortController().signal,
    version: '0',
    output: 'drawn.livepatch',
  })
}

/** Whether each variable of the text is still one in the program: what the compiler has folded away cannot take a value back. */
export function hasAllVariables(program: string, names: readonly string[]): boolean {
  const symbols = execFileSync('nm', [program], { encoding: 'latin1' })
  const count = (pattern: RegExp, text: string) => [...text.matchAll(pattern)].length
  return names.every(name => {
    const alike = names.filter(each => each === name).length
    return count(new RegExp(`(?<![a-zA-Z_])${name}(?![a-zA-Z0-9]|_v)`, 'g'), symbols) >= alike
  })
}
