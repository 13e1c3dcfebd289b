/** What a log says while a payload is applied, by the way that it was built: in words, and as lines from this patch. */
import { loaderOf } from '../loaders/loaders.ts'
import { forward } from './line-runs.ts'
import type { FileLines, RunReport, Way } from './model.ts'

/** What logs say while the payload is applied. */
export interface LogWords {
  /** What holds for this way. */
  readonly text: string
  readonly backtraces: string
  /** What functions of this patch's files would print, the first few whose line moves. */
  readonly examples: readonly LogExample[]
  /** Embedded lines that moved and are printed with another number than the patched source has; null where not known. */
  readonly off: number | null
}

/** A line of a log, and what it means. */
export interface LogExample {
  readonly function: string
  readonly prints: string
  /** In the patched source. */
  readonly means: string
}

const MOST_EXAMPLES = 3

const WORDS: Readonly<Record<Exclude<Way, 'auto'>, string>> = {
  neutral:
    'unchanged lines keep the numbers they have now, whoever prints them; added lines have numbers above the last',
  mask: 'functions that stay print the numbers they print now, replaced ones those of the patched source',
  table: 'the numbers of the patched source while the payload is applied, and the old ones after revert',
  ignore: 'the numbers of the patched source: whatever prints a line that moved is replaced',
}

const BACKTRACES = {
  xen: 'replaced functions are shown with the payload’s name: f+0x10/0x20 [payload]',
  linux: 'replaced functions are shown with the module’s name: f+0x10/0x20 [module]',
  process: 'replaced functions are outside of the program’s file, where a debugger has no names for them',
} as const

/** Within the sentence of the others. */
const UNKNOWN_TARGET = 'replaced functions look as their system shows them, which is not known'

/** `looked` is a report of the same patch that knows which lines are embedded. */
export function logWords(report: RunReport, looked: RunReport | undefined): LogWords {
  const { files } = report.lines
  const moved = (looked?.lines.files ?? []).flatMap(movedLines)
  const replaced = new Set(report.functions.filter(({ included }) => included).map(({ name }) => name))
  const printed = moved.map(each => ({ ...each, number: numberUnder(each, { report, replaced }) }))
  const named = printed.filter(({ name }) => name !== '')
  return {
    text: files.length === 0 ? '' : wordsFor(report),
    backtraces: report.target === null ? UNKNOWN_TARGET : BACKTRACES[report.target.name],
    examples: named.slice(0, MOST_EXAMPLES).map(({ name, file, now, number }) => ({
      function: name,
      prints: `${file}:${number}`,
      means: `${file}:${now}`,
    })),
    off: looked === undefined ? null : printed.filter(({ now, number }) => now !== number).length,
  }
}

/** auto does what it does file by file; and a table needs hooks, which programs do not have. */
function wordsFor({ target, lines: { way, files } }: RunReport): string {
  const setsLines = target !== null && loaderOf(target.name).setsLines
  if (way === 'table' && !setsLines) return `no table can be in a program, so as mask: ${WORDS.mask}`
  if (way !== 'auto') return WORDS[way]
  const ways = [...new Set(files.map(file => file.way))]
  return ways.map(own => (own === 'auto' ? '' : `${ways.length > 1 ? `(${own}) ` : ''}${WORDS[own]}`)).join('; ')
}

interface MovedLine {
  readonly file: string
  readonly name: string
  readonly line: number
  readonly now: number
}

/** Lines that functions of the running system embed and whose number the patch changes. */
function movedLines({ file, embedded, map }: FileLines): readonly MovedLine[] {
  return (embedded ?? []).flatMap(({ line, stays, replaced, set }) => {
    const [now] = forward(map, line)
    if (now === undefined || now === line) return []
    return [...new Set([...stays, ...set, ...replaced])].map(name => ({ file, name, line, now }))
  })
}

interface Under {
  readonly report: RunReport
  readonly replaced: ReadonlySet<string>
}

/** The number that the function prints while this way's payload is applied. */
function numberUnder({ file, name, line, now }: MovedLine, { report, replaced }: Under): number {
  const { way, files } = report.lines
  const own = files.find(each => each.file === file)
  if (replaced.has(name)) {
    const run = own?.numbers.find(([, to, count]) => now >= to && now < to + count)
    const isNeutral = report.units.some(({ text }) => text === 'neutral')
    return isNeutral && run !== undefined ? run[0] + now - run[1] : now
  }
  if (way !== 'table') return line
  const entry = own?.embedded?.find(each => each.line === line)
  return entry?.set.includes(name) === true ? now : line
}
