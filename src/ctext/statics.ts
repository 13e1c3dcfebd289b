/**
 * Static variables of functions that a text surely has one of by that name. Objects call them `count.0`, wherever the
 * function's code went; where the text declares one `count`, any `count.0` is that one.
 *
 * What is not surely no declaration counts as one: every word between `static` and the end of the statement. So a name may
 * seem to be declared twice, never once where it is twice.
 */
import { hash } from 'node:crypto'
import { withOneBlank } from './white-space.ts'

/** A text, with its functions' bodies taken out; each leaves `{}`. */
interface TakenApart {
  readonly around: string
  readonly bodies: readonly { readonly name: string; readonly text: string }[]
}

/**
 * The variable's name, the function that has it, and a digest of the block that it is declared in: whatever uses it stands
 * in there.
 */
export type SoleStatic = readonly [name: string, owner: string, block: string]

const STATIC = /\bstatic\b/g
const WORDS = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[A-Za-z_$][\w$]*|[{}();]/g

export function soleStatics({ around, bodies }: TakenApart): readonly SoleStatic[] {
  const owners = new Map<string, Owner[]>()
  const note = ({ words, at }: Declared, owner: Omit<Owner, 'at'>) => {
    for (const word of words) owners.set(word, [...(owners.get(word) ?? []), { ...owner, at }])
  }
  for (const { name, text } of bodies) for (const each of statements(text)) note(each, { name, text })
  // A variable of the file may be split by the compiler, and its pieces are numbered too.
  for (const each of statements(around)) note(each, { name: '', text: '' })
  return [...owners].flatMap(([name, [owner, ...others]]): readonly SoleStatic[] => {
    if (owner === undefined || owner.name === '' || others.length > 0) return []
    return [[name, owner.name, hash('sha256', withOneBlank(blockAround(owner.text, owner.at)), 'base64')]]
  })
}

/** Where a word is declared: the function's name and body, and the place in it. */
interface Owner {
  readonly name: string
  readonly text: string
  readonly at: number
}

/** The innermost block that a place of a body is in, with its braces. */
function blockAround(text: string, at: number): string {
  const open: number[] = []
  WORDS.lastIndex = 0
  for (let match = WORDS.exec(text); match !== null; match = WORDS.exec(text)) {
    const begin = open.at(-1) ?? 0
    if (match[0] === '{') open.push(match.index)
    if (match[0] !== '}') continue
    if (match.index > at && begin < at) return text.slice(begin, match.index + 1)
    open.pop()
  }
  return text
}

interface Declared {
  readonly words: ReadonlySet<string>
  readonly at: number
}

/** For each `static` that begins no function, the words up to the end of its statement. */
function* statements(text: string): Generator<Declared> {
  for (const match of text.matchAll(STATIC)) {
    const words = new Set<string>()
    let [braces, parens] = [0, 0]
    WORDS.lastIndex = match.index + 'static'.length
    for (let word = WORDS.exec(text)?.[0]; word !== undefined; word = WORDS.exec(text)?.[0]) {
      if (word === '{') braces++
      else if (word === '}' && --braces < 0) break
      else if (word === '(') parens++
      else if (word === ')') parens--
      else if (word === ';' && braces === 0 && parens <= 0) break
      else if (/^[A-Za-z_$]/.test(word)) words.add(word)
      // The mark for a body: this was a function's head.
      if (word === '}' && braces === 0 && text[WORDS.lastIndex - 2] === '{') {
        words.clear()
        break
      }
    }
    yield { words, at: match.index }
  }
}
