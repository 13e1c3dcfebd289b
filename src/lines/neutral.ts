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

import { barrierAt, directiveAt, hasCode, type LexedFile } from '../ctext/lexed.ts'
import { lex } from '../ctext/lexer.ts'
import type { TouchedFile } from '../source/model.ts'
import { type Chunk, chunksOf } from './chunks.ts'
import type { LaidLine, PlannedChunk, Sides } from './layout.ts'
import { holdsMoved } from './moved.ts'
import type { NeutralFile, NeutralizeOptions, Reformatted, UnsafeLines } from './neutral-model.ts'
import { BUG_FRAME_LIMIT, type Numbering, numberAdded } from './numbering.ts'
import type { Placement } from './place-directives.ts'
import { type Attempt, layAsIs, reformatted } from './plan.ts'
import { isEqualChunk } from './token-map.ts'
import { explainOff, explainReformat, numberingNotes } from './words.ts'

export function neutralize(file: TouchedFile, options: NeutralizeOptions): NeutralFile {
  if (file.oldPath === undefined || file.newPath === undefined) return untouched(file)
  // gcc skips a byte order mark only where it is the very first thing: it stays there, whatever comes below it.
  const [mark, oldText, newText] = [markOf(file.newText), afterMark(file.oldText), afterMark(file.newText)]
  const neutral = rewritten({ ...file, oldText, newText }, options)
  return mark === '' ? neutral : { ...neutral, text: mark + neutral.text }
}

const BYTE_ORDER_MARK = '\xef\xbb\xbf'
const markOf = (text: string) => (text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : '')
const afterMark = (text: string) => text.slice(markOf(text).length)

function rewritten(file: TouchedFile, options: NeutralizeOptions): NeutralFile {
  const sides: Sides = { old: lex(file.oldText), patched: lex(file.newText) }
  const chunks = chunksOf(file.lineMap)
  const moved = holdsMoved(chunks, sides.old, sides.patched)
  const numbering = numberAdded(chunks, { old: sides.old, limit: options.numberLimit ?? BUG_FRAME_LIMIT, moved })
  const start = chunks.map((chunk, index): PlannedChunk => {
    const equal = isEqualChunk(sides.old, sides.patched, chunk)
    return { chunk, equal, firstNumber: numbering.first[index] ?? 0, treatment: 'as-is' }
  })
  // A file that numbers its own lines stays in step only if no line moves.
  const ownNumbers = numbersItself(sides.old) || numbersItself(sides.patched)
  const isClear = !mayHaveTrigraphs(sides)
  const allowed = options.style !== 'reformat' && !ownNumbers && isClear
  const asIs = layAsIs(sides, start, allowed)
  const best = options.style === 'directive' || !isClear ? asIs : reformatted(sides, asIs, allowed)
  const edited = chunks.find((chunk, index) => start[index]?.equal === false && numbersIn(sides, chunk))
  return finish(file, { sides, numbering, options }, edited === undefined ? best : offFrom(edited, best))
}

/** Where the patch edits a file's own `#line`, what comes after has other numbers than before, whatever else is done. */
function offFrom({ newFrom }: Chunk, best: Attempt): Attempt {
  const { lines, lexed, placement } = best
  const after = lines.flatMap(({ must, patched }, index) =>
    must && patched >= newFrom && hasCode(lexed, index + 1) ? [index + 1] : [],
  )
  const off = [...new Set([...placement.off, ...after])].sort((a, b) => a - b)
  return { ...best, placement: { ...placement, off } }
}

function numbersIn({ old, patched }: Sides, { oldFrom, oldEnd, newFrom, newEnd }: Chunk): boolean {
  const isNumbered = (file: LexedFile, from: number, end: number) =>
    Array.from({ length: end - from }, (_, at) => directiveAt(file, from + at)).includes('line')
  return isNumbered(old, oldFrom, oldEnd) || isNumbered(patched, newFrom, newEnd)
}

/**
 * With -trigraphs, `??/` at a line's end is a backslash and `??=` may begin a directive; without, they are nothing. Nobody
 * says here which it is, and a directive below the one, or in a group that the other skips, would do harm.
 */
function mayHaveTrigraphs({ old, patched }: Sides): boolean {
  return [old, patched].some(({ text }) => text.includes('??/') || text.includes('??='))
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

function finish(file: TouchedFile, around: Circumstances, best: Attempt): NeutralFile {
  const { plan, lines, placement } = best
  const { numbering, options, sides } = around
  const renamed = file.kind === 'renamed' ? (options.oldName ?? file.oldPath ?? '') : undefined
  const first = renamed === undefined ? [] : [`#line 1 ${quoted(renamed)}\n`]
  const { text, origins } = written(first, lines, placement)
  const patchedBelow = nearestBelow(lines)
  const insertions = placement.directives.map(({ before: line, number }, index) => ({
    line: line + index + first.length,
    directive: `#line ${number}`,
    patched: patchedBelow[line - 1] ?? 0,
    because: lines[line - 1]?.must === false ? ('added-lines' as const) : ('keep-number' as const),
  }))
  const used = numbering.how === 'shared' || insertions.some(({ because }) => because === 'added-lines')
  const rename = { line: 1, directive: first[0]?.trimEnd() ?? '', patched: 1, because: 'renamed' as const }
  return {
    path: file.newPath ?? '',
    text,
    insertions: first.length > 0 ? [rename, ...insertions] : insertions,
    reformatted: plan.flatMap(reformatOf),
    unsafe: unsafeOf(around, best),
    numbering: used ? numbering.how : 'none',
    numbers: patchedNumbers(sides.patched.lineCount, lines, placement),
    origins,
    notes: used ? numberingNotes(numbering, sides.old.lineCount, options.numberLimit ?? BUG_FRAME_LIMIT) : [],
  }
}

function quoted(name: string): string {
  return `"${name.replace(/[\\"]/g, '\\$&')}"`
}

/** The lines with the directives between them, which are in order, and of which original line each is. */
function written(first: readonly string[], lines: readonly LaidLine[], { directives }: Placement) {
  const texts = [...first]
  // Entry 0 is unused.
  const origins = new Int32Array(1 + first.length + lines.length + directives.length)
  let next = 0
  for (const [index, { text, number, must }] of lines.entries()) {
    const directive = directives[next]
    if (directive?.before === index + 1) {
      texts.push(`#line ${directive.number}\n`)
      next++
    }
    texts.push(text)
    origins[texts.length] = must ? number : 0
  }
  return { text: texts.join(''), origins }
}

/** For each line the first patched line that stands there or below. */
function nearestBelow(lines: readonly LaidLine[]): Int32Array {
  const below = new Int32Array(lines.length)
  let nearest = 0
  for (let index = lines.length - 1; index >= 0; index--) {
    nearest = lines[index]?.patched || nearest
    below[index] = nearest
  }
  return below
}

function reformatOf({ chunk, treatment }: PlannedChunk): Reformatted[] {
  if (treatment === 'as-is') return []
  const because = explainReformat(chunk, treatment)
  return [{ how: treatment, patchedFrom: chunk.newFrom, patchedEnd: chunk.newEnd, because }]
}

/** Lines that are off, in runs with the same reason. */
function unsafeOf({ sides }: Circumstances, { lexed, lines, placement }: Attempt): UnsafeLines[] {
  const runs: UnsafeLines[] = []
  const own = placement.off.length > 0 && (numbersItself(sides.patched) || numbersItself(sides.old))
  const trigraphs = placement.off.length > 0 && mayHaveTrigraphs(sides)
  for (const line of placement.off) {
    const laid = lines[line - 1]
    if (laid === undefined) continue
    const because = laid.mixed
      ? 'joined-lines'
      : own
        ? 'own-numbers'
        : trigraphs
          ? 'trigraphs'
          : (barrierAt(lexed, line) ?? 'no-place')
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
  return { path, text: file.newText, numbers, origins: file.lineMap.toOriginal, ...none }
}
