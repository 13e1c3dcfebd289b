/** What macros may make of words. */
import type { Joined } from './joined.ts'
import type { SeenFiles } from './seen.ts'

/** The words, with all macros that may become one of them, be it by way of others. */
export function becoming(files: SeenFiles, joined: Joined, words: Iterable<string>): ReadonlySet<string> {
  const all = new Set(words)
  for (const word of all) {
    for (const macro of joined.making(word)) all.add(macro)
    for (const { item } of files.having(word)) if (item.kind === 'macro' && item.body.includes(word)) all.add(item.name)
  }
  return all
}

/**
 * The words, with all that macros among them may become. Undefined where they join what may be anything, or one of the
 * words that are asked about.
 */
export function expanded(
  files: SeenFiles,
  words: Iterable<string>,
  asked: readonly string[],
): ReadonlySet<string> | undefined {
  const all = new Set(words)
  for (const word of all) {
    for (const { macro, body } of files.macros(word)) {
      for (const further of body) all.add(further)
      for (const row of macro?.joins ?? []) {
        const pattern = patternOf(row)
        if (!row.some(isTelling) || asked.some(each => pattern.test(each))) return undefined
        for (const [name] of files.allMacros()) if (pattern.test(name)) all.add(name)
      }
    }
  }
  return all
}

/** What is joined with a word of some length is known by it. */
const isTelling = (operand: string | undefined) => operand !== undefined && /^\w{3,}$/.test(operand)

function patternOf(row: readonly (string | undefined)[]): RegExp {
  return new RegExp(`^${row.map(operand => operand?.replace(/[^\w]/g, '\\$&') ?? '.*').join('')}$`)
}
