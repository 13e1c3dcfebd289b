/** docs/coverage.md: what came of each fix on its own base. Rows of other runs are read back from it, so that runs add up. */

import type { Completed } from './complete.ts'
import type { Series } from './history.ts'
import { type SeriesMachine, USUAL } from './machines.ts'
import type { Result } from './take.ts'

export interface Row {
  readonly branch: string
  readonly id: string
  readonly machine: string
  readonly base: string
  readonly came: string
  readonly functions: string
  readonly seconds: string
  readonly refusals: string
  readonly by: string
}

const COLUMNS = ['branch', 'id', 'machine', 'base', 'came', 'functions', 'seconds', 'refusals', 'by'] as const
const TITLES = ['branch', 'id', 'machine', 'base', 'outcome', 'functions', 'seconds', 'refusals', 'hotsplice']
const SHORT = 10
const MACHINE_AT = COLUMNS.indexOf('machine')

const HEAD = `# Fixes on their own bases

Made by \`npx tsx scripts/coverage.ts\`, not by hand. Each security fix of Xen's stable branches that touches the
hypervisor for x86, and for AArch64 fixes of any kind that touch what is its own, is taken on the commit that was running
before it: that commit is built (DEBUG=n, LIVEPATCH=y), for AArch64 with a cross compiler, the fix is built against it with
\`--lines auto\`, verified, and rehearsed on that very hypervisor: uploaded, applied, reverted and unloaded. Build and verify
are told that an x86 processor has no CET-IBT, as QEMU's has none. The functions are those that the payload replaces or
brings, the seconds those of the build, on a machine of two cores that others used, too. The last column is the commit of
hotsplice.
`

export function rowOf(
  { name: machine }: SeriesMachine,
  { branch, id }: Pick<Series, 'branch' | 'id'>,
  result: Result,
): Row {
  const { came, base, functions, seconds, refusals, by } = result
  const count = came === 'full cycle' ? String(functions.length) : ''
  const codes = came === 'full cycle' ? '' : refusals.join(' ')
  return {
    branch,
    id,
    machine,
    base: base.slice(0, SHORT),
    came,
    functions: count,
    seconds: String(seconds),
    refusals: codes,
    by,
  }
}

/** A fix that is rightly refused, and that was completed. */
export interface CompletedRow {
  readonly branch: string
  readonly id: string
  readonly machine: string
  readonly base: string
  readonly came: string
  readonly functions: string
  readonly written: string
  readonly hand: string
  readonly by: string
}

const COMPLETED = ['branch', 'id', 'machine', 'base', 'came', 'functions', 'written', 'hand', 'by'] as const
const COMPLETED_TITLES = [...TITLES.slice(0, 6), 'lines written', 'lines by hand', 'hotsplice']

const COMPLETED_HEAD = `## Completed by hand

What is refused rightly and has a way out ([ways-out.md](ways-out.md)): \`hotsplice assist\` wrote the start, what a person
has to know was filled in, and what was built was verified and rehearsed as above. A line that was filled in or deleted counts as one by
hand; in Ksplice, the patches of this kind took 17 each (Arnold and Kaashoek, EuroSys 2009).
`

export function completedRow(
  machine: SeriesMachine,
  series: Pick<Series, 'branch' | 'id'>,
  result: Completed,
): CompletedRow {
  const { branch, id, base, came, functions, by } = rowOf(machine, series, result)
  const [written, hand] = [String(result.written), String(result.hand)]
  return { branch, id, machine: machine.name, base, came, functions, written, hand, by }
}

export function readCompleted(text: string): readonly CompletedRow[] {
  const [, part = ''] = text.split(COMPLETED_HEAD.slice(0, COMPLETED_HEAD.indexOf('\n') + 1))
  return part.split('\n').flatMap(line => {
    const cells = cellsOf(line)
    const [branch = '', id = '', machine = '', base = '', came = '', ...rest] = cells
    const [functions = '', written = '', hand = '', by = ''] = rest
    if (cells.length !== COMPLETED.length || !isBranch(branch)) return []
    return [{ branch, id, machine, base, came, functions, written, hand, by }]
  })
}

const isBranch = (text: string) => /^\d+\.\d+$/.test(text)
const cellsOf = (line: string) =>
  line
    .split('|')
    .slice(1, -1)
    .map(cell => cell.trim())

/** The rows of a table that was written before. */
export function readTable(text: string): readonly Row[] {
  const [first = ''] = text.split('\n## ')
  return first.split('\n').flatMap(line => {
    const cells = cellsOf(line)
    // Tables were written before there was a second machine.
    const whole = cells.length === COLUMNS.length - 1 ? cells.toSpliced(MACHINE_AT, 0, USUAL.name) : cells
    const [branch = '', id = '', machine = '', base = '', came = '', ...rest] = whole
    const [functions = '', seconds = '', refusals = '', by = ''] = rest
    if (whole.length !== COLUMNS.length || !isBranch(branch)) return []
    return [{ branch, id, machine, base, came, functions, seconds, refusals, by }]
  })
}

/** `rows` in place of those of `before` about the same fix; of those that were completed, the last about each. */
export function writeTable(
  before: readonly Row[],
  rows: readonly Row[],
  completed: readonly CompletedRow[] = [],
): string {
  const all = lastOfEach([...before, ...rows])
  const done = lastOfEach(completed)
  const table = tableText(
    TITLES,
    all.map(row => COLUMNS.map(column => row[column])),
  )
  const second = tableText(
    COMPLETED_TITLES,
    done.map(row => COMPLETED.map(column => row[column])),
  )
  return `${HEAD}\n${summary(all)}\n${table}${done.length === 0 ? '' : `\n${COMPLETED_HEAD}\n${second}`}`
}

function lastOfEach<R extends Pick<Row, 'branch' | 'id' | 'machine'>>(rows: readonly R[]): readonly R[] {
  const known = new Map(rows.map(row => [keyOf(row), row]))
  return [...known.values()].sort((a, b) => natural(keyOf(a), keyOf(b)))
}

function tableText(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  return [titles, titles.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |\n`).join('')
}

const keyOf = ({ branch, id, machine }: Pick<Row, 'branch' | 'id' | 'machine'>) => `${branch} ${id} ${machine}`

function summary(rows: readonly Row[]): string {
  const kinds = [...new Set(rows.map(({ came }) => came))].sort()
  const counts = kinds.map(kind => `${rows.filter(({ came }) => came === kind).length} ${kind}`)
  return `${rows.length} fixes: ${counts.join(', ')}.\n`
}

const natural = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true })
