/**
 * Preprocessed C text in pieces that each begin and end where nothing is open, mostly what one header says. Hundreds of units
 * read the same headers, so that each piece is looked at once.
 */

import { hash } from 'node:crypto'
import { once } from '../base/once.ts'
import { declaresFunction, typeNames } from './function-declarations.ts'
import { lex } from './lexer.ts'
import { isPlainInline } from './live-heads.ts'
import { type Body, type Parts, takeApartText } from './outline.ts'
import { LITERALS_AND_SPACE } from './white-space.ts'

export interface Piece {
  /** Whether it is spelled in a way that we read. */
  readonly isTold: boolean
  /** Words outside of bodies, as often as they stand there; heads of functions are outside. */
  readonly around: ReadonlyMap<number, number>
  /** Text before each body, and behind the last one; who only wants names never asks for it. */
  readonly between: () => readonly string[]
  readonly bodies: readonly PieceBody[]
  /** As of `typeNames`. */
  readonly types: readonly (readonly [string, readonly string[]])[]
}

export interface PieceBody {
  readonly name: number
  /** Whether it is nothing but a `static inline` function, and what is in it stays in it. */
  readonly isPlain: boolean
  readonly words: readonly number[]
  readonly text: () => string
  /** What its head declares besides. */
  readonly tags: string
}

/** By an attribute, whose string assembles a name maybe, something may be used without being named. */
const USES_UNNAMED = /\b_*(?:alias|weakref|ifunc|copy|symver)_*\s*\(/
/** What reaches out of a body that is never made: names that it gives other properties, and directions to the compiler. */
const REACHES_OUT = /\bextern\b|__attribute|\b_*(?:asm|noreturn|Noreturn)_*\b|\[\s*\[|#|\b_*(?:label|auto_type)__\b/

/** Directions of which we know that no macro stands in them; some compilers expand those only later. */
const KNOWN_PRAGMA =
  /^[ \t]*#[ \t]*pragma[ \t]+(?:pack|once|STDC|GCC|clang|diagnostic|visibility|system_header|push|pop|ignored|warning|error|hidden|default|internal|protected|target|optimize|push_options|pop_options|poison|unroll|ivdep|[A-Z_]*CONTRACT|ON|OFF|DEFAULT|\d+|"[^"]*"|[(),\s])*$/
const PRAGMA = /^[ \t]*#.*$/gm

/** What tells the text where it stands: lines that say so are left away. */
const TELLS_FILE = /\b__builtin_(?:FILE(?:_NAME)?|source_location)\b/

const BUILTIN = '__builtin_'
const ESCAPED = /\\(?:x([\da-fA-F]+)|([0-7]{1,3})|.)/gs

/** C++'s and GNU C's string in which nothing is escaped; or an ordinary one that ends so. */
const RAW_STRING = /(?<![\w$\x80-\xff])(?:u8|[uUL])?R"/
const SPELLED_LETTER = /\\(?:[uU][\da-fA-F]{4}|[uUN]\{)/
/** `1'000`: what stands behind the mark is no character. */
const MARKED_NUMBER = /(?<![\w$.])\.?\d[\w.]*'[\da-fA-F]/
const DIGRAPH = /<[%:]|[%:]>|%:/
const OTHERWISE = [RAW_STRING, SPELLED_LETTER, MARKED_NUMBER, DIGRAPH]
/** What begins with a quote and ends on its line, but for lines of directives, where a quote may be alone. */
const DIRECTIVES_AND_LITERALS = /^[ \t]*#.*$|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/gm

/** Text that is remembered, in characters: what it becomes takes about three times as much. */
const MOST_KEPT = 40_000_000
/** A file that is included inside of something ends there, mostly. */
const MOST_JOINED = 8

export class Pieces {
  readonly #numbers = new Map<string, number>()
  /** By digest of its text; undefined where it is not closed. */
  readonly #known = new Map<string, Piece | undefined>()
  #kept = 0
  /** By number. */
  #words: readonly string[] | undefined

  /** How many words have a number. */
  get words(): number {
    return this.#numbers.size
  }

  numberOf(word: string): number {
    const known = this.#numbers.get(word) ?? this.#numbers.size
    if (known === this.#numbers.size) this.#numbers.set(word, known)
    return known
  }

  wordOf(number: number): string {
    this.#words ??= [...this.#numbers.keys()]
    if (this.#words.length < this.#numbers.size) this.#words = [...this.#numbers.keys()]
    return this.#words[number] ?? ''
  }

  /** Lines that only tell where the text is from are left away. */
  of(text: string): readonly Piece[] {
    if (this.#kept > MOST_KEPT) this.#forget()
    const files = byFiles(text)
    const pieces: Piece[] = []
    for (let at = 0; at < files.length; ) {
      let part = files[at++] ?? ''
      let piece = this.#pieceOf(part, at === files.length)
      for (let joined = 1; piece === undefined && at < files.length; joined++) {
        const end = joined < MOST_JOINED ? at + 1 : files.length
        part += files.slice(at, end).join('')
        at = end
        piece = this.#pieceOf(part, at === files.length)
      }
      if (piece !== undefined) pieces.push(piece)
    }
    return pieces
  }

  #forget(): void {
    this.#numbers.clear()
    this.#known.clear()
    this.#words = undefined
    this.#kept = 0
  }

  /** The last one need not be closed. */
  #pieceOf(text: string, isLast: boolean): Piece | undefined {
    const key = hash('sha256', text, 'base64') + (isLast ? '.' : '')
    if (!this.#known.has(key)) {
      const parts = takeApartText(text)
      const piece = parts.isClosed || isLast ? this.#taken(text, parts) : undefined
      this.#kept += piece === undefined ? key.length : text.length
      this.#known.set(key, piece)
    }
    return this.#known.get(key)
  }

  #taken(text: string, { around, between, bodies }: Parts): Piece {
    const outside = new Map<number, number>()
    for (const word of wordsOf(around)) {
      const number = this.numberOf(word)
      outside.set(number, (outside.get(number) ?? 0) + 1)
    }
    const isKnown = (text.match(PRAGMA) ?? []).every(line => KNOWN_PRAGMA.test(line))
    return {
      isTold: isKnown && !USES_UNNAMED.test(around) && !TELLS_FILE.test(text) && !isSpelledOtherwise(text),
      around: outside,
      between: once(() => between.map(normal)),
      bodies: bodies.map(body => ({
        name: this.numberOf(body.name),
        isPlain: isPlainInline(body) && !reachesOut(body),
        words: [...new Set(wordsOf(body.text))].map(word => this.numberOf(word)),
        text: once(() => normal(`${body.head}${body.text}`)),
        tags: tagsIn(body.head),
      })),
      types: [...typeNames(lex(around))],
    }
  }
}

/** `# 12 "file" 1`: here a file begins, or (2) goes on; others stand wherever lines are left out. */
const MARKER = /^# \d+ "(?:[^"\\\n]|\\.)*"([^\n]*)$/

/** The text in parts at which files begin and end, without the lines that say so. */
function byFiles(text: string): readonly string[] {
  const files: string[] = []
  let part: string[] = []
  let from = 0
  for (let at = text.startsWith('# ') ? 0 : text.indexOf('\n# ') + 1; at > 0 || from === 0; ) {
    if (at === 0 && !text.startsWith('# ')) break
    const lineEnd = text.indexOf('\n', at)
    const end = lineEnd === -1 ? text.length : lineEnd + 1
    const marker = MARKER.exec(text.slice(at, lineEnd === -1 ? end : lineEnd))
    if (marker !== null) {
      part.push(text.slice(from, at))
      from = end
      if (/^ [12]\b/.test(marker[1] ?? '')) {
        files.push(part.join(''))
        part = []
      }
    }
    at = text.indexOf('\n# ', end - 1) + 1
  }
  files.push([...part, text.slice(from)].join(''))
  return files
}

/** Whether it is spelled in a way that we do not read. */
function isSpelledOtherwise(text: string): boolean {
  if (!OTHERWISE.some(each => each.test(text))) return false
  if (MARKED_NUMBER.test(text)) return true
  const bare = text.replace(DIRECTIVES_AND_LITERALS, found => (/^["']/.test(found) ? '""' : found))
  return OTHERWISE.some(each => each.test(bare))
}

function reachesOut({ text }: Body): boolean {
  if (REACHES_OUT.test(text)) return true
  const file = lex(text)
  return declaresFunction(file, 0, file.tokens.count)
}

/** What a head declares besides its function. */
function tagsIn(head: string): string {
  return (head.match(/\b(?:struct|union|enum)\s+[\w$\x80-\xff]+/g) ?? []).map(tag => `${tag};`).join('')
}

/** Those in strings too, which are joined where they stand beside each other; `__builtin_memcmp` may be `memcmp`. */
function wordsOf(text: string): readonly string[] {
  const bare = text.includes('\\') ? text.replace(ESCAPED, unescaped) : text
  const words: readonly string[] = bare.replace(/"\s*"/g, '').match(/[\w$\x80-\xff]+/g) ?? []
  const built = words.filter(word => word.startsWith(BUILTIN)).map(word => word.slice(BUILTIN.length))
  return built.length === 0 ? words : words.concat(built)
}

/** What may be part of a word; anything else is between words. */
function unescaped(_: string, hexadecimal?: string, octal?: string): string {
  const letter = String.fromCharCode(Number.parseInt(hexadecimal ?? octal ?? '0', octal === undefined ? 16 : 8))
  return /[\w$]/.test(letter) ? letter : ' '
}

/** The same for texts that differ in white space only, wherever they are cut between tokens. */
function normal(text: string): string {
  const spaced = text.replace(LITERALS_AND_SPACE, found => {
    if (found.includes('#') && /^[ \t]*#/.test(found)) return `${found}\n`
    return /^\s/.test(found) ? '\n' : found
  })
  return spaced.replace(/\n+/g, '\n').replace(/^\n|\n$/g, '')
}
