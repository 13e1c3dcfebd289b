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

/**
 * In Xen's dumps: the instruction pointer, the code around it, and its line of the call trace. Linux names where a warning
 * stands (kernel/panic.c, __warn; lib/bug.c gives it the place itself).
 */
const EXACT = /\b(?:[RE]?IP|PC):|\] R |\bcode around <|\bWARNING: CPU: \d+ PID: \d+ at /

/** Every character that a path can have, as far as such characters go; each run is looked at once, however long it is. */
const RUN = /[\w./+-]+/g
const NUMBER = /:(\d{1,7})(?!\w)/y
const C_SOURCE = /[\w+-]\.(?:[chsS]|cc|cpp|inc)$/
const LONGEST_ENDING = 5

export function linesIn(text: string): readonly FoundLine[] {
  const found: FoundLine[] = []
  let done = 0
  for (const { index, 0: run } of text.matchAll(RUN)) {
    const colon = index + run.length
    const [digits, number] = matchAt(NUMBER, text, colon) ?? []
    // What belongs to the number before is not of this path.
    const at = Math.max(index, done)
    if (digits === undefined || !C_SOURCE.test(text.slice(Math.max(at, colon - LONGEST_ENDING), colon))) continue
    done = colon + digits.length
    const path = text.slice(at, colon)
    found.push({ kind: 'line', at, end: done, text: text.slice(at, done), path, number: Number(number) })
  }
  return found
}

const OFFSET = /\+(0x[0-9a-fA-F]+|0)(?!\w)(?:(\/(?:0x[0-9a-fA-F]+|0))(?: \[([^\]\s]+)\])?)?/g
const NAMED = new RegExp(`([A-Za-z_.][\\w.]*)${OFFSET.source}`, 'y')
const SCOPE = /[\w./+-]\.[chsS]$/
const SCOPE_ENDING = 3

export function codeIn(text: string): readonly FoundCode[] {
  const isExact = EXACT.test(text)
  const runs = [...text.matchAll(RUN)].map(({ index, 0: run }) => ({ from: index, to: index + run.length }))
  const found: FoundCode[] = []
  let done = 0
  let at = 0
  for (const { index } of text.matchAll(OFFSET)) {
    if (index < done) continue
    while ((runs[at]?.to ?? text.length) <= index) at++
    const run = runs[at]
    if (run === undefined) break
    const place = named(text, { before: runs[at - 1], run, plus: index, done })
    if (place === undefined) continue
    const [whole, symbol = '', offset = '', size, payload] = place.match
    done = place.match.index + whole.length
    const path = place.path
    const isXen = size !== undefined
    const own = text.slice(place.at, done)
    const code = { path, symbol, offset: Number(offset), isXen, payload, isExact }
    found.push({ kind: 'code', at: place.at, end: done, text: own, ...code })
  }
  return found
}

interface Run {
  readonly from: number
  readonly to: number
}

interface Plus {
  readonly before: Run | undefined
  /** The run that the offset is in. */
  readonly run: Run
  /** Where the offset begins. */
  readonly plus: number
  /** Where the last place ended; nothing before it is of this one. */
  readonly done: number
}

interface Named {
  readonly at: number
  readonly path: string | undefined
  /** From the symbol on. */
  readonly match: RegExpExecArray
}

function named(text: string, { before, run, plus, done }: Plus): Named | undefined {
  // A file's name may look like a symbol and its offset, and is one only where no symbol follows.
  return scoped(text, run, done) ?? (before === undefined ? undefined : scoped(text, before, done, plus)) ?? bare()

  function bare(): Named | undefined {
    let at = plus
    while (at > Math.max(run.from, done) && /[\w.]/.test(text[at - 1] ?? '')) at--
    while (at < plus && /\d/.test(text[at] ?? '')) at++
    const match = at === plus ? null : matchAt(NAMED, text, at)
    return match === null ? undefined : { at, path: undefined, match }
  }
}

/** `file.c#symbol+0x10`, where the run is the file's name; with `plus`, where the offset is just that. */
function scoped(text: string, run: Run, done: number, plus?: number): Named | undefined {
  const at = Math.max(run.from, done)
  if (text[run.to] !== '#' || !SCOPE.test(text.slice(Math.max(at, run.to - SCOPE_ENDING), run.to))) return undefined
  const match = matchAt(NAMED, text, run.to + 1)
  if (match === null || (plus !== undefined && match.index + (match[1]?.length ?? 0) !== plus)) return undefined
  return { at, path: text.slice(at, run.to), match }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** Names that the line gives as those of functions: `f2: …`, `f2()`, `file.c#f2`, `f2+0x10`. */
export function functionsNamedIn(text: string): ReadonlySet<string> {
  const named = text.matchAll(/(?<![\w./])([A-Za-z_]\w*)(?=\(|:(?!\d)|\+0x)/g)
  const scoped = text.matchAll(/\.[chsS]#([A-Za-z_]\w*)/g)
  return new Set([...named, ...scoped].map(([, name = '']) => name))
}

/** Whether Xen tells in one of the next lines where the processor was. */
export function announcesDump(text: string): boolean {
  if (/\bXen (?:BUG|WARN) at /.test(text)) return true
  const assertion = text.search(/\bAssertion /)
  return assertion !== -1 && text.includes(' failed at ', assertion + 'Assertion '.length)
}

/** The code that the processor was in, in a line of Xen's dump. */
export function processorIn(text: string): FoundCode | undefined {
  return /\b(?:RIP|PC):/.test(text) ? codeIn(text)[0] : undefined
}
