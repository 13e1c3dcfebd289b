/** What came of a fleet, as text for a terminal. */
import type { CellOutcome, FleetCell, FleetIndex } from './fleet-index.ts'
import type { Ink } from './ink.ts'
import { counted } from './text.ts'

/** What each outcome is called, and how it looks. */
export const CELL_WORDS: Readonly<
  Record<CellOutcome, { readonly word: string; readonly tone: 'good' | 'bad' | 'plain' }>
> = {
  built: { word: 'built', tone: 'good' },
  'nothing-to-do': { word: 'nothing to do', tone: 'plain' },
  'not-affected': { word: 'not affected', tone: 'plain' },
  'expected-refusal': { word: 'expected refusal', tone: 'plain' },
  refused: { word: 'refused', tone: 'bad' },
  'does-not-apply': { word: 'does not apply', tone: 'bad' },
  'rehearsal-failed': { word: 'failed in rehearsal', tone: 'bad' },
  'below-missing': { word: 'nothing to stand on', tone: 'bad' },
  'end-of-life': { word: 'end of life', tone: 'plain' },
  error: { word: 'failed', tone: 'bad' },
  'not-done': { word: 'not done', tone: 'plain' },
}

/** A row for each fix, a column for each base. */
function fleetTable({ bases, fixes, cells }: FleetIndex, ink: Ink): string {
  const at = new Map(cells.map(cell => [`${cell.base} ${cell.fix}`, cell]))
  const rows = fixes.map(({ name }) => [
    { text: name, shown: name },
    ...bases.map(base => shownCell(at.get(`${base.name} ${name}`), ink)),
  ])
  const head = ['', ...bases.map(({ name }) => name)].map(text => ({ text, shown: ink.strong(text) }))
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map(row => row[column]?.text.length ?? 0)))
  const line = (row: readonly Shown[]) =>
    row.map(({ text, shown }, column) => shown + ' '.repeat((widths[column] ?? 0) - text.length)).join('  ')
  return [head, ...rows].map(row => line(row).trimEnd()).join('\n')
}

interface Shown {
  readonly text: string
  readonly shown: string
}

function shownCell(cell: FleetCell | undefined, ink: Ink): Shown {
  if (cell === undefined) return { text: '', shown: '' }
  const { word, tone } = CELL_WORDS[cell.outcome]
  const text = cell.asExpected || tone === 'bad' || cell.outcome === 'not-done' ? word : `${word} (!)`
  return { text, shown: tone === 'bad' || text !== word ? ink.bad(text) : tone === 'good' ? ink.good(text) : text }
}

/** The matrix, and in words each cell that is not as expected or that somebody has spoken for. */
export function fleetText(index: FleetIndex, ink: Ink): string {
  const { cells } = index
  const off = cells.filter(({ asExpected, outcome }) => !asExpected && outcome !== 'not-done')
  const spoken = cells.filter(({ outcome }) => outcome === 'expected-refusal')
  const words = (cell: FleetCell) => {
    const codes = cell.codes.length === 0 ? '' : ` [${cell.codes.join(', ')}]`
    const hint = cell.error?.hint == null ? '' : `\n    hint: ${cell.error.hint}`
    const code = cell.error === null ? '' : ` [${cell.error.code}]`
    return `  ${cell.base}/${cell.fix}: ${CELL_WORDS[cell.outcome].word}${codes}: ${cell.text}${code}${hint}`
  }
  const part = (title: string, list: readonly FleetCell[]) => (list.length === 0 ? [] : ['', title, ...list.map(words)])
  return [
    fleetTable(index, ink),
    ...part('not as expected:', off),
    ...part('refused, as expected:', spoken),
    '',
    tally(cells),
  ].join('\n')
}

function tally(cells: readonly FleetCell[]): string {
  const counts = new Map<CellOutcome, number>()
  for (const { outcome } of cells) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  const each = [...counts].map(([outcome, count]) => `${count} ${CELL_WORDS[outcome].word}`)
  return `${counted(cells.length, 'cell')}: ${each.join(', ')}`
}
