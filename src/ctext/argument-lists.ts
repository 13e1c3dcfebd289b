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
 * The words and numbers in the lists behind any of `names`, and an empty one where an argument is empty. Undefined where one
 * that takes a list stands without, so that somebody else may put one behind it: as an argument, in another macro's text,
 * before a macro.
 */
export function listsBehind(
  file: LexedFile,
  names: ReadonlySet<string>,
  macros: Macros,
): ReadonlySet<string> | undefined {
  const scan = new Scan(file, names, macros)
  return scan.run() ? scan.found : undefined
}

const [OPEN, CLOSE] = ['('.charCodeAt(0), ')'.charCodeAt(0)]

/** Most words are none of the names: what they begin with tells that, without a string for each. */
class Scan {
  readonly found = new Set<string>()
  readonly #file: LexedFile
  readonly #names: ReadonlySet<string>
  readonly #macros: Macros
  readonly #firsts: ReadonlySet<number>
  /** Where parentheses were opened that are open, outside of directives. */
  readonly #lists: number[] = []
  #isOpen = false
  /** The directive that we are in, or the last one. */
  #directive = -1
  #known: { readonly at: number; readonly parameters: ReadonlySet<string> } = { at: -1, parameters: new Set() }

  constructor(file: LexedFile, names: ReadonlySet<string>, macros: Macros) {
    this.#file = file
    this.#names = names
    this.#macros = macros
    this.#firsts = new Set([...names].map(name => name.charCodeAt(0)))
  }

  run(): boolean {
    const places = placesOf(this.#file, this.#names)
    return places === undefined ? this.#runThrough() : (this.#runAlong(places) ?? this.#runThrough())
  }

  /** From name to name; undefined where one of them takes to know what is around it. */
  #runAlong(places: readonly number[]): boolean | undefined {
    for (const at of places) {
      if (this.#inDirective(at)) {
        this.#directive = at
        while (tokenKind(this.#file, this.#directive) !== 'directive') this.#directive--
      }
      const name = tokenText(this.#file, at)
      if (this.#isParameter(at, name) || this.#isAsked(at)) continue
      if (tokenText(this.#file, at + 1) === '(') {
        if (!this.#collect(at + 1)) return false
      } else if (this.#macros.takes(name)) {
        if (!this.#inDirective(at)) return undefined
        if (this.#mayBeListed(at)) return false
      }
    }
    return true
  }

  /** Token by token. */
  #runThrough(): boolean {
    const { tokens, text } = this.#file
    for (let at = 0; at < tokens.count; at++) {
      const kind = tokenKind(this.#file, at)
      if (kind === 'directive') {
        // Which of its branches close the list is open.
        this.#isOpen ||= this.#isAmongArguments()
        this.#directive = at
      }
      const first = text.charCodeAt(tokens.starts[at] ?? 0)
      if (!this.#inDirective(at)) this.#follow(at, kind === 'punctuator' ? first : 0)
      if (kind !== 'word' || !this.#firsts.has(first)) continue
      const name = tokenText(this.#file, at)
      if (!this.#names.has(name) || this.#isParameter(at, name) || this.#isAsked(at)) continue
      const isListed = tokenText(this.#file, at + 1) === '('
      if (isListed ? !this.#collect(at + 1) : this.#macros.takes(name) && this.#mayBeListed(at)) return false
    }
    return true
  }

  #inDirective(at: number): boolean {
    return ((this.#file.tokens.flags[at] ?? 0) & IN_DIRECTIVE) !== 0
  }

  #follow(at: number, sign: number): void {
    if (((this.#file.tokens.flags[at] ?? 0) & IN_PARENTHESES) === 0) {
      this.#lists.length = 0
      this.#isOpen = false
    }
    if (sign === OPEN) this.#lists.push(at)
    else if (sign === CLOSE) this.#lists.pop()
  }

  /** Whether a list is open behind one of whose arguments another list may come to stand. */
  #isAmongArguments(): boolean {
    return this.#lists.some(at => {
      // Behind a list, whatever the first one became may take the second.
      const before = at > 0 ? tokenText(this.#file, at - 1) : ''
      return before === ')' || this.#macros.lists(before)
    })
  }

  /** Whether it is one of the macro that is being defined. */
  #isParameter(at: number, name: string): boolean {
    return this.#inDirective(at) && this.#parameters().has(name)
  }

  #parameters(): ReadonlySet<string> {
    if (this.#known.at !== this.#directive)
      this.#known = { at: this.#directive, parameters: parametersAt(this.#file, this.#directive) }
    return this.#known.parameters
  }

  #isMacro(at: number): boolean {
    return tokenKind(this.#file, at) === 'word' && this.#macros.known(tokenText(this.#file, at))
  }

  /** Whether somebody may put a list behind a name that has none here. */
  #mayBeListed(at: number): boolean {
    // A macro that is nothing but another name of it is one of the names.
    if (this.#inDirective(at) && this.#isOtherName(at)) return false
    if (this.#inDirective(at) || this.#isOpen || this.#isAmongArguments()) return true
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
      else if (kind !== 'punctuator' && !this.#isParameter(at, text)) this.found.add(text)
    }
    return false
  }
}

/** Shorter names stand in too many others. */
const LEAST_LENGTH = 3
/** A word that goes on on the next line. */
const SPLICED_WORD = /\\[ \t\f\v\r]*\n[\w$\x80-\xff]/

const spliced = new WeakMap<LexedFile, boolean>()

/** The tokens that are one of the names, in order; undefined where looking through all tokens is better. */
function placesOf(file: LexedFile, names: ReadonlySet<string>): readonly number[] | undefined {
  const { text, tokens } = file
  const isSpliced = spliced.get(file) ?? SPLICED_WORD.test(text)
  spliced.set(file, isSpliced)
  if (isSpliced || [...names].some(name => name.length < LEAST_LENGTH)) return undefined
  const places: number[] = []
  for (const name of names) {
    for (let from = text.indexOf(name); from !== -1; from = text.indexOf(name, from + name.length)) {
      const at = tokenAt(file, from)
      const isWhole = tokens.starts[at] === from && tokens.ends[at] === from + name.length
      if (isWhole && tokenKind(file, at) === 'word') places.push(at)
    }
  }
  return places.sort((a, b) => a - b)
}

/** The last token that begins at the offset or before it. */
function tokenAt({ tokens }: LexedFile, offset: number): number {
  let [low, high] = [0, tokens.count - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((tokens.starts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
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
