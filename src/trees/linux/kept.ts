/**
 * What was asked of all of a kernel's source, or of its makefiles, kept as long as no file of the tree changes: to search sixty
 * thousand texts takes several compiles' time, to look at the times of all of them a tenth of that.
 *
 * Which mistake is worse: an answer that is another tree's. So each file's size, place, time and time of its last change count,
 * as they do for git; and where one has changed a moment ago, so that a further change might not show, nothing is kept.
 */

import { stamp } from '../compiler.ts'
import { findProgram } from '../find-program.ts'
import { type RunOptions, run } from '../run.ts'
import { keyOf, Store } from '../store.ts'

/** The answer to a question that these words name, of this tree as it is; `ask` gives it where it is not known. */
export type Kept = (question: readonly string[], ask: () => Promise<string>) => Promise<string>

export interface KeptOptions extends RunOptions {
  readonly cacheFolder: string
}

/** Without what no makefile reads for the kernel, and no source of it includes. */
const PRUNED = ['./.git', './Documentation', './samples', './tools/testing', './scripts/dtc/include-prefixes']

/** Answers of the tree in `options.folder`; it is looked at once, when the first question comes. */
export function keptOf(options: KeptOptions): Kept {
  const store = new Store(options.cacheFolder)
  let looked: Promise<string | undefined> | undefined
  return async (question, ask) => {
    looked ??= stateOf(options)
    const state = await looked
    if (state === undefined) return ask()
    const key = keyOf(['linux-kept 1', options.folder, state, ...surroundings(options.folder), ...question])
    const known = store.getText('lists', key)
    if (known !== undefined) return known
    const found = await ask()
    store.putText('lists', key, found)
    return found
  }
}

/** Milliseconds: more than two changes of a file that have one time are apart. */
const MOMENT = 2000

/** Names the tree as it is; undefined where it cannot be looked at, or is being changed. */
async function stateOf(options: KeptOptions): Promise<string | undefined> {
  const pruned = PRUNED.flatMap((path, index) => [...(index === 0 ? [] : ['-o']), '-path', path])
  const shown = ['-type', 'f', '-printf', '%P %s %i %T@ %C@\\n']
  const started = Date.now()
  const { exit, output } = await run(['find', '-L', '.', '(', ...pruned, ')', '-prune', '-o', ...shown], options)
  if (exit !== 0) return undefined
  const changed = output.split('\n').reduce((latest, line) => {
    const time = Number(line.slice(line.lastIndexOf(' ') + 1))
    return time > latest ? time : latest
  }, 0)
  return changed * 1000 > started - MOMENT ? undefined : keyOf([output])
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
