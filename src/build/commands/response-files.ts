/**
 * `@file` in a command: gcc and clang read more options there (GCC manual, "Overall Options"). The command is taken with
 * them in place, so that what is compiled, and what the cache goes by, are the options and not a file's name.
 */
import { resolve } from 'node:path'
import { readText } from '../layout.ts'

export interface Expanded {
  readonly words: readonly string[]
  /** The files that were read, absolute, each once. */
  readonly files: readonly string[]
}

/** As deep as gcc goes before it takes `@file` for a name. */
const DEEPEST = 2000

/** A word whose file is not there stays as it is, as the compilers have it. `folder` is where the command runs. */
export function expandResponseFiles(words: readonly string[], folder: string): Expanded {
  const files = new Set<string>()
  const done: string[] = []
  const left = [...words].reverse()
  for (let word = left.pop(), read = 0; word !== undefined; word = left.pop()) {
    const path = word.startsWith('@') && read < DEEPEST ? resolve(folder, word.slice(1)) : undefined
    const text = path === undefined ? undefined : readText(path)
    if (path === undefined || text === undefined) {
      done.push(word)
      continue
    }
    read++
    files.add(path)
    left.push(...optionsIn(text).reverse())
  }
  return { words: done, files: [...files] }
}

/** Separated by white space; quotes of either kind keep it, and a backslash keeps any character. */
function optionsIn(text: string): string[] {
  const words = text.match(/(?:\\[\s\S]|"(?:\\[\s\S]|[^"\\])*"?|'(?:\\[\s\S]|[^'\\])*'?|[^\s"'\\])+/g) ?? []
  return words.map(word =>
    word.replace(/\\([\s\S])|(["'])((?:\\[\s\S]|(?!\2)[^\\])*)\2?/g, (_, kept, quote, inside) =>
      quote === undefined ? kept : inside.replace(/\\([\s\S])/g, '$1'),
    ),
  )
}
