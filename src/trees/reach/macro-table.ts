/** All macros of some texts, whichever conditions hold, and what words may become by them. */

import { isWord, type RawFacts, type RawMacro } from '../../ctext/raw-facts.ts'
import { joinedBy, joins } from './joining.ts'

/** Words that tell a compiler something by themselves; and of what a declaration begins with. */
const TELLING =
  `extern static typedef auto register inline __inline __inline__ asm __asm __asm__ __attribute __attribute__
  __declspec _Noreturn noreturn __noreturn__ _Pragma __pragma __COUNTER__ __label__ __auto_type __extension__ typeof
  __typeof __typeof__ void char short int long float double signed unsigned __signed__ _Bool const volatile struct union
  enum __builtin_FILE __builtin_FILE_NAME __builtin_source_location __VA_OPT__`.split(/\s+/)

const OPENING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

export class MacroTable {
  readonly #byName = new Map<string, RawMacro[]>()
  readonly #asked = new Set<string>()
  readonly #askedLike = new Set<RegExp>()

  constructor(all: Iterable<RawFacts>) {
    for (const { macros } of all) for (const macro of macros) this.#add(macro)
  }

  #add(macro: RawMacro): void {
    const beside = this.#byName.get(macro.name)
    if (beside === undefined) this.#byName.set(macro.name, [macro])
    else beside.push(macro)
  }

  /** Whether somebody wanted to know about a macro of that name: no others matter to what was told. */
  isAsked(name: string): boolean {
    return this.#asked.has(name) || [...this.#askedLike].some(pattern => pattern.test(name))
  }

  /** All that a name is defined as, somewhere. */
  of(name: string): readonly RawMacro[] {
    this.#asked.add(name)
    return this.#byName.get(name) ?? []
  }

  /** All macros that the words may become, be it by way of others; undefined where words are joined to anything. */
  behind(words: Iterable<string>): readonly RawMacro[] | undefined {
    const found: RawMacro[] = []
    const names = new Set(words)
    for (const name of names) {
      for (const macro of this.of(name)) {
        const joined = joins(macro) ? this.#joinedBy(macro) : []
        if (joined === undefined) return undefined
        for (const each of joined) names.add(each)
        found.push(macro)
        for (const token of macro.body) if (isWord(token)) names.add(token)
      }
    }
    return found
  }

  /** Names of macros among what it joins. */
  #joinedBy(macro: RawMacro): readonly string[] | undefined {
    const patterns = joinedBy(macro)
    if (patterns === undefined || patterns.some(pattern => TELLING.some(word => pattern.test(word)))) return undefined
    for (const pattern of patterns) this.#askedLike.add(pattern)
    return [...this.#byName.keys()].filter(name => patterns.some(pattern => pattern.test(name)))
  }
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
