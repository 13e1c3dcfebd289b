/**
 * Whether two versions of a header differ only inside of its inline functions, told before any preprocessing. Then they
 * declare the same for every unit that reads them, and hundreds of units need not be asked one by one.
 *
 * The tempting way, to look for a brace in the first column, takes `MACRO(name) {` for a function. Here a function that
 * differs says `inline`, every branch of every `#if` keeps braces balanced, and no directive stands in what differs.
 * What macros make of a body is not known here, so callers ask the compiler about at least one unit, too.
 */
import { type Body, DECLARES, takeApartText } from './outline.ts'

/** Whether both texts surely declare the same types, prototypes and static data, around their functions and in them. */
export function declareTheSameRaw(one: string, other: string): boolean {
  const [before, after] = [plainText(one), plainText(other)]
  if (before === undefined || after === undefined || before.directives !== after.directives) return false
  const [first, second] = [takeApartText(before.text), takeApartText(after.text)]
  if (spaced(first.around) !== spaced(second.around) || first.bodies.length !== second.bodies.length) return false
  return first.bodies.every((body, at) => {
    const next = second.bodies[at]
    return next !== undefined && (body.text === next.text || (staysInside(body) && staysInside(next)))
  })
}

function spaced(text: string): string {
  return text.replace(/\s+/g, ' ')
}

function staysInside({ head, text }: Body): boolean {
  return /\binline\b|\b__inline(?:__)?\b|\balways_inline\b/.test(head) && !DECLARES.test(text) && !text.includes(MARK)
}

interface PlainText {
  /** Without comments, and with a mark for each directive. */
  readonly text: string
  readonly directives: string
}

/** Ends a head, as a directive between declarations does, and is no token of C. */
const MARK = '#;'

/** Undefined where a conditional group does not leave braces as it found them. */
function plainText(source: string): PlainText | undefined {
  const directives: string[] = []
  const lines: string[] = []
  const open: number[] = []
  let depth = 0
  for (const line of withoutComments(source.replace(/\\\r?\n/g, ' ')).split('\n')) {
    const word = /^\s*#\s*(\w*)/.exec(line)?.[1]
    lines.push(word === undefined ? line : MARK)
    if (word === undefined) {
      depth += depthOf(line)
      continue
    }
    directives.push(spaced(line))
    if (/^if/.test(word)) open.push(depth)
    else if (/^el|^endif$/.test(word)) {
      const found = word === 'endif' ? open.pop() : open.at(-1)
      if (found !== depth) return undefined
    }
  }
  return depth === 0 && open.length === 0 ? { text: lines.join('\n'), directives: directives.join('\n') } : undefined
}

const LITERALS = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g

/** By how much a line goes deeper into braces and parentheses. */
function depthOf(line: string): number {
  let depth = 0
  for (const sign of line.replace(LITERALS, '').match(/[{}()]/g) ?? []) depth += sign === '{' || sign === '(' ? 1 : -1
  return depth
}

/** A space for each comment; comments within literals are none. Newlines stay out of it: a directive ends behind them. */
function withoutComments(text: string): string {
  return text.replace(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, found =>
    found.startsWith('/') ? ' ' : found,
  )
}
