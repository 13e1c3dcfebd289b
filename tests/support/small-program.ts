/** A program of a few files in a folder of its own, and what comes of a patch to it: everything but the command line. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import type { HotpatchOptions, HotpatchRun } from '../../src/flows/hotpatch/hotpatch.ts'
import type { OwnSource } from '../../src/flows/hotpatch/own-sources.ts'
import type { Way } from '../../src/lines/way.ts'
import { quiet } from '../../src/trees/index.ts'
import { createHotpatch, type OpenOptions } from './opened.ts'

export interface SmallProgram {
  readonly files: Readonly<Record<string, string>>
  /** What it is compiled with; the first word may be a script among the files. */
  readonly command?: readonly string[]
  /** Sources that compile_commands.json names; every .c file if absent. */
  readonly listed?: readonly string[]
  /** Further options of some sources. */
  readonly options?: Readonly<Record<string, readonly string[]>>
  /** All objects in one folder, where else each lies beside its source. */
  readonly objects?: 'flat'
  /** A folder in which each source has another object, as libtool makes them. */
  readonly twice?: string
  /** Whether the objects are left in the tree. */
  readonly built?: true
  /** How the objects are linked; the program is given to the build then, as the words in `strip` leave it. */
  readonly link?: readonly string[]
  readonly strip?: readonly string[]
  /** Build-id of what runs. */
  readonly depends?: string
  /** Sources that are given beside the patch. */
  readonly own?: readonly OwnSource[]
  /** Commands that run in the tree when all is built and linked; the build is not given the program then, */
  readonly afterwards?: readonly (readonly string[])[]
  /** but this file, which they made. */
  readonly given?: string
}

/** New texts by path, null for what is removed; or a patch as it is. */
export type Edit = Readonly<Record<string, string | null>> | string

/** One for all of a file's tests: which compiler this is, and what it made of one text, is asked once. */
const CACHE = mkdtempSync(join(tmpdir(), 'hotsplice-small-cache-'))
process.on('exit', () => rmSync(CACHE, { recursive: true, force: true }))

const PLAIN = ['gcc', '-O2', '-fcf-protection=none']

/** What came of it: the outcome as codes and names, and all of the run where there was no error. */
export interface Outcome {
  readonly error: string | undefined
  readonly refused: readonly string[]
  /** Names of the functions that the payload replaces; undefined without a payload. */
  readonly replaced: readonly string[] | undefined
  readonly run: HotpatchRun | undefined
}

export async function patchProgram(program: SmallProgram, edit: Edit, lines: Way = 'auto'): Promise<Outcome> {
  try {
    const run = await inProgram(program, edit, options => createHotpatch({ ...options, lines }))
    const refused = run.refusals.map(({ code, symbol }) => `${code} ${symbol}`.trim())
    const replaced = run.payload && run.selection.replacements.map(({ runningName }) => runningName)
    return { error: undefined, refused, replaced, run }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    return { error: String(error.code), refused: [], replaced: undefined, run: undefined }
  }
}

/** Does something else with a program and a patch of it, and what any flow is given for that. */
export async function inProgram<T>(
  program: SmallProgram,
  edit: Edit,
  work: (options: OpenOptions & HotpatchOptions) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-small-'))
  try {
    const tree = join(folder, 'tree')
    const linked = writeProgram(tree, program)
    const text = typeof edit === 'string' ? edit : patchOf(program.files, edit)
    return await work({
      tree,
      target: 'process',
      ...(linked === undefined ? {} : { symbols: linked }),
      patches: [{ name: 'change.patch', text }],
      ...(program.depends === undefined ? {} : { depends: program.depends }),
      ...(program.own === undefined ? {} : { sources: program.own }),
      jobs: 2,
      progress: quiet,
      cacheFolder: CACHE,
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Answers where the linked program is, if there is one. */
function writeProgram(tree: string, program: SmallProgram): string | undefined {
  const { files, command = PLAIN, options: own = {}, objects, listed, twice, built, link, strip, afterwards } = program
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true })
    writeFileSync(join(tree, path), text)
    if (text.startsWith('#!')) chmodSync(join(tree, path), 0o755)
  }
  const sources = listed ?? Object.keys(files).filter(path => /\.c$/.test(path))
  const [compiler = 'gcc', ...options] = command
  const path = files[compiler] === undefined ? compiler : join(tree, compiler)
  const entries = (twice === undefined ? [''] : [`${twice}/`, '']).flatMap(prefix =>
    sources.map(file => {
      const name = objects === 'flat' ? `obj/${basename(file)}` : file
      const output = prefix + name.replace(/\.[cS]$/, '.o')
      const words = [...options, ...(own[file] ?? []), '-c', file, '-o', output]
      return { directory: tree, file, output, arguments: [path, ...words] }
    }),
  )
  if (built === true || link !== undefined)
    for (const { arguments: words } of entries) execFileSync(words[0] ?? '', words.slice(1), { cwd: tree })
  writeFileSync(join(tree, 'compile_commands.json'), JSON.stringify(entries))
  const finish = () => (afterwards ?? []).map(([word = '', ...more]) => execFileSync(word, more, { cwd: tree }))
  if (link === undefined) {
    finish()
    return program.given === undefined ? undefined : join(tree, program.given)
  }
  const linked = sources.map(file => file.replace(/\.c$/, '.o'))
  execFileSync('gcc', [...link, ...linked, '-o', 'program'], { cwd: tree })
  if (strip !== undefined) execFileSync('strip', [...strip, 'program'], { cwd: tree })
  finish()
  return afterwards === undefined ? join(tree, 'program') : undefined
}

function patchOf(files: SmallProgram['files'], edit: Readonly<Record<string, string | null>>): string {
  return Object.entries(edit)
    .map(([path, text]) => {
      const before = files[path]
      const [from, to] = [before === undefined ? '/dev/null' : `a/${path}`, text === null ? '/dev/null' : `b/${path}`]
      return createTwoFilesPatch(from, to, before ?? '', text ?? '', '', '')
    })
    .join('')
}
