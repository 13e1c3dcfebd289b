/**
 * Preprocessed C text without the inline functions that nobody uses, their heads too: what is left decides the object.
 * Words are what they are here, after every macro, `##` and continued line, so that a use cannot hide.
 *
 * What is not surely such a function stays in the text.
 */
import { hash } from 'node:crypto'
import { type Body, takeApartText } from './outline.ts'
import { withOneBlank } from './white-space.ts'

const IS_INLINE = /(?:^|\s)(?:__)?inline(?:__)?(?=\s)/
const IS_STATIC = /(?:^|\s)static(?=\s)/
/** Attributes by which a function is kept, or another takes its name or properties. */
const KEEPS =
  /\b_*(?:used|retain|constructor|destructor|alias|weak|weakref|ifunc|externally_visible|copy|noclone|no_reorder|symver)_*\b/
/** What reaches out of a body that is never made: names that it gives other properties, and directions to the compiler. */
const REACHES_OUT = /\bextern\b|__attribute|\b_*(?:asm|noreturn|Noreturn)_*\b|\[\s*\[|#|\b_*(?:label|auto_type)__\b/

/** C++'s and GNU C's string in which nothing is escaped; or an ordinary one that ends so. */
const RAW_STRING = /(?<![\w$\x80-\xff])(?:u8|[uUL])?R"/
const SPELLED_LETTER = /\\(?:[uU][\da-fA-F]{4}|[uUN]\{)/
/** What begins with a quote and ends on its line, but for lines of directives, where a quote may be alone. */
const DIRECTIVES_AND_LITERALS = /^[ \t]*#.*$|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/gm

/** Undefined where it cannot be told which bodies are of no use. */
export function liveText(text: string): string | undefined {
  const { around, between, bodies } = takeApartText(text)
  // By such an attribute, or an own string that assembles a name, something may be used without being named.
  if (/\b_*(?:alias|weakref|ifunc|copy|symver)_*\s*\(/.test(around) || isSpelledOtherwise(text)) return undefined
  // Such a pragma gives attributes to all functions.
  if (/^[ \t]*#[ \t]*pragma[ \t]+clang[ \t]+attribute\b/m.test(text)) return undefined
  const plain = bodies.filter(isPlain)
  const used = usedNames(around, bodies, new Set(plain))
  const isPlainBody = new Set(plain)
  const left = bodies.map((body, at) => {
    const stays = used.has(body.name) || !isPlainBody.has(body) || REACHES_OUT.test(body.text)
    return `${between[at]}${stays ? `${body.head}${body.text}` : ''}`
  })
  return digest([...left, between.at(-1)].join('\n'))
}

/** Whether it has raw strings, or names in which a letter is spelled by its number. */
function isSpelledOtherwise(text: string): boolean {
  if (!RAW_STRING.test(text) && !SPELLED_LETTER.test(text)) return false
  const bare = text.replace(DIRECTIVES_AND_LITERALS, found => (/^["']/.test(found) ? '""' : found))
  return RAW_STRING.test(bare) || SPELLED_LETTER.test(bare)
}

/** A pragma before it is no part of it, and what it declares besides is others' too. */
function isPlain({ head }: Body): boolean {
  const outside = withoutLists(head)
  return IS_INLINE.test(outside) && IS_STATIC.test(outside) && !KEEPS.test(head) && !/[#{]|\[\s*\[/.test(head)
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
  for (const body of bodies) if (!plain.has(body) || REACHES_OUT.test(body.text)) add(body)
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
