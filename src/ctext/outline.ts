/**
 * Preprocessed C text in two parts: bodies of functions, and everything around them. Types, prototypes and static data
 * are declared around them, so that two texts whose surroundings are equal declare the same.
 *
 * What is not surely a body counts as surroundings: then a difference in it costs a compile, and hides nothing.
 */
import { hash } from 'node:crypto'
import { type SoleStatic, soleStatics } from './statics.ts'
import { withOneBlank } from './white-space.ts'

export interface Body {
  /** The function's name. */
  readonly name: string
  /** What stands before its braces, back to the end of what came before. */
  readonly head: string
  /** With its braces. */
  readonly text: string
}

export interface Parts {
  /** Everything else, with `{}` for each body. */
  readonly around: string
  /** By body, in the same order: what stands before its head, since the body before. */
  readonly between: readonly string[]
  readonly bodies: readonly Body[]
  /** Whether it ends where nothing has begun, so that what follows it can be taken apart by itself. */
  readonly isClosed: boolean
}

const NOTABLE = /["'{}();]/g

/** Takes a preprocessed text (no comments, no directives but #pragma) apart. */
export function takeApartText(text: string): Parts {
  const bodies: Body[] = []
  const around: string[] = []
  const between: string[] = []
  let [from, head, braces, parens] = [0, 0, 0, 0]
  let bodyAt = -1
  let name: string | undefined
  NOTABLE.lastIndex = 0
  for (let match = NOTABLE.exec(text); match !== null; match = NOTABLE.exec(text)) {
    const at = match.index
    const sign = text[at]
    if (sign === '"' || sign === "'") NOTABLE.lastIndex = endOfLiteral(text, at)
    else if (sign === '(') parens++
    else if (sign === ')') parens--
    else if (sign === '{' && braces++ === 0 && parens === 0) {
      name = functionNamed(text.slice(head, at))
      if (name !== undefined) bodyAt = at
    } else if (sign === '}' && --braces === 0 && parens === 0) {
      if (name !== undefined) {
        bodies.push({ name, head: text.slice(head, bodyAt), text: text.slice(bodyAt, at + 1) })
        between.push(text.slice(from, head))
        around.push(text.slice(from, bodyAt), '{}')
        from = at + 1
        head = from
      }
      name = undefined
    } else if (sign === ';' && braces === 0 && parens === 0) head = at + 1
  }
  // What does not close is nothing that we understand.
  if (braces !== 0 || parens !== 0) return { around: text, between: [text], bodies: [], isClosed: false }
  around.push(text.slice(from))
  const isClosed = text.slice(head).trim() === ''
  return { around: around.join(''), between: [...between, text.slice(from)], bodies, isClosed }
}

function endOfLiteral(text: string, at: number): number {
  const quote = text[at]
  for (let next = at + 1; next < text.length; next++) {
    if (text[next] === '\\') next++
    else if (text[next] === quote || text[next] === '\n') return next + 1
  }
  return text.length
}

/** Words that take a list in parentheses and are no function's name. */
const NO_NAMES = /\b(?:__attribute__|__attribute|__asm__|__asm|asm|_Alignas|__typeof__|__typeof|typeof)\b\s*@/g

/** The name of the function that a head, up to its `{`, defines; undefined where it is not surely one. */
function functionNamed(head: string): string | undefined {
  if (!/\)\s*$/.test(head)) return undefined
  // Every list in parentheses becomes a mark, and attributes go: what is left of an aggregate has no list then.
  let plain = head.replace(/^\s*#.*$|"(?:\\.|[^"\\])*"/gm, '')
  for (let before = ''; before !== plain; ) {
    before = plain
    plain = plain.replace(/\([^()]*\)/g, '@')
  }
  plain = plain.replace(NO_NAMES, '')
  if (/[={}]|\btypedef\b/.test(plain)) return undefined
  return /([\w$\u0080-\uffff]+)\s*@\s*$/.exec(plain)?.[1]
}

/** What decides whether two texts can declare different things. */
export interface Outline {
  readonly around: string
  readonly bodies: readonly BodyOutline[]
  /** Undefined in those that were kept by an earlier version. */
  readonly statics?: readonly SoleStatic[]
}

interface BodyOutline {
  readonly digest: string
  /** It declares no types and no static data, so that whatever changes in it stays in it. */
  readonly simple: boolean
}

/** Declares a type inside a function, or static data. */
export const DECLARES = /\b(?:struct|union|enum|class)\b[^;{}=]*\{|\b(?:typedef|static|extern)\b/

/** A closure of C++, whose type is declared where it stands: brackets that are no index and no designator. */
const CLOSURE = /(?:(?<![\w$)\]]\s*)|(?<=\breturn\s*))\[(?:[^\][]|\[[^\][]*\])*\]\s*(?:[({<]|->|mutable\b|noexcept\b)/

const declares = (text: string) => DECLARES.test(text) || CLOSURE.test(text)

export function outlineOf(text: string): Outline {
  const parts = takeApartText(text)
  const { around, bodies } = parts
  return {
    around: digest(around),
    bodies: bodies.map(body => ({ digest: digest(body.text), simple: !declares(body.text) })),
    statics: soleStatics(parts),
  }
}

/** Whether both texts surely declare the same types, prototypes and static data. */
export function declareTheSame(one: Outline, other: Outline): boolean {
  if (one.around !== other.around || one.bodies.length !== other.bodies.length) return false
  return one.bodies.every((body, at) => {
    const second = other.bodies[at]
    return second !== undefined && (body.digest === second.digest || (body.simple && second.simple))
  })
}

function digest(text: string): string {
  return hash('sha256', withOneBlank(text), 'base64')
}
