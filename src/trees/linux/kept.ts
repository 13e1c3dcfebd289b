/**
 * What was asked of all of a kernel's source, or of its makefiles, kept as long as no file of the tree changes: to search sixty
 * thousand texts takes several compiles' time, to look at the times of all of them a tenth of that.
 *
 * Which mistake is worse: an answer that is another tree's. So each file's size, place, time and time of its last change count,
 * as they do for git; and where one has changed a moment ago, so that a further change might not show, nothing is kept.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { stamp } from '../compiler.ts'
import { findProgram } from '../find-program.ts'
import { isInside } from '../layout.ts'
import { type RunOptions, run } from '../run.ts'
import { keyOf, Store } from '../store.ts'

/** The answer to a question that these words name, of this tree as it is; `ask` gives it where it is not known. */
export type Kept = (question: readonly string[], ask: () => Promise<string>) => Promise<string>

export interface KeptOptions extends RunOptions {
  readonly cacheFolder: string
  /** The source's folder; `folder` itself, unless the kernel was built with O=. */
  readonly sources: string
}

/** Without what no makefile reads for the kernel, and no source of it includes: other machines, and programs of their own. */
const PRUNED = [
  ...['./.git', './Documentation', './samples', './tools/testing', './tools/perf', './scripts/dtc/include-prefixes'],
  ...['./arch/[!xu]*', './arch/xtensa'],
]

/** Answers of the tree in `options.folder` and its sources; they are looked at once, from now on: the first question comes soon. */
export function keptOf(options: KeptOptions): Kept {
  const store = new Store(options.cacheFolder)
  const looked = stateOf(options)
  // Whoever asks hears of it.
  looked.catch(() => undefined)
  return async (question, ask) => {
    const state = await looked
    if (state === undefined) return ask()
    const places = [options.folder, options.sources]
    const key = keyOf(['linux-kept 3', ...places, state, ...surroundings(options.folder), ...question])
    const known = store.getText('lists', key)
    if (known !== undefined) return known
    const found = await ask()
    store.putText('lists', key, found)
    return found
  }
}

/** Milliseconds: more than two changes of a file that have one time are apart. */
const MOMENT = 2000

/**
 * Names the tree as it is; undefined where it cannot be looked at, or is being changed. What is found goes to a file, as
 * this process may be busy with other things meanwhile.
 */
async function stateOf(options: KeptOptions): Promise<string | undefined> {
  const { folder, sources } = options
  const states = await Promise.all([
    stateIn(sources, isInside(sources, folder) ? [...PRUNED, `./${relative(sources, folder)}`] : PRUNED, options),
    // The build's folder has a link to the sources' (scripts/mkmakefile and Makefile, outputmakefile).
    ...(folder === sources ? [] : [stateIn(folder, ['./source'], options)]),
  ])
  return states.includes(undefined) ? undefined : states.join(' ')
}

async function stateIn(folder: string, without: readonly string[], options: KeptOptions): Promise<string | undefined> {
  const found = join(options.scratch, `state-${keyOf([folder])}`)
  const paths = without.flatMap((path, index) => [...(index === 0 ? [] : ['-o']), '-path', path])
  const pruned = ['-type', 'd', '(', ...paths, ')', '-prune']
  const written = ['-type', 'f', '-fprintf', found, '%P %s %i %T@ %C@\\n']
  const changed = ['-newerct', `@${(Date.now() - MOMENT) / 1000}`, '-print']
  const words = ['find', '-L', '.', ...pruned, '-o', ...written, ...changed]
  const { exit, output } = await run(words, { ...options, folder })
  if (exit !== 0 || output !== '') return undefined
  return createHash('sha256').update(readFileSync(found)).digest('hex')
}

/** What is said to makefiles by other ways than the tree's files. */
function surroundings(folder: string): readonly string[] {
  const programs = ['make', 'gcc', 'as', 'ld'].map(name => {
    const path = findProgram(name, folder)
    return `${path ?? name} ${path === undefined ? '' : stamp(path)}`
  })
  const variables = Object.entries(process.env).filter(([name]) => !SAYS_NOTHING.test(name))
  return [...programs, ...variables.map(([name, value]) => `${name}=${value}`).sort()]
}

/** Of the shell that somebody works in, and of this program's own. */
const SAYS_NOTHING = /^(?:_|PWD|OLDPWD|SHLVL|TERM|COLUMNS|LINES|SSH_.*|HOTSPLICE_.*|NODE_.*|npm_.*|VITEST.*)$/
