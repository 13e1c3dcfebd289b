/**
 * Preprocessed C text without the inline functions that nobody uses, their heads too: what is left decides the object.
 * Words are what they are here, after every macro, `##` and continued line, so that a use cannot hide.
 *
 * What is not surely such a function stays in the text.
 */
import { hash } from 'node:crypto'
import { declaresFunction, functionTypesAmong, typeNames } from './function-declarations.ts'
import { lex } from './lexer.ts'
import { type Body, takeApartText } from './outline.ts'
import { withOneBlank } from './white-space.ts'

const IS_INLINE = /(?:^|\s)(?:__)?inline(?:__)?(?=\s)/
const IS_STATIC = /(?:^|\s)static(?=\s)/
/** Attributes by which a function is kept, or another takes its name or properties. */
const KEEPS =
  /\b_*(?:used|retain|constructor|destructor|alias|weak|weakref|ifunc|externally_visible|copy|noclone|no_reorder|symver)_*\b/
/** What reaches out of a body that is never made: names that it gives other properties, and directions to the compiler. */
const REACHES_OUT = /\bextern\b|__attribute|\b_*(?:asm|noreturn|Noreturn)_*\b|\[\s*\[|#|\b_*(?:label|auto_type)__\b/

/** Directions of which we know that no macro stands in them; some compilers expand those only later. */
const KNOWN_PRAGMA =
  /^[ \t]*#[ \t]*pragma[ \t]+(?:pack|once|STDC|GCC|clang|diagnostic|visibility|system_header|push|pop|ignored|warning|error|hidden|default|internal|protected|target|optimize|push_options|pop_options|poison|unroll|ivdep|[A-Z_]*CONTRACT|ON|OFF|DEFAULT|\d+|"[^"]*"|[(),\s])*$/
const PRAGMA = /^[ \t]*#.*$/gm

/** C++'s and GNU C's string in which nothing is escaped; or an ordinary one that ends so. */
const RAW_STRING = /(?<![\w$\x80-\xff])(?:u8|[uUL])?R"/
const SPELLED_LETTER = /\\(?:[uU][\da-fA-F]{4}|[uUN]\{)/
/** `1'000`: what stands behind the mark is no character. */
const MARKED_NUMBER = /(?<![\w$.])\.?\d[\w.]*'[\da-fA-F]/
const DIGRAPH = /<[%:]|[%:]>|%:/
const OTHERWISE = [RAW_STRING, SPELLED_LETTER, MARKED_NUMBER, DIGRAPH]
/** What begins with a quote and ends on its line, but for lines of directives, where a quote may be alone. */
const DIRECTIVES_AND_LITERALS = /^[ \t]*#.*$|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/gm

/** Undefined where it cannot be told which bodies are of no use. */
export function liveText(text: string): string | undefined {
  const { around, between, bodies } = takeApartText(text)
  // By such an attribute, or an own string that assembles a name, something may be used without being named.
  if (/\b_*(?:alias|weakref|ifunc|copy|symver)_*\s*\(/.test(around) || isSpelledOtherwise(text)) return undefined
  // Others may give attributes to all functions.
  if ((text.match(PRAGMA) ?? []).some(line => !KNOWN_PRAGMA.test(line))) return undefined
  const types = functionTypesAmong([...typeNames(lex(around))])
  const plain = new Set(bodies.filter(body => isPlain(body) && !reachesOut(body, types)))
  const used = usedNames(around, bodies, plain)
  const left = bodies.map((body, at) => {
    const stays = used.has(body.name) || !plain.has(body)
    return `${between[at]}${stays ? `${body.head}${body.text}` : tagsIn(body.head)}`
  })
  return digest([...left, between.at(-1)].join('\n'))
}

/** Whether it is spelled in a way that we do not read. */
function isSpelledOtherwise(text: string): boolean {
  if (!OTHERWISE.some(each => each.test(text))) return false
  if (MARKED_NUMBER.test(text)) return true
  const bare = text.replace(DIRECTIVES_AND_LITERALS, found => (/^["']/.test(found) ? '""' : found))
  return OTHERWISE.some(each => each.test(bare))
}

/** A pragma before it is no part of it, and what it declares besides is others' too. */
function isPlain({ head }: Body): boolean {
  const outside = withoutLists(head)
  return IS_INLINE.test(outside) && IS_STATIC.test(outside) && !KEEPS.test(head) && !/[#{]|\[\s*\[/.test(head)
}

function reachesOut({ text }: Body, types: ReadonlySet<string>): boolean {
  if (REACHES_OUT.test(text)) return true
  const file = lex(text)
  if (declaresFunction(file, 0, file.tokens.count)) return true
  return types.size > 0 && wordsOf(text).some(word => types.has(word))
}

/** What a head declares besides its function. */
function tagsIn(head: string): string {
  return (head.match(/\b(?:struct|union|enum)\s+\w+/g) ?? []).map(tag => `${tag};`).join('')
}

/** Parameters may be `static` as well. */
function withoutLists(head: string): string {
  const left = head.replace(/\([^()[\]]*\)|\[[^()[\]]*\]/g, '')
  return left === head ? head : withoutLists(left)
}

/** Names that stand anywhere but in bodies of no use; `around` has each function's own head once, which is no use. */
function usedNames(around: string, bodies: readonly Body[], plain: ReadonlySet<Body>): ReadonlySet<string> {
  const used = new Set<string>()
  const heads = new Map<string, number>()
  for (const { name } of plain) heads.set(name, (heads.get(name) ?? 0) + 1)
  const seen = new Map<string, number>()
  for (const word of wordsOf(around)) seen.set(word, (seen.get(word) ?? 0) + 1)
  for (const [word, times] of seen) if (times > (heads.get(word) ?? 0)) used.add(word)
  const add = (body: Body) => {
    for (const word of wordsOf(body.text)) used.add(word)
  }
  for (const body of bodies) if (!plain.has(body)) add(body)
  const waiting = new Set(plain)
  for (let isMore = true; isMore; ) {
    isMore = false
    for (const body of waiting) {
      if (!used.has(body.name)) continue
      waiting.delete(body)
      add(body)
      isMore = true
    }
  }
  return used
}

/** Those in strings too, which are joined where they stand beside each other. */
function wordsOf(text: string): readonly string[] {
  return text.replace(/"\s*"/g, '').match(/[\w$\x80-\xff]+/g) ?? []
}

function digest(text: string): string {
  return hash('sha256', withOneBlank(text), 'base64')
}
