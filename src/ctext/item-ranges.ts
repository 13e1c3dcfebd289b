/**
 * Cuts a C text that is not preprocessed into items: directives, and what ends at a `;` or behind a function's body.
 *
 * Conditional groups that begin between two items are gone through branch by branch: what a branch leaves open goes on
 * behind the group, and not in its next branch. Groups inside of an item belong to it.
 */
import { type LexedFile, SPACE_BEFORE } from './lexed.ts'
import { tokenKind, tokenText } from './tokens.ts'

export interface ItemRange {
  readonly from: number
  readonly end: number
  /** Whether directives are among its tokens, if it does not begin with one. */
  readonly hasDirectives: boolean
}

interface Group {
  /** Begun between two items. */
  readonly clean: boolean
  readonly stack: readonly number[]
}

const codeOf = (sign: string) => sign.charCodeAt(0)
const [OPEN_BRACE, CLOSE_BRACE] = [codeOf('{'), codeOf('}')]
const [CLOSE_PAREN, CLOSE_BRACKET] = [codeOf(')'), codeOf(']')]
const SEMICOLON = codeOf(';')
/** What closes what these open. */
const CLOSING = new Map([
  [codeOf('('), CLOSE_PAREN],
  [codeOf('['), CLOSE_BRACKET],
  [OPEN_BRACE, CLOSE_BRACE],
])
/** Letters that stand for others, which a lexer of ordinary C takes for something else. */
const DIGRAPHS = new Set(['<%', '%>', '%:', '<:', ':>'])
const SPELLED_LETTER = /^[uU][\da-fA-F]{4}|^[uUN]$/
const RAW_PREFIX = /^(?:u8|[uUL])?R$/

/** Undefined where the text is spelled in a way that we do not read, or does not nest. */
export function itemRanges(file: LexedFile): readonly ItemRange[] | undefined {
  const cutter = new Cutter(file)
  return cutter.run() ? cutter.result() : undefined
}

class Cutter {
  readonly #file: LexedFile
  readonly #ranges: ItemRange[] = []
  readonly #groups: Group[] = []
  #stack: number[] = []
  #hasDirectives = false
  #from = 0
  #isBody = false
  #last = 0

  constructor(file: LexedFile) {
    this.#file = file
  }

  run(): boolean {
    const { tokens, text } = this.#file
    for (let at = 0; at < tokens.count; at++) {
      const kind = tokenKind(this.#file, at)
      if (kind === 'directive') {
        const end = this.#directive(at)
        if (end === undefined) return false
        at = end
        continue
      }
      if (kind !== 'punctuator') {
        if (kind === 'string' && this.#isRaw(at)) return false
        this.#last = 0
        continue
      }
      const code = text.charCodeAt(tokens.starts[at] ?? 0)
      // What closes a brace of another group ends whatever that was.
      const isStray = code === CLOSE_BRACE && this.#stack.length === 0
      if (this.#isUnreadable(at) || !(isStray || this.#nests(code))) return false
      const isOver = isStray || code === SEMICOLON || (code === CLOSE_BRACE && this.#isBody)
      this.#last = code
      if (isOver && this.#stack.length === 0) this.#cut(at + 1)
    }
    return this.#groups.length === 0
  }

  result(): readonly ItemRange[] {
    this.#leave(this.#file.tokens.count)
    return this.#ranges
  }

  #nests(code: number): boolean {
    const closing = CLOSING.get(code)
    if (closing !== undefined) {
      if (code === OPEN_BRACE && this.#stack.length === 0) this.#isBody = this.#last === CLOSE_PAREN
      this.#stack.push(closing)
    } else if (code === CLOSE_BRACE || code === CLOSE_PAREN || code === CLOSE_BRACKET) {
      return this.#stack.pop() === code
    }
    return true
  }

  /** Goes over a directive; where it ends. */
  #directive(at: number): number | undefined {
    const { tokens } = this.#file
    let end = at
    while (end < tokens.count && tokenKind(this.#file, end) !== 'directive-end') {
      if (this.#isUnreadable(end) || (tokenKind(this.#file, end) === 'string' && this.#isRaw(end))) return undefined
      end++
    }
    const isBetween = this.#from === at && this.#stack.length === 0
    if (!this.#conditional(tokenText(this.#file, at + 1), at, isBetween)) return undefined
    // What a branch left open is an item of its own by now.
    if (this.#from === at && this.#stack.length === 0) {
      this.#ranges.push({ from: at, end: end + 1, hasDirectives: false })
      this.#from = end + 1
    } else this.#hasDirectives = true
    return end
  }

  #conditional(word: string, at: number, isBetween: boolean): boolean {
    if (word.startsWith('if')) {
      this.#groups.push({ clean: isBetween, stack: [...this.#stack] })
      return true
    }
    const isEnd = word === 'endif'
    if (!isEnd && !/^el(?:se|if)/.test(word)) return true
    const group = this.#groups.at(-1)
    if (group === undefined) return false
    if (isEnd) this.#groups.pop()
    if (group.clean) this.#leave(at)
    else if (!isEnd) this.#stack = [...group.stack]
    return true
  }

  /** What is open here is left so. */
  #leave(at: number): void {
    if (this.#from === at) return
    this.#cut(at)
    this.#stack = []
  }

  #cut(end: number): void {
    this.#ranges.push({ from: this.#from, end, hasDirectives: this.#hasDirectives })
    this.#from = end
    this.#hasDirectives = false
    this.#last = 0
    this.#isBody = false
  }

  /** C++'s and GNU C's string in which nothing is escaped; other dialects read on behind its quote. */
  #isRaw(at: number): boolean {
    if (at === 0 || !RAW_PREFIX.test(tokenText(this.#file, at - 1))) return false
    return ((this.#file.tokens.flags[at] ?? 0) & SPACE_BEFORE) === 0
  }

  /** As an argument, beside `##` or as all of a macro: half of a digraph, maybe. */
  #isAlone(at: number): boolean {
    // A directive's own sign joins nothing.
    const next = tokenKind(this.#file, at + 1) === 'directive' ? ' ' : tokenText(this.#file, at + 1)
    const before = at === 0 ? '' : tokenText(this.#file, at - 1)
    if (/^[(,]$/.test(before) && /^[,)]$/.test(next)) return true
    if (next === '' && tokenText(this.#file, at - 2) === 'define') return true
    const isWord = (other: number) => tokenKind(this.#file, other) === 'word'
    return (next === '#' && !isWord(at + 3)) || (before === '#' && !isWord(at - 3))
  }

  /** A digraph, or a letter of a name that is spelled by its number. */
  #isUnreadable(at: number): boolean {
    const text = tokenText(this.#file, at)
    if (text === '\\') return SPELLED_LETTER.test(tokenText(this.#file, at + 1))
    if (text.length === 2 && DIGRAPHS.has(text)) return true
    if ('%:<>'.includes(text) && this.#isAlone(at)) return true
    if (at === 0 || (text !== ':' && text !== '%' && text !== '>')) return false
    if (((this.#file.tokens.flags[at] ?? 0) & SPACE_BEFORE) !== 0) return false
    return DIGRAPHS.has(tokenText(this.#file, at - 1) + text)
  }
}
