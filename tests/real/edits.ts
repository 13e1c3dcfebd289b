/** Edits of real sources, drawn by seed: small changes of what a line does, and things that come with a fix. */
import type { draws } from '../support/harmless.ts'

type Draw = ReturnType<typeof draws>

export interface RealEdit {
  readonly kind: string
  readonly file: string
  /** Of the original's. */
  readonly line: number
  readonly text: string
}

/** A line of a function's body → the line in its place; undefined where there is nothing of the kind. */
type Exchange = (line: string) => string | undefined

const exchange =
  (from: RegExp, to: string): Exchange =>
  line =>
    from.test(line) ? line.replace(from, to) : undefined

const FUNCTION = 'hotsplice_note'
const EXCHANGES: readonly (readonly [kind: string, exchange: Exchange])[] = [
  [
    'number',
    line =>
      /[^\w."](\d{1,4})\b(?![.\w"])/.test(line)
        ? line.replace(/([^\w."])(\d{1,4})\b(?![.\w"])/, (_, before, number) => `${before}${Number(number) + 1}`)
        : undefined,
  ],
  ['less', exchange(/ < (?!<)/, ' <= ')],
  ['more', exchange(/ > (?!>)/, ' >= ')],
  ['equal', exchange(/ == /, ' != ')],
  ['unequal', exchange(/ != /, ' == ')],
  ['plus', exchange(/ \+ /, ' - ')],
  ['minus', exchange(/ - /, ' + ')],
  ['and', exchange(/ && /, ' || ')],
  ['or', exchange(/ \|\| /, ' && ')],
  ['not', exchange(/if \(!/, 'if (')],
  ['text', exchange(/"([a-z])/i, '"~$1')],
  ['gone', exchange(/^(\s+)\w[\w>.-]*\(.*\);\s*$/, '$1;')],
  ['counted', exchange(/^(\s+)return\b(.*;)\s*$/, '$1{ static unsigned times; times++; if (times > 0) return$2 }')],
  ['called', exchange(/^(\s+)return\b(.*;)\s*$/, `$1{ ${FUNCTION}(); return$2 }`)],
]

const HELPER = `static __attribute__((noinline)) void ${FUNCTION}(void) { static volatile unsigned times; times++; }`
const INCLUDE = /^#\s*include/
/** A statement or condition on a line of its own; no macro, comment or declaration of several lines. */
const STATEMENT = /^\s+(?!\*|\/|case\b|#)\S.*[;{]\s*$/

/**
 * Draws one, of the lines that `isWanted`; half of them with lines that move before it. Undefined where the kind that was drawn
 * is nowhere.
 */
export function drawRealEdit(draw: Draw, file: string, text: string): RealEdit | undefined {
  const lines = text.split('\n')
  const found = EXCHANGES[draw(EXCHANGES.length)]
  if (found === undefined) return undefined
  const [kind, change] = found
  const places = lines.flatMap((line, at) => {
    const isWhole = STATEMENT.test(line) && !/\\|\/\*/.test(line) && !lines[at - 1]?.endsWith('\\')
    const next = isWhole ? change(line) : undefined
    return next === undefined || next === line ? [] : [{ at, next }]
  })
  if (places.length === 0) return undefined
  const place = places[draw(places.length)]
  if (place === undefined) return undefined
  const edited = lines.with(place.at, place.next)
  // An include that stands between #if and #endif may not be read.
  const head = lines.findLastIndex((line, at) => at < place.at && INCLUDE.test(line) && depthAt(lines, at) === 0) + 1
  edited.splice(head, 0, ...(kind === 'called' ? [HELPER] : []), ...(draw(2) === 0 ? ['/* moved */', ''] : []))
  return { kind, file, line: place.at + 1, text: edited.join('\n') }
}

const depthAt = (lines: readonly string[], end: number): number =>
  lines.slice(0, end).reduce((depth, line) => depth + (/^#\s*if/.test(line) ? 1 : /^#\s*endif/.test(line) ? -1 : 0), 0)
