/** All macros of some texts, whichever conditions hold, and what words may become by them. */
import { isWord, type RawFacts, type RawMacro } from '../../ctext/raw-facts.ts'

const OPENING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

export class MacroTable {
  readonly #byName = new Map<string, RawMacro[]>()

  constructor(all: Iterable<RawFacts>) {
    for (const { macros } of all) for (const macro of macros) this.#add(macro)
  }

  #add(macro: RawMacro): void {
    const beside = this.#byName.get(macro.name)
    if (beside === undefined) this.#byName.set(macro.name, [macro])
    else beside.push(macro)
  }

  /** All that a name is defined as, somewhere. */
  of(name: string): readonly RawMacro[] {
    return this.#byName.get(name) ?? []
  }

  /** All macros that the words may become, be it by way of others; undefined where one of them joins words to another. */
  behind(words: Iterable<string>): readonly RawMacro[] | undefined {
    const found: RawMacro[] = []
    const names = new Set(words)
    for (const name of names) {
      for (const macro of this.of(name)) {
        if (joins(macro)) return undefined
        found.push(macro)
        for (const token of macro.body) if (isWord(token)) names.add(token)
      }
    }
    return found
  }
}

function joins({ body }: RawMacro): boolean {
  return body.some((token, at) => token === '#' && body[at + 1] === '#')
}

/** Whether what the tokens open they close; a comma in braces may divide them between two arguments of a macro. */
export function isWhole(tokens: readonly string[], isArgument: boolean): boolean {
  const open: string[] = []
  for (const token of tokens) {
    const closing = OPENING[token]
    if (closing !== undefined) open.push(closing)
    else if (token === ')' || token === ']' || token === '}') {
      if (open.pop() !== token) return false
    } else if (token === ',' && /[\]}]/.test(open.at(-1) ?? '') && (isArgument || open.includes(')'))) return false
  }
  return open.length === 0
}
