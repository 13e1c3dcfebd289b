/** docs/coverage.md: what came of each fix on its own base. Rows of other runs are read back from it, so that runs add up. */

import { cellsOf, isBranch, lastOfEach, tableText } from './cells.ts'
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
const CAME_AT = COLUMNS.indexOf('came')

const HEAD = `# Fixes on their own bases

Made by \`npx tsx scripts/coverage.ts\`, not by hand. The table has security fixes on Xen's stable branches that touch the
hypervisor for x86, ordinary fixes for x86 (by the ids of their commits; neighbours on a branch, none between them left out but those
that change a header which nearly everything reads), and, for AArch64, fixes of any kind that touch code specific to it. Each fix
is tried on the commit before it, as if that were running. The commit is built (DEBUG=n, LIVEPATCH=y; with a cross compiler for
AArch64). The fix is built against it with \`--lines auto\`, verified, and rehearsed on that very hypervisor: uploaded, applied,
reverted and unloaded. Build and verify are told that x86 processors have no CET-IBT, as QEMU's has none. *Functions* counts
those that the payload replaces or adds; *seconds* is the time of the build, on a machine with two cores shared with other
work. The last column is the commit of hotsplice.
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

/** `rows` in place of those of `before` about the same fix. */
export function writeTable(before: readonly Row[], rows: readonly Row[]): string {
  const all = lastOfEach([...before, ...rows].map(row => COLUMNS.map(column => row[column])))
  return `${HEAD}\n${summary(all.map(cells => cells[CAME_AT] ?? ''))}\n${tableText(TITLES, all)}`
}

function summary(outcomes: readonly string[]): string {
  const kinds = [...new Set(outcomes)].sort()
  const counts = kinds.map(kind => `${outcomes.filter(each => each === kind).length} ${kind}`)
  return `${outcomes.length} fixes: ${counts.join(', ')}.\n`
}
