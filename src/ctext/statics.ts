/**
 * Static variables of functions that a text surely has one of by that name. Objects call them `count.0`, wherever the
 * function's code went; where the text declares one `count`, any `count.0` is that one.
 *
 * What is not surely no declaration counts as one: every word between `static` and the end of the statement. So a name may
 * seem to be declared twice, never once where it is twice.
 */
/** A text, with its functions' bodies taken out; each leaves `{}`. */
interface TakenApart {
  readonly around: string
  readonly bodies: readonly { readonly name: string; readonly text: string }[]
}

/** The variable's name, and the function that has it. */
export type SoleStatic = readonly [name: string, owner: string]

const STATIC = /\bstatic\b/g
const WORDS = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[A-Za-z_$][\w$]*|[{}();]/g

export function soleStatics({ around, bodies }: TakenApart): readonly SoleStatic[] {
  const owners = new Map<string, string[]>()
  const note = (words: ReadonlySet<string>, owner: string) => {
    for (const word of words) {
      const known = owners.get(word)
      if (known === undefined) owners.set(word, [owner])
      else known.push(owner)
    }
  }
  for (const { name, text } of bodies) for (const words of statements(text)) note(words, name)
  // A variable of the file may be split by the compiler, and its pieces are numbered too.
  for (const words of statements(around)) note(words, '')
  return [...owners].flatMap(([name, [owner = '', ...others]]): readonly SoleStatic[] =>
    owner === '' || others.length > 0 ? [] : [[name, owner]],
  )
}

/** For each `static` that begins no function, the words up to the end of its statement. */
function* statements(text: string): Generator<ReadonlySet<string>> {
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
    yield words
  }
}
