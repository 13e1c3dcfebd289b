/** docs/coverage.md: what came of each fix on its own base. Rows of other runs are read back from it, so that runs add up. */

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

/** The rows of a table that was written before. */
export function readTable(text: string): readonly Row[] {
  return text.split('\n').flatMap(line => {
    const cells = line
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim())
    // Tables were written before there was a second machine.
    const whole = cells.length === COLUMNS.length - 1 ? cells.toSpliced(MACHINE_AT, 0, USUAL.name) : cells
    const [branch = '', id = '', machine = '', base = '', came = '', ...rest] = whole
    const [functions = '', seconds = '', refusals = '', by = ''] = rest
    if (whole.length !== COLUMNS.length || !/^\d+\.\d+$/.test(branch)) return []
    return [{ branch, id, machine, base, came, functions, seconds, refusals, by }]
  })
}

/** `rows` in place of those of `before` about the same fix. */
export function writeTable(before: readonly Row[], rows: readonly Row[]): string {
  const known = new Map([...before, ...rows].map(row => [keyOf(row), row]))
  const all = [...known.values()].sort((a, b) => natural(keyOf(a), keyOf(b)))
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const table = [TITLES, TITLES.map(() => '---'), ...all.map(row => COLUMNS.map(column => row[column]))].map(line)
  return `${HEAD}\n${summary(all)}\n${table.join('\n')}\n`
}

const keyOf = ({ branch, id, machine }: Row) => `${branch} ${id} ${machine}`

function summary(rows: readonly Row[]): string {
  const kinds = [...new Set(rows.map(({ came }) => came))].sort()
  const counts = kinds.map(kind => `${rows.filter(({ came }) => came === kind).length} ${kind}`)
  return `${rows.length} fixes: ${counts.join(', ')}.\n`
}

const natural = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true })
