/** Options that may name a file or write one, as compilers and assemblers list them in their own help. */
import { spawnSync } from 'node:child_process'

/** Values that are no names: numbers, choices, `old=new` for names that stand in the object. */
const NO_NAME = /^(?:<(?:number|n|N|\d[^>]*|old)>|\[?\d|<[^>]*(?:\||,\.\.)[^>]*>|\[[^\]]*\|)/
/** Where programs say how much, or which, and never where. */
const NO_FILE =
  /^(?:--param|-W(?!p|a)|-m(?!llvm)|-std|-D|-U|-O|-o$|-x$|--output|--help|-print|-E$|-S$|-c$|-fsyntax-only)/
const ABOUT_FILES =
  /\b(?:files?|filename|path|director(?:y|ies)|dir|writes?|written|write|dumps?|saves?|emits?|outputs?|report)\b/i

/**
 * Lines of help that begin with an option and speak of files, made into words: `-aux-info <file>` takes the next word,
 * `-time=<file>` is joined to it, and a flag that is said to write stands alone. Names are given in turn.
 */
export function optionsIn(help: string, names: readonly string[]): readonly (readonly string[])[] {
  const found = new Map<string, readonly string[]>()
  // What is said of a long option begins on the next line.
  for (const line of help.replaceAll(/\n {16,}(?=[^-\s])/g, ' ').split('\n')) {
    const match = /^ {1,4}(-[^\s=<[]+)(=?)([<[]?\S*)(?: (<[^>]+>|[A-Z]{2,}))?(.*)$/.exec(line)
    const [, option = '', equals = '', value = '', separate = '', text = ''] = match ?? []
    if (match === null || NO_FILE.test(option) || NO_NAME.test(value)) continue
    if (!ABOUT_FILES.test(`${option.replaceAll('-', ' ')} ${value} ${separate} ${text}`)) continue
    const name = names[found.size % names.length] ?? ''
    if (equals !== '' || /^\[=/.test(value)) found.set(option, [`${option}=${name}`])
    else if (separate !== '' || value !== '' || text.includes('Same as')) found.set(option, [option, name])
    else found.set(option, [option])
  }
  return [...found.values()]
}

/** What a program says of its options, without what the assembler and the linker behind it say. */
export function helpOf(program: string, ...words: readonly string[]): string {
  const { stdout, error } = spawnSync(program, words, { encoding: 'utf8', maxBuffer: 1 << 26 })
  if (error !== undefined) return ''
  return program === 'as' ? stdout : (stdout.split(/^Usage: .*(?:as|ld|collect2) \[/m, 1)[0] ?? '')
}
