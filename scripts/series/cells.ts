/** Tables as text, whose rows begin with a branch, a fix and a machine. */
export type Cells = readonly string[]

const KEY = 3

export function tableText(titles: Cells, rows: readonly Cells[]): string {
  return [titles, titles.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |\n`).join('')
}

export const cellsOf = (line: string): Cells =>
  line
    .split('|')
    .slice(1, -1)
    .map(cell => cell.trim())

export const isBranch = (text: string | undefined): boolean => /^\d+\.\d+$/.test(text ?? '')

/** The last row about each fix, in their order. */
export function lastOfEach(rows: readonly Cells[]): readonly Cells[] {
  const keyOf = (cells: Cells) => cells.slice(0, KEY).join(' ')
  const known = new Map(rows.map(row => [keyOf(row), row]))
  return [...known.values()].sort((a, b) => keyOf(a).localeCompare(keyOf(b), 'en', { numeric: true }))
}
