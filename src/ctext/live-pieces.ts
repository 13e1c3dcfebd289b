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
  /** Words outside of bodies, each with how often it stands there; heads of functions are outside. */
  readonly around: Int32Array
  /** Text before each body, and behind the last one; who only wants names never asks for it. */
  readonly between: () => readonly string[]
  readonly bodies: readonly PieceBody[]
  /** As of `typeNames`. */
  readonly types: readonly (readonly [string, readonly string[]])[]
  /** The macros that the preprocessor says were used or tested here, where it is asked. */
  readonly said: readonly string[]
}

export interface PieceBody {
  readonly name: number
  /** Whether it is nothing but a `static inline` function, and what is in it stays in it. */
  readonly isPlain: boolean
  readonly words: Int32Array
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

/** By gcc's `-dU`, macros are said where they are first used or tested. */
const SAID = /^#(?:define|undef) ([\w$\x80-\xff]+).*\n?/gm

export interface PiecesOptions {
  /** Whether lines that say which macros are used are taken out of the text, and read. */
  readonly areMacrosSaid?: boolean
}

export class Pieces {
  readonly #areMacrosSaid: boolean
  readonly #numbers = new Map<string, number>()
  /** By digest of the bytes with all lines that tell of the text; undefined where they are not closed. */
  readonly #known = new Map<string, Piece | undefined>()
  /** By digest of the text without these: macros are said at other places in each unit. */
  readonly #bare = new Map<string, Piece | undefined>()
  #kept = 0
  /** By number. */
  #words: readonly string[] | undefined

  constructor({ areMacrosSaid = false }: PiecesOptions = {}) {
    this.#areMacrosSaid = areMacrosSaid
  }

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
  of(bytes: Buffer): readonly Piece[] {
    if (this.#kept > MOST_KEPT) this.#forget()
    const whole = { bytes, text: bytes.toString('latin1') }
    const files = filesIn(whole.text)
    const pieces: Piece[] = []
    for (let at = 0; at < files.length; at++) {
      const { from = 0, end = 0 } = files[at] ?? {}
      let piece = this.#pieceOf(whole, { from, end })
      for (let joined = 1; piece === undefined && at + 1 < files.length; joined++) {
        at = joined < MOST_JOINED ? at + 1 : files.length - 1
        piece = this.#pieceOf(whole, { from, end: files[at]?.end ?? end })
      }
      if (piece !== undefined) pieces.push(piece)
    }
    return pieces
  }

  #forget(): void {
    this.#numbers.clear()
    this.#known.clear()
    this.#bare.clear()
    this.#words = undefined
    this.#kept = 0
  }

  /** The last one need not be closed. */
  #pieceOf({ bytes, text }: Whole, { from, end }: Range): Piece | undefined {
    const isLast = end === text.length
    const key = digestOf(bytes.subarray(from, end), isLast)
    if (!this.#known.has(key)) {
      const all = bytes.toString('latin1', from, end)
      const said = this.#areMacrosSaid ? [...all.matchAll(SAID)].map(([, name = '']) => name) : []
      const bare = withoutMarkers(said.length === 0 ? all : all.replace(SAID, ''))
      const piece = this.#bareOf(bare, isLast)
      this.#kept += key.length
      this.#known.set(key, piece && (said.length === 0 ? piece : { ...piece, said }))
    }
    return this.#known.get(key)
  }

  #bareOf(text: string, isLast: boolean): Piece | undefined {
    const key = digestOf(text, isLast)
    if (!this.#bare.has(key)) {
      const parts = takeApartText(text)
      const piece = parts.isClosed || isLast ? this.#taken(text, parts) : undefined
      this.#kept += piece === undefined ? key.length : text.length
      this.#bare.set(key, piece)
    }
    return this.#bare.get(key)
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
      around: counted(outside),
      between: once(() => between.map(normal)),
      bodies: bodies.map(body => ({
        name: this.numberOf(body.name),
        isPlain: isPlainInline(body) && !reachesOut(body),
        words: Int32Array.from(new Set(wordsOf(body.text)), word => this.numberOf(word)),
        text: once(() => normal(`${body.head}${body.text}`)),
        tags: tagsIn(body.head),
      })),
      types: [...typeNames(lex(around))],
      said: [],
    }
  }
}

interface Whole {
  readonly bytes: Buffer
  /** The same, one character a byte. */
  readonly text: string
}

/** `[from, end)`. */
interface Range {
  readonly from: number
  readonly end: number
}

function digestOf(text: string | Buffer, isLast: boolean): string {
  return hash('sha256', text, 'base64') + (isLast ? '.' : '')
}

/** In pairs. */
function counted(words: ReadonlyMap<number, number>): Int32Array {
  const pairs = new Int32Array(words.size * 2)
  let at = 0
  for (const [word, times] of words) {
    pairs[at++] = word
    pairs[at++] = times
  }
  return pairs
}

/** `# 12 "file" 1`: here a file begins, or (2) goes on; others stand wherever lines are left out. */
const MARKER = /^# \d+ "(?:[^"\\\n]|\\.)*"([^\n]*)$/
const MARKERS = /(?<![^\n])# \d+ "(?:[^"\\\n]|\\.)*"[^\n]*\n?/g

const withoutMarkers = (text: string) => text.replace(MARKERS, '')

const QUOTE = '"'.charCodeAt(0)

/** The text in parts at which files begin and end, without the lines that say so. */
function filesIn(text: string): readonly Range[] {
  const files: Range[] = []
  let from = 0
  for (let at = text.startsWith('# ') ? 0 : text.indexOf('\n# ') + 1; at > 0 || from === 0; ) {
    if (at === 0 && !text.startsWith('# ')) break
    const lineEnd = text.indexOf('\n', at)
    const end = lineEnd === -1 ? text.length : lineEnd
    // Where its last letter is a quote, no file begins or ends; thousands of lines are of that kind.
    const flags = text.charCodeAt(end - 1) === QUOTE ? '' : MARKER.exec(text.slice(at, end))?.[1]
    if (/^ [12]\b/.test(flags ?? '')) {
      files.push({ from, end: at })
      from = Math.min(end + 1, text.length)
    }
    at = text.indexOf('\n# ', end) + 1
  }
  files.push({ from, end: text.length })
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
