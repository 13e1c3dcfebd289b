/**
 * `@file` in a command: gcc and clang read more options there (GCC manual, "Overall Options"). The command is taken with
 * them in place, so that what is compiled, and what the cache goes by, are the options and not a file's name.
 */
import { resolve } from 'node:path'
import { readNames } from '../layout.ts'

export interface Expanded {
  readonly words: readonly string[]
  /** The files that were read, absolute, each once. */
  readonly files: readonly string[]
}

/** As deep as gcc goes before it takes `@file` for a name. */
const DEEPEST = 2000

/** Words that pass a word on to a program that reads `@file` too, and how the words of the file are passed on then. */
const PASS_NEXT = new Set(['-Xassembler', '-Xpreprocessor', '-Xclang'])
const PASS_LIST: ReadonlyMap<string, string> = new Map([
  ['-Wa', '-Xassembler'],
  ['-Wp', '-Xpreprocessor'],
])

/** A word whose file is not there stays as it is, as the compilers have it. `folder` is where the command runs. */
export function expandResponseFiles(words: readonly string[], folder: string): Expanded {
  const files = new Set<string>()
  const done: string[] = []
  const left = [...words].reverse()
  let read = 0
  const open = (word: string): readonly string[] | undefined => {
    if (!word.startsWith('@') || read >= DEEPEST) return undefined
    const path = resolve(folder, word.slice(1))
    const text = readNames(path)
    if (text === undefined) return undefined
    read++
    files.add(path)
    return optionsIn(text)
  }
  for (let word = left.pop(); word !== undefined; word = left.pop()) {
    const passed = PASS_NEXT.has(word) ? left.pop() : undefined
    const inside = passed === undefined ? open(word) : open(passed)?.flatMap(each => [word ?? '', each])
    if (inside !== undefined) left.push(...[...inside].reverse())
    else if (passed !== undefined) done.push(word, passed)
    else if (hasListed(word)) left.push(...oneByOne(word).reverse())
    else done.push(word)
  }
  return { words: done, files: [...files] }
}

/** Says whether a list that is passed on (`-Wa,-R,@file`) names a response file. */
function hasListed(word: string): boolean {
  return /^-W[ap],(?:.*,)?@/s.test(word)
}

/** The same words, each passed on for itself: what a response file holds may have commas. */
function oneByOne(list: string): string[] {
  const [name = '', ...words] = list.split(',')
  const pass = PASS_LIST.get(name) ?? name
  return words.flatMap(word => [pass, word])
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
