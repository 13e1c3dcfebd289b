/**
 * Makes sense of the bytes on the machine's serial line: the system's lines, and our guest's among them.
 *
 * Nothing here trusts the other side: a payload may print anything, print without end or without line
 * ends. So memory is bounded, and a line of ours may start in the middle of one that the system left unfinished.
 */
import type { Signs } from './board.ts'
import type { Downfall } from './model.ts'

/** What a piece of console output turned out to be. */
export type ConsoleEvent =
  | { readonly kind: 'line'; readonly text: string }
  /** Where the memory is that is shared, for a guest that finds it itself. */
  | { readonly kind: 'mailbox'; readonly page: number }
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly request: number }
  | { readonly kind: 'lost'; readonly why: string }

const LONGEST_LINE = 1000

const OURS = /@hotsplice (?:(ready)|done (\d{1,10})|mailbox (\d{1,10})|lost: (.*))$/

/** Cuts a stream of bytes into events; feed it whatever arrives. */
export function createConsoleReader(): (chunk: Uint8Array) => ConsoleEvent[] {
  let rest = ''
  return chunk => {
    const events: ConsoleEvent[] = []
    const pieces = (rest + Buffer.from(chunk).toString('latin1')).split('\n')
    rest = pieces.pop() ?? ''
    for (const piece of pieces) events.push(...eventsOf(piece))
    if (rest.length > LONGEST_LINE) {
      events.push({ kind: 'line', text: printable(rest) })
      rest = ''
    }
    return events
  }
}

function eventsOf(piece: string): ConsoleEvent[] {
  const line = piece.replace(/\r/g, '')
  const ours = OURS.exec(line)
  if (ours === null) return [{ kind: 'line', text: printable(line) }]
  const before = printable(line.slice(0, ours.index))
  const events: ConsoleEvent[] = before.trim() === '' ? [] : [{ kind: 'line', text: before }]
  if (ours[1] !== undefined) events.push({ kind: 'ready' })
  else if (ours[2] !== undefined) events.push({ kind: 'done', request: Number(ours[2]) })
  else if (ours[3] !== undefined) events.push({ kind: 'mailbox', page: Number(ours[3]) })
  else events.push({ kind: 'lost', why: printable(ours[4] ?? '') })
  return events
}

/** Without bytes that would do things to a terminal, and not longer than we keep. */
function printable(text: string): string {
  const clean = text.replace(/[^\t\x20-\x7e]/g, '?')
  return clean.length > LONGEST_LINE ? `${clean.slice(0, LONGEST_LINE)}…` : clean
}

/** What the line says of the system: that it goes down, or stands still. */
export function downfallIn(line: string, { crash, hang }: Signs): Downfall['kind'] | undefined {
  if (crash.some(sign => sign.test(line))) return 'crashed'
  return hang.some(sign => sign.test(line)) ? 'hung' : undefined
}

/** Whether nothing worth waiting for comes after this line. */
export const isLastWord = (line: string, { lastWords }: Signs): boolean => lastWords.some(sign => sign.test(line))

/** Lines of which the first and the last are kept. */
export interface BoundedLines {
  add(line: string): void
  /** What was kept, with a line in between that says how many were not. */
  lines(): string[]
  last(count: number): string[]
  dropped(): number
}

export function createBoundedLines(first: number, last: number): BoundedLines {
  const head: string[] = []
  const tail: string[] = []
  let dropped = 0
  return {
    add(line) {
      if (head.length < first) {
        head.push(line)
        return
      }
      tail.push(line)
      if (tail.length <= 2 * last) return
      dropped += tail.length - last
      tail.splice(0, tail.length - last)
    },
    lines: () => (dropped === 0 ? [...head, ...tail] : [...head, `… ${dropped} lines left out …`, ...tail]),
    last: count => [...head, ...tail].slice(-count),
    dropped: () => dropped,
  }
}
