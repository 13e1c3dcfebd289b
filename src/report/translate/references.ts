/** What in a line of a log names a place: `file.c:123`, `file.c#function+0x10/0x20 [payload]`. */

export interface Found {
  /** Characters of the log's line, `[at, end)`. */
  readonly at: number
  readonly end: number
  readonly text: string
}

export interface FoundLine extends Found {
  readonly kind: 'line'
  readonly path: string
  readonly number: number
}

export interface FoundCode extends Found {
  readonly kind: 'code'
  /** The file that scopes the name, where it is told. */
  readonly path: string | undefined
  readonly symbol: string
  readonly offset: number
  /** Xen prints sizes, and then also which payload the code is in. */
  readonly isXen: boolean
  readonly payload: string | undefined
  /** Whether it is where the processor is; else it is where a call returns to, behind the call. */
  readonly isExact: boolean
}

const LINE = /([\w./+-]*[\w+-]\.(?:[chsS]|cc|cpp|inc)):(\d{1,7})(?![\w])/g
const CODE =
  /(?:([\w./+-]+\.[chsS])#)?([A-Za-z_.][\w.]*)\+(0x[0-9a-fA-F]+|0)(?![\w])(?:(\/(?:0x[0-9a-fA-F]+|0))(?: \[([^\]\s]+)\])?)?/g
/** In Xen's dumps: the instruction pointer, the code around it, and its line of the call trace. */
const EXACT = /\b(?:[RE]?IP|PC):|\] R |\bcode around </

export function linesIn(text: string): readonly FoundLine[] {
  return [...text.matchAll(LINE)].map(match => {
    const [whole, path = '', number = ''] = match
    return { kind: 'line', at: match.index, end: match.index + whole.length, text: whole, path, number: Number(number) }
  })
}

export function codeIn(text: string): readonly FoundCode[] {
  const isExact = EXACT.test(text)
  return [...text.matchAll(CODE)].map(match => {
    const [whole, path, symbol = '', offset = '', size, payload] = match
    const at = match.index
    const isXen = size !== undefined
    return {
      kind: 'code',
      at,
      end: at + whole.length,
      text: whole,
      path,
      symbol,
      offset: Number(offset),
      isXen,
      payload,
      isExact,
    }
  })
}

/** Names that the line gives as those of functions: `f2: …`, `f2()`, `file.c#f2`, `f2+0x10`. */
export function functionsNamedIn(text: string): ReadonlySet<string> {
  const named = text.matchAll(/(?<![\w./])([A-Za-z_]\w*)(?=\(|:(?!\d)|\+0x)/g)
  const scoped = text.matchAll(/\.[chsS]#([A-Za-z_]\w*)/g)
  return new Set([...named, ...scoped].map(([, name = '']) => name))
}

/** Whether Xen tells in one of the next lines where the processor was. */
export function announcesDump(text: string): boolean {
  return /\bXen (?:BUG|WARN) at |\bAssertion .* failed at /.test(text)
}

/** The code that the processor was in, in a line of Xen's dump. */
export function processorIn(text: string): FoundCode | undefined {
  return /\b(?:RIP|PC):/.test(text) ? codeIn(text)[0] : undefined
}
