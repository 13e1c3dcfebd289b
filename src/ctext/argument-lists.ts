/** What stands in the lists of arguments behind names of macros. */
import { IN_DIRECTIVE, IN_PARENTHESES, type LexedFile, SPACE_BEFORE } from './lexed.ts'
import { tokenKind, tokenText } from './tokens.ts'

const ASKING = new Set(['define', 'undef', 'ifdef', 'ifndef', 'defined', 'elifdef', 'elifndef'])
const IN_STRING = /[\w$\x80-\xff]+/g

export interface Macros {
  /** Whether it is a macro. */
  known(name: string): boolean
  /** Whether it is one with parameters. */
  takes(name: string): boolean
  /** Whether a list may come to stand behind one of its arguments. */
  lists(name: string): boolean
  /** Names whose lists are looked at, now or another time. */
  readonly names: ReadonlySet<string>
}

/**
 * The words and numbers in the lists behind any of `names`, and an empty one where an argument is empty. Undefined where one that takes a list stands without, so that
 * somebody else may put one behind it: as an argument, in another macro's text, before a macro.
 */
export function listsBehind(
  file: LexedFile,
  names: ReadonlySet<string>,
  macros: Macros,
): ReadonlySet<string> | undefined {
  const scan = new Scan(file, names, macros)
  return scan.run() ? scan.found : undefined
}

class Scan {
  readonly found = new Set<string>()
  readonly #file: LexedFile
  readonly #names: ReadonlySet<string>
  readonly #macros: Macros
  /** For each open parenthesis outside of directives, whether arguments stand in it behind which a list may come. */
  readonly #calls: boolean[] = []
  #isOpen = false
  /** The parameters of the macro that is being defined. */
  #parameters: ReadonlySet<string> = new Set()

  constructor(file: LexedFile, names: ReadonlySet<string>, macros: Macros) {
    this.#file = file
    this.#names = names
    this.#macros = macros
  }

  run(): boolean {
    for (let at = 0; at < this.#file.tokens.count; at++) {
      const kind = tokenKind(this.#file, at)
      if (kind === 'directive') {
        // Which of its branches close the list is open.
        this.#isOpen ||= this.#calls.includes(true)
        this.#parameters = parametersAt(this.#file, at)
      }
      if (!this.#inDirective(at)) this.#follow(at)
      if (kind !== 'word') continue
      const name = tokenText(this.#file, at)
      if (!this.#names.has(name) || this.#parameters.has(name) || this.#isAsked(at)) continue
      const isListed = tokenText(this.#file, at + 1) === '('
      if (isListed ? !this.#collect(at + 1) : this.#macros.takes(name) && this.#mayBeListed(at)) return false
    }
    return true
  }

  #inDirective(at: number): boolean {
    return ((this.#file.tokens.flags[at] ?? 0) & IN_DIRECTIVE) !== 0
  }

  #follow(at: number): void {
    if (((this.#file.tokens.flags[at] ?? 0) & IN_PARENTHESES) === 0) {
      this.#calls.length = 0
      this.#isOpen = false
    }
    if (tokenKind(this.#file, at) !== 'punctuator') return
    const text = tokenText(this.#file, at)
    if (text === '(') this.#calls.push(at > 0 && this.#macros.lists(tokenText(this.#file, at - 1)))
    else if (text === ')') this.#calls.pop()
  }

  #isMacro(at: number): boolean {
    return tokenKind(this.#file, at) === 'word' && this.#macros.known(tokenText(this.#file, at))
  }

  /** Whether somebody may put a list behind a name that has none here. */
  #mayBeListed(at: number): boolean {
    // A macro that is nothing but another name of it is one of the names.
    if (this.#inDirective(at) && this.#isOtherName(at)) return false
    if (this.#inDirective(at) || this.#isOpen || this.#calls.includes(true)) return true
    const next = tokenKind(this.#file, at + 1)
    if (at + 1 >= this.#file.tokens.count || next === 'directive') return true
    return this.#isMacro(at + 1)
  }

  #isOtherName(at: number): boolean {
    const isDefined = tokenText(this.#file, at - 2) === 'define' && tokenKind(this.#file, at - 3) === 'directive'
    return (
      isDefined &&
      this.#macros.names.has(tokenText(this.#file, at - 1)) &&
      tokenKind(this.#file, at + 1) === 'directive-end'
    )
  }

  #isAsked(at: number): boolean {
    if (!this.#inDirective(at)) return false
    const before = tokenText(this.#file, at - 1)
    // What is joined is another name by the time it could be called.
    if (before === '#' && tokenText(this.#file, at - 2) === '#') return true
    if (tokenText(this.#file, at + 1) === '#' && tokenText(this.#file, at + 2) === '#') return true
    return ASKING.has(before) || (before === '(' && tokenText(this.#file, at - 2) === 'defined')
  }

  /** From an opening parenthesis to the one that closes it; false where directives stand between, or none closes it. */
  #collect(from: number): boolean {
    let depth = 0
    for (let at = from; at < this.#file.tokens.count; at++) {
      const kind = tokenKind(this.#file, at)
      if (kind === 'directive' || kind === 'directive-end') return false
      const text = tokenText(this.#file, at)
      if ((text === ',' || text === ')') && '(,'.includes(tokenText(this.#file, at - 1))) this.found.add('')
      if (text === '(') depth++
      else if (text === ')' && --depth === 0) return true
      else if (kind === 'string') for (const [word] of text.matchAll(IN_STRING)) this.found.add(word)
      else if (kind !== 'punctuator' && !this.#parameters.has(text)) this.found.add(text)
    }
    return false
  }
}

function parametersAt(file: LexedFile, at: number): ReadonlySet<string> {
  const isSpaced = ((file.tokens.flags[at + 3] ?? 0) & SPACE_BEFORE) !== 0
  const isDefined = tokenText(file, at + 1) === 'define' && tokenText(file, at + 3) === '(' && !isSpaced
  const parameters = new Set<string>()
  for (let each = at + 4; isDefined && each < file.tokens.count; each++) {
    const text = tokenText(file, each)
    if (text === ')' || tokenKind(file, each) === 'directive-end') break
    if (tokenKind(file, each) === 'word') parameters.add(text)
  }
  return parameters.size > 0 ? parameters.add('__VA_ARGS__') : parameters
}
