/** What a macro may join with `##`, by what it has in its own text: its arguments may be anything, or nothing. */
import { isWord, type RawMacro } from '../../ctext/raw-facts.ts'

/** Undefined stands for an argument. */
type Operand = string | undefined

/** One for each row of neighbours; undefined where that may be anything, or no word at all. */
export function joinedBy(macro: RawMacro): readonly RegExp[] | undefined {
  const { body } = macro
  if (body.includes('__VA_OPT__')) return undefined
  const patterns: RegExp[] = []
  for (let at = 0; at < body.length; at++) {
    if (!isJoin(body, at)) continue
    const row = [operand(macro, at - 1)]
    for (; isJoin(body, at); at += 3) row.push(operand(macro, at + 2))
    for (const part of partsOf(row)) {
      if (part.every(each => each === undefined)) return undefined
      if (!part.every(each => each === undefined || isWord(each) || /^\d\w*$/.test(each))) return undefined
      patterns.push(new RegExp(`^${part.map(each => (each === undefined ? '.*' : escaped(each))).join('')}$`))
    }
  }
  return patterns
}

export function joins({ body }: RawMacro): boolean {
  return body.some((_, at) => isJoin(body, at))
}

function isJoin(body: readonly string[], at: number): boolean {
  return body[at] === '#' && body[at + 1] === '#'
}

function operand({ parameters, body }: RawMacro, at: number): Operand {
  const token = body[at] ?? ''
  return parameters.has(token) ? undefined : token
}

/**
 * An argument of several words is joined at both ends, so that two neighbours may be all that is joined. A comma only tells
 * that there may be no arguments behind it.
 */
function partsOf(row: readonly Operand[]): readonly (readonly Operand[])[] {
  const own = row[0] === ',' ? row.slice(1) : row
  return own.flatMap((_, from) => own.slice(from + 1).map((_, more) => own.slice(from, from + more + 2)))
}

function escaped(word: string): string {
  return word.replaceAll('$', '\\$')
}
