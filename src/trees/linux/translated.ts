/**
 * Files that no compiler reads as they are, and that get into the kernel all the same: tables, certificates' grammars and
 * makefiles, which the build turns into sources; and headers of the programs that it runs to make some.
 *
 * Which mistake is worse: such an edit that is taken for nothing. So what is neither C nor assembly, nor included by any, is
 * refused, unless only people read it; as is what the build's own records (`.*.cmd`) say a program of its own has read.
 */
import { readFileSync } from 'node:fs'
import { join, normalize, relative, resolve } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { run } from '../run.ts'
import { includersOf, type Searching } from './included.ts'

/** Words for people, and what is built for others: other machines, and programs beside the kernel. */
const ASIDE =
  /^(?:(?:Documentation|LICENSES|debian|tools|samples|arch\/(?!x86\/)[^/]+)\/|[^/]*$(?<!Makefile|Kbuild|Kconfig))|(?:^|\/)\.[^/]*$/
const COMPILED = /\.[chS]$/

/** Throws `InputError` where one of these paths may get into the kernel in another way than by being compiled. */
export async function checkTranslated(paths: readonly string[], options: Searching): Promise<void> {
  const asked = paths.filter(path => !ASIDE.test(path))
  for (const path of asked.filter(each => !COMPILED.test(each))) {
    if ((await includersOf(path, options)).length === 0)
      throw translated(path, 'the build may make sources, or options, of it')
  }
  if (asked.length === 0) return
  const words = await options.kept(['read by programs', ...asked], async () =>
    (await readerOf(new Set(asked), options)).join(' '),
  )
  const [path, ...by] = words.split(' ')
  if (path !== undefined && path !== '') throw translated(path, `the build makes ${by.join(' ')} of it`)
}

function translated(path: string, fact: string): InputError {
  return new InputError(
    'linux/translated-file',
    `the patch touches ${path}, which is not only compiled: ${fact}, and what else would change then is not known`,
    'leave the file out, and put what it changes into the sources that need it',
  )
}

/** A file below the sources, as a command in the build's folder spells it. */
function pathOf(word: string, { folder, sources }: Searching): string {
  return folder === sources ? normalize(word) : relative(sources, resolve(folder, word))
}

/** Commands that only look whether somebody changed a header. */
const CHECKS = /\.checked-[^/]*$/

/** One of the paths and what is made of it; nothing where they have no reader of that kind. */
async function readerOf(paths: ReadonlySet<string>, options: Searching): Promise<readonly string[]> {
  const { output } = await run(['find', '.', '-name', '.*.cmd', '-not', '-path', './tools/*'], options)
  for (const file of output.split('\n').filter(name => name !== '')) {
    const text = readFileSync(join(options.folder, file), 'latin1')
    const by = /^(?:saved)?cmd_(\S+) :=/m.exec(text)?.[1]
    if (by === undefined || text.includes(' -D__KERNEL__') || CHECKS.test(by)) continue
    const path = text
      .split(/\s+/)
      .map(word => pathOf(word, options))
      .find(word => paths.has(word))
    if (path !== undefined) return [path, by]
  }
  return []
}
