/**
 * Where `#line` must stand so that every line that did not change has its number.
 *
 * We walk down the file and keep, for what the preprocessor may have seen so far, by how much its count differs from our
 * lines. That is more than one possibility behind `#endif`: a directive in a group that was skipped was ignored, but still
 * is a line. Where a line's number matters and not every possibility gives it, a directive goes before it, or before the
 * empty lines above it if nothing may stand directly before it. So a directive appears exactly where one is needed, also
 * behind the `#else` and `#endif` of every group with an edit inside.
 *
 * Lines without code, and directives (a macro's body takes the number of the place that uses it), need no number.
 *
 * In:  lines with the number each should have; their text as the lexer sees it.
 * Out: the directives, and the lines that would still be off.
 */
import { directiveAt, hasCode, isSkipped, type LexedFile, SAFE } from '../ctext/lexed.ts'

/** A line that knows its number. */
export interface NumberedLine {
  readonly number: number
  readonly must: boolean
  readonly mixed: boolean
}

export interface PlacedDirective {
  /** The line that it stands before. */
  readonly before: number
  /** The number that it gives that line. */
  readonly number: number
}

export interface Placement {
  readonly directives: readonly PlacedDirective[]
  /** Lines that get another number than they must have. */
  readonly off: readonly number[]
  /** For each line (entry 0 unused) the number it gets; where ways through `#if` differ, that of one of them. */
  readonly numbers: Int32Array
}

export function placeDirectives(file: LexedFile, lines: readonly NumberedLine[], allowed: boolean): Placement {
  const walk = new Walk()
  const directives: PlacedDirective[] = []
  const off: number[] = []
  const numbers = new Int32Array(lines.length + 1)
  for (const [index, wanted] of lines.entries()) {
    const line = index + 1
    const matters = wanted.number > 0 && hasCode(file, line) && !isSkipped(file, line)
    if (matters && !walk.gives(line, wanted.number)) {
      const before = allowed ? placeFor(file, line, wanted.number) : undefined
      if (before !== undefined) {
        directives.push({ before, number: wanted.number - (line - before) })
        walk.set(line, wanted.number)
      }
    }
    if (matters && (wanted.mixed || (wanted.must && !walk.gives(line, wanted.number)))) off.push(line)
    numbers[line] = walk.numberOf(line, wanted.number)
    walk.pass(directiveAt(file, line))
  }
  return { directives, off, numbers }
}

/** The nearest place at or above the line from which nothing that counts lies in between. */
function placeFor(file: LexedFile, line: number, number: number): number | undefined {
  for (let place = line; place >= 1 && number - (line - place) >= 1; place--) {
    if (file.barriers[place] === SAFE) return place
    const above = place - 1
    const kind = directiveAt(file, above)
    if (hasCode(file, above) || (kind !== undefined && kind !== 'other')) return undefined
  }
  return undefined
}

/** By how much the preprocessor's count may differ from ours, along all ways through `#if`. */
class Walk {
  private ways: readonly number[] = [0]
  private placed = 0
  private readonly groups: Group[] = []

  gives(line: number, number: number): boolean {
    return this.ways.every(way => line + way === number)
  }

  set(line: number, number: number): void {
    this.ways = [number - line]
    this.placed++
  }

  numberOf(line: number, wanted: number): number {
    return this.ways.some(way => line + way === wanted) ? wanted : line + (this.ways[0] ?? 0)
  }

  pass(kind: ReturnType<typeof directiveAt>): void {
    if (kind === 'if') this.groups.push({ before: this.now(), ends: [], hasElse: false })
    if (kind !== 'elif' && kind !== 'else' && kind !== 'endif') return
    const group = this.groups.at(-1)
    if (group === undefined) return
    group.ends.push(this.now())
    group.hasElse ||= kind === 'else'
    if (kind !== 'endif') {
      this.ways = this.skippedTo(group.before)
      return
    }
    this.groups.pop()
    const through = group.hasElse ? group.ends : [...group.ends, group.before]
    this.ways = [...new Set(through.flatMap(point => this.skippedTo(point)))]
  }

  private now(): Point {
    return { ways: this.ways, placed: this.placed }
  }

  /** What holds here if all from that point to here was skipped: directives were ignored, but counted as lines. */
  private skippedTo({ ways, placed }: Point): readonly number[] {
    return ways.map(way => way + this.placed - placed)
  }
}

interface Point {
  readonly ways: readonly number[]
  readonly placed: number
}

interface Group {
  readonly before: Point
  readonly ends: Point[]
  hasElse: boolean
}
