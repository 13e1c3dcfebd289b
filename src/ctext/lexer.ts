/**
 * Finds where in a C source file a `#line` directive may stand, and the file's tokens.
 *
 * Every other tool we know inserts `#line` blindly. Inside a macro body or a continued string that does not compile;
 * inside a comment it is ignored, and every later line is off without a word. No parser is right for this: the question
 * comes before preprocessing, on text that is no C yet. So this is a lexer of translation phases 2 and 3 (continued
 * lines, comments, tokens) with just enough of phase 4: directives, the nesting of `#if`, and open parentheses, because a
 * directive among a macro's arguments is undefined, and any parenthesis may belong to a macro. The same holds between a
 * macro's name and the `(` on a later line.
 *
 * The worse mistake is to call a place safe that is not: it changes what is compiled. In doubt a place is unsafe; the
 * rewriting then takes the next one, or joins lines.
 *
 * It is tempting to stop at an apostrophe without a partner. Do not: skipped groups, `#error` lines and assembly hold
 * such; for the preprocessor they end with the line, and so they do here.
 *
 * In:  the text, one character a byte.
 * Out: a LexedFile: for each line its barrier, directive and flags; all tokens.
 */
import { Conditionals } from './conditionals.ts'
import { LineColumns, TokenColumns } from './growing.ts'
import {
  AFTER_SPACE,
  BEFORE_TOKENS,
  COMMENT,
  CONTINUED,
  DIRECTIVE,
  DIRECTIVE_CODES,
  DIRECTIVE_COMMENT,
  ELSE,
  ENDIF,
  IF,
  IN_DIRECTIVE,
  IN_PARENTHESES,
  type LexedFile,
  LINE_COMMENT,
  LINE_DIRECTIVE,
  MACRO_CALL,
  OTHER_DIRECTIVE,
  PARENTHESES,
  RAW_STRING,
  SAFE,
  SKIPPED,
  SPACE_BEFORE,
  STRING,
} from './lexed.ts'
import { isExponentSign, SPLICE, withoutSplices } from './splices.ts'

/** What a character can begin. The codes stand here and not in a module of their own: importing them halves the speed. */
const SPACE = 0
const NEWLINE = 1
const LETTER = 2
const DIGIT = 3
const QUOTE = 4
const SLASH = 5
const BACKSLASH = 6
const HASH = 7
const OPEN = 8
const CLOSE = 9
const DOT = 10
const BRACE = 11
const OTHER = 12

/** By character code; bytes outside ASCII are letters, as gcc has them. */
const CLASSES: Uint8Array = (() => {
  const classes = new Uint8Array(256).fill(OTHER)
  const set = (characters: string, kind: number) => {
    for (const character of characters) classes[character.charCodeAt(0)] = kind
  }
  set(' \t\f\v\r\0', SPACE)
  set('\n', NEWLINE)
  set('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$', LETTER)
  classes.fill(LETTER, 128)
  set('0123456789', DIGIT)
  set('"\'', QUOTE)
  set('/', SLASH)
  set('\\', BACKSLASH)
  set('#', HASH)
  set('(', OPEN)
  set(')', CLOSE)
  set('.', DOT)
  set('}', BRACE)
  return classes
})()

const WORD_TOKEN = 0
const NUMBER_TOKEN = 1
const STRING_TOKEN = 2
const PUNCTUATOR_TOKEN = 3
const DIRECTIVE_TOKEN = 4
const DIRECTIVE_END_TOKEN = 5

const COMMENT_END = /\*(?:\\[ \t\f\v\r]*\n)*\//g
const RAW_PREFIX = /^(?:u8|[uUL])?R$/

export function lex(text: string): LexedFile {
  const lexer = new Lexer(text)
  lexer.run()
  return lexer.result()
}

class Lexer {
  private readonly text: string
  private readonly tokens: TokenColumns
  private readonly groups = new Conditionals()
  private readonly lines: LineColumns
  private at = 0
  private line = 1
  private depth = 0
  private spaced = true
  /** No token yet on this logical line. */
  private fresh = true
  /** The line that the current directive begins on, 0 outside of directives. */
  private directiveLine = 0
  private directiveNamed = false
  /** Kind and line of the last token that is no part of a directive; what could be a macro's name or call. */
  private callable = false
  private callableLine = 0

  constructor(text: string) {
    this.text = text
    this.tokens = new TokenColumns(Math.max(64, Math.ceil(text.length / 5)))
    this.lines = new LineColumns(text)
  }

  run(): void {
    const { text } = this
    while (this.at < text.length) {
      switch (CLASSES[text.charCodeAt(this.at) & 0xff]) {
        case SPACE:
          this.spaced = true
          this.at++
          break
        case NEWLINE:
          this.newline()
          break
        case LETTER:
          this.word()
          break
        case DIGIT:
          this.number()
          break
        case QUOTE:
          this.quoted()
          break
        case SLASH:
          this.slash()
          break
        case BACKSLASH:
          if (!this.splice(this.directiveLine > 0 ? DIRECTIVE : CONTINUED)) this.punctuator(false)
          break
        case HASH:
          this.hash()
          break
        case OPEN:
          this.openParenthesis()
          break
        case CLOSE:
          this.punctuator(true)
          if (this.directiveLine === 0 && this.depth > 0) this.depth--
          break
        case DOT:
          if (CLASSES[text.charCodeAt(this.at + 1)] === DIGIT) this.number()
          else this.punctuator(false)
          break
        case BRACE:
          if (this.at === this.lines.starts[this.line] && this.directiveLine === 0) this.depth = 0
          this.punctuator(false)
          break
        default:
          if (text.startsWith('%:', this.at)) this.hash()
          else this.punctuator(false)
      }
    }
    if (this.directiveLine > 0) this.endDirective()
  }

  result(): LexedFile {
    const ended = this.text === '' || this.text.endsWith('\n')
    const lineCount = ended ? this.line - 1 : this.line
    if (!ended) this.startLine(this.text.length, SAFE)
    return { text: this.text, lineCount, tokens: this.tokens.done(), ...this.lines.done() }
  }

  private startLine(start: number, barrier: number): void {
    this.line++
    let flags = this.groups.skipping ? SKIPPED : 0
    if (this.spaced) flags |= AFTER_SPACE
    if (this.fresh) flags |= BEFORE_TOKENS
    this.lines.add(start, barrier, this.depth, flags)
  }

  private newline(): void {
    if (this.directiveLine > 0) this.endDirective()
    this.at++
    this.fresh = true
    this.spaced = true
    this.startLine(this.at, this.depth > 0 ? PARENTHESES : SAFE)
  }

  /** A backslash at the end of a line, if it is one; what goes on behind it belongs to the same logical line. */
  private splice(barrier: number): boolean {
    SPLICE.lastIndex = this.at
    if (!SPLICE.test(this.text)) return false
    this.at = SPLICE.lastIndex
    this.startLine(this.at, barrier)
    return true
  }

  private token(kind: number): void {
    let flags = this.spaced ? SPACE_BEFORE : 0
    if (this.directiveLine > 0) flags |= IN_DIRECTIVE
    else {
      if (this.depth > 0) flags |= IN_PARENTHESES
      this.lines.markCode(this.line)
      this.callable = false
      this.callableLine = this.line
    }
    this.tokens.add(kind, flags, this.line, this.at)
    this.spaced = false
    this.fresh = false
  }

  /** `closes`: a `)`, behind which another argument list may follow. */
  private punctuator(closes: boolean): void {
    this.token(PUNCTUATOR_TOKEN)
    this.at++
    this.tokens.setEnd(this.at)
    if (this.directiveLine === 0) this.callable = closes
  }

  private word(): void {
    const start = this.at
    this.token(WORD_TOKEN)
    const spliced = this.skipWord(false)
    this.tokens.setEnd(this.at)
    if (this.directiveLine > 0) {
      if (!this.directiveNamed) this.nameDirective(this.spelling(start, spliced))
    } else {
      this.callable = true
      this.callableLine = this.line
    }
    if (this.text[this.at] === '"' && RAW_PREFIX.test(this.spelling(start, spliced))) this.rawString()
  }

  private spelling(start: number, spliced: boolean): string {
    const text = this.text.slice(start, this.at)
    return spliced ? withoutSplices(text) : text
  }

  private number(): void {
    this.token(NUMBER_TOKEN)
    this.at++
    this.skipWord(true)
    this.tokens.setEnd(this.at)
    if (this.directiveLine > 0 && !this.directiveNamed) this.nameDirective('line')
  }

  /** Letters and digits; in a number also points and the signs of exponents. True where a splice was inside. */
  private skipWord(inNumber: boolean): boolean {
    const { text } = this
    let at = this.at
    let spliced = false
    for (; at < text.length; at++) {
      const kind = CLASSES[text.charCodeAt(at) & 0xff]
      if (kind === LETTER || kind === DIGIT) continue
      if (inNumber && (kind === DOT || isExponentSign(text, at))) continue
      if (kind !== BACKSLASH || !this.continuesWord(at)) break
      this.at = at
      this.splice(this.directiveLine > 0 ? DIRECTIVE : CONTINUED)
      spliced = true
      at = this.at - 1
    }
    this.at = at
    return spliced
  }

  /** Whether behind the splices at `at` the same word goes on. */
  private continuesWord(at: number): boolean {
    let next = at
    for (SPLICE.lastIndex = next; SPLICE.test(this.text); SPLICE.lastIndex = next) next = SPLICE.lastIndex
    const kind = CLASSES[this.text.charCodeAt(next) & 0xff]
    return next > at && next < this.text.length && (kind === LETTER || kind === DIGIT)
  }

  /** Without a partner on its logical line, a quote ends with the line. */
  private quoted(): void {
    const { text } = this
    const quote = text[this.at]
    this.token(STRING_TOKEN)
    this.at++
    while (this.at < text.length) {
      const character = text[this.at]
      if (character === '\n') break
      if (character === '\\') {
        if (!this.splice(STRING)) this.at += text[this.at + 1] === '\n' ? 1 : 2
        continue
      }
      this.at++
      if (character === quote) break
    }
    this.at = Math.min(this.at, text.length)
    this.tokens.setEnd(this.at)
  }

  /** `R"name(` … `)name"`; gcc has them in its gnu dialects of C too. */
  private rawString(): void {
    const opening = /^"([^ ()\\\n]{0,16})\(/.exec(this.text.slice(this.at, this.at + 20))
    if (opening === null) return
    const closing = `)${opening[1] ?? ''}"`
    const found = this.text.indexOf(closing, this.at)
    const end = found === -1 ? this.text.length : found + closing.length
    this.token(STRING_TOKEN)
    this.linesUpTo(end, RAW_STRING)
    this.tokens.setEnd(end)
  }

  private linesUpTo(end: number, barrier: number): void {
    for (
      let next = this.text.indexOf('\n', this.at);
      next !== -1 && next < end;
      next = this.text.indexOf('\n', next + 1)
    ) {
      this.startLine(next + 1, barrier)
    }
    this.at = end
  }

  private slash(): void {
    let next = this.at + 1
    for (SPLICE.lastIndex = next; SPLICE.test(this.text); SPLICE.lastIndex = next) next = SPLICE.lastIndex
    const character = this.text[next]
    if (character === '*') {
      COMMENT_END.lastIndex = next + 1
      const end = COMMENT_END.test(this.text) ? COMMENT_END.lastIndex : this.text.length
      this.spaced = true
      this.linesUpTo(end, this.directiveLine > 0 ? DIRECTIVE_COMMENT : COMMENT)
    } else if (character === '/') this.lineComment()
    else this.punctuator(false)
  }

  private lineComment(): void {
    for (;;) {
      const end = this.text.indexOf('\n', this.at)
      this.at = end === -1 ? this.text.length : end
      if (end === -1) return
      let last = end - 1
      while (CLASSES[this.text.charCodeAt(last)] === SPACE) last--
      if (this.text[last] !== '\\') return
      this.at = last
      if (!this.splice(LINE_COMMENT)) return
    }
  }

  private hash(): void {
    if (!this.fresh || this.directiveLine > 0) {
      this.punctuator(false)
      return
    }
    this.directiveLine = this.line
    this.directiveNamed = false
    this.lines.directives[this.line] = OTHER_DIRECTIVE
    this.token(DIRECTIVE_TOKEN)
    this.at += this.text[this.at] === '#' ? 1 : 2
    this.tokens.setEnd(this.at)
  }

  private nameDirective(name: string): void {
    this.directiveNamed = true
    const kind = DIRECTIVE_CODES[name] ?? OTHER_DIRECTIVE
    this.lines.directives[this.directiveLine] = kind
    if (kind === IF) this.groups.begin(this.depth)
    else if (kind === ENDIF) this.depth = this.groups.end(this.depth)
    else if (kind < LINE_DIRECTIVE) this.depth = this.groups.next(this.depth, kind === ELSE)
  }

  private endDirective(): void {
    const isIf = this.lines.directives[this.directiveLine] === IF
    const words = this.tokens.count - this.tokens.directiveStart()
    if (isIf && words === 3 && this.tokens.isLast(NUMBER_TOKEN, '0', this.text)) this.groups.skip()
    this.token(DIRECTIVE_END_TOKEN)
    this.tokens.setEnd(this.at)
    this.directiveLine = 0
    this.directiveNamed = false
  }

  private openParenthesis(): void {
    if (this.directiveLine === 0 && this.callable && this.callableLine < this.line) {
      for (let line = this.callableLine + 1; line <= this.line; line++) {
        if (this.lines.barriers[line] === SAFE) this.lines.barriers[line] = MACRO_CALL
      }
    }
    this.punctuator(false)
    if (this.directiveLine === 0) this.depth++
  }
}
