/**
 * Rewrites a touched file so that every line that did not change keeps its number (way 1).
 *
 * After an edit that adds or removes lines, a `#line` directive goes before the next line whose number matters. Where no
 * directive may stand (a macro's body, an argument list, a comment), the edit itself is laid out on as many lines as the
 * original had: its lines are joined, or empty ones are added, or, where the patch changes no token there at all, the
 * original's lines are put back. Added lines get numbers of their own (see numbering.ts).
 *
 * The compiler must see the same program. So the result's tokens are compared with the patched text's, and a rewriting
 * that is not proven equal is not used. What cannot be made neutral is listed with its reason; nothing is left off
 * silently, because a line number that moved makes an unchanged function look changed.
 *
 * It is tempting to put the original's lines back wherever tokens are equal. We do so last: a directive cannot lose an
 * edit, and a mistake in "equal" could.
 *
 * In:  a TouchedFile, unchanged.
 * Out: a NeutralFile: the text to compile, and what was done where and why.
 */
import type { TouchedFile } from '../source/model.ts'
import { chunksOf, newLines, oldLines } from './chunks.ts'
import { type LaidLine, layOut, type PlannedChunk, type Sides, type Treatment } from './layout.ts'
import { BARRIERS, directiveAt, type LexedFile } from './lexed.ts'
import { lex } from './lexer.ts'
import type { NeutralFile, NeutralizeOptions, Reformatted, UnsafeLines } from './neutral-model.ts'
import { BUG_FRAME_LIMIT, type Numbering, numberAdded } from './numbering.ts'
import { type Placement, placeDirectives } from './place-directives.ts'
import { isEqualChunk } from './token-map.ts'
import { sameTokens, wholeFile } from './tokens.ts'
import { explainOff, explainReformat, numberingNotes } from './words.ts'

export function neutralize(file: TouchedFile, options: NeutralizeOptions): NeutralFile {
  if (file.oldPath === undefined || file.newPath === undefined) return untouched(file)
  const sides: Sides = { old: lex(file.oldText), patched: lex(file.newText) }
  const chunks = chunksOf(file.lineMap)
  const numbering = numberAdded(chunks, sides.old, options.numberLimit ?? BUG_FRAME_LIMIT)
  const start = chunks.map((chunk, index): PlannedChunk => {
    const equal = isEqualChunk(sides.old, sides.patched, chunk)
    return { chunk, equal, firstNumber: numbering.first[index] ?? 0, treatment: 'as-is' }
  })
  // A file that numbers its own lines stays in step only if no line moves.
  const ownNumbers = numbersItself(sides.old) || numbersItself(sides.patched)
  const allowed = options.style !== 'reformat' && !ownNumbers
  const plan = options.style === 'directive' ? start : reformatted(sides, start, allowed)
  return finish(file, { sides, numbering, options }, attempt(sides, plan, allowed) ?? fallBack(sides, start, allowed))
}

/** One way of laying the file out, with the directives that go with it. */
interface Attempt {
  readonly plan: readonly PlannedChunk[]
  readonly lines: readonly LaidLine[]
  readonly placement: Placement
}

function attempt(sides: Sides, plan: readonly PlannedChunk[], allowed: boolean): Attempt | undefined {
  const lines = layOut(sides, plan)
  if (lines === undefined) return undefined
  const lexed = plan.every(isAsIs) ? sides.patched : lex(lines.map(line => line.text).join(''))
  if (lexed !== sides.patched && !isProven(lexed, sides, plan)) return undefined
  return { plan, lines, placement: placeDirectives(lexed, lines, allowed) }
}

const isAsIs = ({ treatment }: PlannedChunk) => treatment === 'as-is'

/** The program must be the patched one: token by token, in every part that was laid out anew. */
function isProven(lexed: LexedFile, { patched }: Sides, plan: readonly PlannedChunk[]): boolean {
  // What puts the original's lines back was already found equal, with white space judged at its place.
  if (plan.some(({ equal, treatment }) => treatment === 'restored' && !equal)) return false
  return sameTokens(lexed, wholeFile(lexed), patched, wholeFile(patched))
}

function fallBack(sides: Sides, start: readonly PlannedChunk[], allowed: boolean): Attempt {
  const lines = layOut(sides, start) ?? []
  return { plan: start, lines, placement: placeDirectives(sides.patched, lines, allowed) }
}

/** Lays chunks out anew until no line is off or nothing more can be done. */
function reformatted(sides: Sides, start: readonly PlannedChunk[], allowed: boolean): readonly PlannedChunk[] {
  let plan = start
  const given = new Set<number>()
  for (;;) {
    const current = attempt(sides, plan, allowed)
    const culprits = current === undefined ? [] : culpritsOf(current, given)
    if (culprits.length === 0) return plan
    for (const culprit of culprits) given.add(culprit)
    plan = treatAll(sides, plan, culprits)
  }
}

/** All at once, or where that cannot be done, each by itself. */
function treatAll(sides: Sides, plan: readonly PlannedChunk[], culprits: readonly number[]): readonly PlannedChunk[] {
  const together = plan.map((planned, index) => (culprits.includes(index) ? treated(planned, 0) : planned))
  if (attempt(sides, together, false) !== undefined) return together
  let done = plan
  for (const culprit of culprits) {
    for (const choice of [0, 1]) {
      const tried = done.map((planned, index) => (index === culprit ? treated(planned, choice) : planned))
      if (attempt(sides, tried, false) === undefined) continue
      done = tried
      break
    }
  }
  return done
}

/** The best way to keep a chunk's lines in step, and the next best. */
function treated(planned: PlannedChunk, choice: number): PlannedChunk {
  const { chunk, equal } = planned
  const surplus = newLines(chunk) - oldLines(chunk)
  const other: Treatment = surplus > 0 ? 'joined' : surplus < 0 ? 'padded' : 'as-is'
  return { ...planned, treatment: equal && choice === 0 ? 'restored' : other }
}

/** For each line that is off the nearest chunk above that moves lines and has not been treated. */
function culpritsOf({ plan, lines, placement }: Attempt, given: ReadonlySet<number>): readonly number[] {
  const culprits = new Set<number>()
  for (const line of placement.off) {
    const patched = patchedAtOrAbove(lines, line)
    const own = lines[line - 1]?.chunk ?? -1
    const nearest = plan.findLastIndex(({ chunk }, index) => {
      const moves = newLines(chunk) !== oldLines(chunk) || index === own
      return moves && !given.has(index) && chunk.newFrom <= patched
    })
    if (nearest >= 0) culprits.add(nearest)
  }
  return [...culprits]
}

function patchedAtOrAbove(lines: readonly LaidLine[], line: number): number {
  let at = line
  while (at > 0 && lines[at - 1]?.patched === 0) at--
  return lines[at - 1]?.patched ?? 0
}

function numbersItself(file: LexedFile): boolean {
  for (let line = 1; line <= file.lineCount; line++) if (directiveAt(file, line) === 'line') return true
  return false
}

interface Circumstances {
  readonly sides: Sides
  readonly numbering: Numbering
  readonly options: NeutralizeOptions
}

function finish(file: TouchedFile, around: Circumstances, { plan, lines, placement }: Attempt): NeutralFile {
  const { numbering, options, sides } = around
  const renamed = file.kind === 'renamed' ? (options.oldName ?? file.oldPath ?? '') : undefined
  const first = renamed === undefined ? [] : [`#line 1 ${quoted(renamed)}\n`]
  const before = new Map(placement.directives.map(({ before: line, number }) => [line, `#line ${number}\n`]))
  const text = [...first, ...lines.map((line, index) => (before.get(index + 1) ?? '') + line.text)].join('')
  const insertions = placement.directives.map(({ before: line, number }, index) => ({
    line: line + index + first.length,
    directive: `#line ${number}`,
    patched: patchedAtOrBelow(lines, line),
    because: lines[line - 1]?.must === false ? ('added-lines' as const) : ('keep-number' as const),
  }))
  const used = numbering.how === 'shared' || insertions.some(({ because }) => because === 'added-lines')
  const rename = { line: 1, directive: first[0]?.trimEnd() ?? '', patched: 1, because: 'renamed' as const }
  return {
    path: file.newPath ?? '',
    text,
    insertions: first.length > 0 ? [rename, ...insertions] : insertions,
    reformatted: plan.flatMap(reformatOf),
    unsafe: unsafeOf(around, { plan, lines, placement }),
    numbering: used ? numbering.how : 'none',
    numbers: patchedNumbers(sides.patched.lineCount, lines, placement),
    notes: used ? numberingNotes(numbering, sides.old.lineCount, options.numberLimit ?? BUG_FRAME_LIMIT) : [],
  }
}

function quoted(name: string): string {
  return `"${name.replace(/[\\"]/g, '\\$&')}"`
}

function patchedAtOrBelow(lines: readonly LaidLine[], line: number): number {
  return lines.slice(line - 1).find(laid => laid.patched > 0)?.patched ?? 0
}

function reformatOf({ chunk, treatment }: PlannedChunk): Reformatted[] {
  if (treatment === 'as-is') return []
  const because = explainReformat(chunk, treatment)
  return [{ how: treatment, patchedFrom: chunk.newFrom, patchedEnd: chunk.newEnd, because }]
}

/** Lines that are off, in runs with the same reason. */
function unsafeOf({ sides }: Circumstances, { plan, lines, placement }: Attempt): UnsafeLines[] {
  const runs: UnsafeLines[] = []
  const lexed = plan.every(isAsIs) ? sides.patched : lex(lines.map(line => line.text).join(''))
  for (const line of placement.off) {
    const laid = lines[line - 1]
    if (laid === undefined) continue
    const own = numbersItself(sides.patched) || numbersItself(sides.old)
    const because = laid.mixed
      ? 'joined-lines'
      : own
        ? 'own-numbers'
        : (BARRIERS[lexed.barriers[line] ?? 0] ?? 'no-place')
    const last = runs.at(-1)
    if (last?.because === because && last.patchedEnd === laid.patched) {
      runs[runs.length - 1] = {
        ...last,
        patchedEnd: laid.patched + 1,
        text: explainOff(because, last.patched, laid.patched),
      }
    } else {
      const text = explainOff(because, laid.patched, laid.patched)
      runs.push({ patched: laid.patched, patchedEnd: laid.patched + 1, original: laid.number, because, text })
    }
  }
  return runs
}

/** For each patched line the number that the compiler sees there. */
function patchedNumbers(count: number, lines: readonly LaidLine[], placement: Placement): Int32Array {
  const numbers = new Int32Array(count + 1)
  for (const [index, { patched }] of lines.entries()) {
    if (patched > 0) numbers[patched] = placement.numbers[index + 1] ?? 0
  }
  // Lines that were joined to the one before have its number.
  for (let line = 1; line <= count; line++) if (numbers[line] === 0) numbers[line] = numbers[line - 1] ?? 0
  return numbers
}

/** A new file is all patched code, and a removed one is not compiled. */
function untouched(file: TouchedFile): NeutralFile {
  const numbers = Int32Array.from(file.lineMap.toOriginal, (_, line) => line)
  const path = file.newPath ?? file.oldPath ?? ''
  const none = { insertions: [], reformatted: [], unsafe: [], notes: [], numbering: 'none' as const }
  return { path, text: file.newText, numbers, ...none }
}
