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

/** Columns of lines; entry 0 is unused, and line 1 is there from the start. */
export class LineColumns {
  readonly starts: number[] = [0, 0]
  readonly barriers: number[] = [SAFE, SAFE]
  readonly directives: number[] = [0, 0]
  private readonly depths: number[] = [0, 0]
  private readonly flags: number[] = [0, AFTER_SPACE | BEFORE_TOKENS]

  add(start: number, barrier: number, depth: number, flags: number): void {
    this.starts.push(start)
    this.barriers.push(barrier)
    this.depths.push(depth)
    this.directives.push(0)
    this.flags.push(flags)
  }

  markCode(line: number): void {
    this.flags[line] = (this.flags[line] ?? 0) | HAS_CODE
  }

  done() {
    return {
      lineStarts: Int32Array.from(this.starts),
      barriers: Uint8Array.from(this.barriers),
      depths: Int32Array.from(this.depths),
      directives: Uint8Array.from(this.directives),
      lineFlags: Uint8Array.from(this.flags),
    }
  }
}
