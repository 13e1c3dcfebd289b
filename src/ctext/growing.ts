import { AFTER_SPACE, BEFORE_TOKENS, HAS_CODE, SAFE, TOKEN_KINDS, type Tokens } from './lexed.ts'

/** Columns of tokens that grow; plain arrays of objects would cost more than the lexing itself. */
export class TokenColumns {
  count = 0
  private room: number
  private kinds: Uint8Array
  private flags: Uint8Array
  private lines: Int32Array
  private starts: Int32Array
  private ends: Int32Array

  constructor(room: number) {
    this.room = room
    this.kinds = new Uint8Array(room)
    this.flags = new Uint8Array(room)
    this.lines = new Int32Array(room)
    this.starts = new Int32Array(room)
    this.ends = new Int32Array(room)
  }

  /** Adds a token whose end is not known yet. */
  add(kind: number, flags: number, line: number, start: number): void {
    if (this.count === this.room) this.grow()
    this.kinds[this.count] = kind
    this.flags[this.count] = flags
    this.lines[this.count] = line
    this.starts[this.count] = start
    this.count++
  }

  setEnd(end: number): void {
    this.ends[this.count - 1] = end
  }

  isLast(kind: number, text: string, source: string): boolean {
    const last = this.count - 1
    return this.kinds[last] === kind && source.slice(this.starts[last], this.ends[last]) === text
  }

  /** Index of the token that opened the directive the last token belongs to. */
  directiveStart(): number {
    let at = this.count - 1
    while (at > 0 && this.kinds[at] !== DIRECTIVE_TOKEN) at--
    return at
  }

  done(): Tokens {
    const { count } = this
    return {
      count,
      kinds: this.kinds.subarray(0, count),
      flags: this.flags.subarray(0, count),
      lines: this.lines.subarray(0, count),
      starts: this.starts.subarray(0, count),
      ends: this.ends.subarray(0, count),
    }
  }

  private grow(): void {
    this.room *= 2
    this.kinds = widened(this.kinds, new Uint8Array(this.room))
    this.flags = widened(this.flags, new Uint8Array(this.room))
    this.lines = widened(this.lines, new Int32Array(this.room))
    this.starts = widened(this.starts, new Int32Array(this.room))
    this.ends = widened(this.ends, new Int32Array(this.room))
  }
}

const DIRECTIVE_TOKEN = TOKEN_KINDS.indexOf('directive')

function widened<Column extends Uint8Array | Int32Array>(from: Column, to: Column): Column {
  to.set(from)
  return to
}

/** Columns of lines, as many as the text can have; entry 0 is unused, and line 1 is there from the start. */
export class LineColumns {
  readonly starts: Int32Array
  readonly barriers: Uint8Array
  readonly directives: Uint8Array
  private count = 2
  private readonly depths: Int32Array
  private readonly flags: Uint8Array

  constructor(text: string) {
    // Both before the first line and behind the last.
    const room = 3 + newlinesOf(text)
    this.starts = new Int32Array(room)
    this.barriers = new Uint8Array(room).fill(SAFE)
    this.directives = new Uint8Array(room)
    this.depths = new Int32Array(room)
    this.flags = new Uint8Array(room)
    this.flags[1] = AFTER_SPACE | BEFORE_TOKENS
  }

  add(start: number, barrier: number, depth: number, flags: number): void {
    this.starts[this.count] = start
    this.barriers[this.count] = barrier
    this.depths[this.count] = depth
    this.flags[this.count] = flags
    this.count++
  }

  markCode(line: number): void {
    this.flags[line] = (this.flags[line] ?? 0) | HAS_CODE
  }

  done() {
    const { count } = this
    return {
      lineStarts: this.starts.subarray(0, count),
      barriers: this.barriers.subarray(0, count),
      depths: this.depths.subarray(0, count),
      directives: this.directives.subarray(0, count),
      lineFlags: this.flags.subarray(0, count),
    }
  }
}

function newlinesOf(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++
  return count
}
