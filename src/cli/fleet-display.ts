/**
 * How a fleet's run tells that it lives: on a terminal a table that is drawn over, a row for each fix; elsewhere a line for
 * each thing that happens, without control characters.
 */
import { shownName } from '../base/printable.ts'
import type { CellName } from '../flows/fleet/job.ts'
import type { FleetWatch, PlannedCell } from '../flows/fleet/world.ts'
import type { FleetCell } from '../report/fleet-index.ts'
import { CELL_WORDS } from '../report/fleet-text.ts'
import type { ProgressOutput } from './progress.ts'

export interface FleetDisplay extends FleetWatch {
  /** Says something that is of no one cell. */
  note(text: string): void
  /** Leaves a clean line for what comes next. */
  end(): void
}

export function fleetDisplay(output: ProgressOutput): FleetDisplay {
  return output.isTTY === true ? drawn(output) : lines(output)
}

const wordOf = ({ outcome, text }: FleetCell) => `${CELL_WORDS[outcome].word}: ${text}`

function lines(output: ProgressOutput): FleetDisplay {
  const why = new Map<string, string>()
  const say = ({ base, fix }: CellName, text: string) => output.write(`${shownName(`${base}/${fix}: ${text}`)}\n`)
  return {
    planned: cells => {
      for (const cell of cells) why.set(nameOf(cell), cell.why)
      const work = cells.filter(({ todo }) => todo !== 'nothing').length
      output.write(`${work} of ${cells.length} to be done\n`)
    },
    began: (cell, step) => say(cell, step === 'building' ? `building (${why.get(nameOf(cell)) ?? ''})` : step),
    ended: cell => say(cell, wordOf(cell)),
    note: text => void output.write(`${shownName(text)}\n`),
    end: () => undefined,
  }
}

/** No more rows, so that a table never runs out of a window's top. */
const MOST_ROWS = 12
const CLEAR_BELOW = '\u001b[0J'

function drawn(output: ProgressOutput): FleetDisplay {
  const states = new Map<string, string>()
  let [bases, fixes]: [readonly string[], readonly string[]] = [[], []]
  let height = 0
  const draw = () => {
    // A terminal may say that it has no columns.
    const columns = output.columns || 80
    const rows = tableRows(bases, fixes, states).map(row => shownName(row).slice(0, columns - 1))
    const up = height === 0 ? '\r' : `\r\u001b[${height}A`
    output.write(`${up}${CLEAR_BELOW}${rows.map(row => `${row}\n`).join('')}`)
    height = rows.length
  }
  const end = () => {
    if (height > 0) output.write(`\r\u001b[${height}A${CLEAR_BELOW}`)
    height = 0
  }
  const set = (cell: CellName, state: string) => {
    states.set(nameOf(cell), state)
    draw()
  }
  return {
    planned: cells => {
      const work = cells.filter(({ todo }) => todo !== 'nothing')
      bases = [...new Set(work.map(({ base }) => base))]
      fixes = [...new Set(work.map(({ fix }) => fix))]
      for (const cell of cells) states.set(nameOf(cell), stateOf(cell))
      if (work.length > 0) draw()
    },
    began: (cell, step) => set(cell, `${step} …`),
    ended: cell => set(cell, CELL_WORDS[cell.outcome].word),
    note: text => {
      end()
      output.write(`${shownName(text)}\n`)
      if (bases.length > 0) draw()
    },
    end,
  }
}

const stateOf = ({ todo }: PlannedCell) => (todo === 'nothing' ? 'as before' : WAITING)
const WAITING = 'waits'
const nameOf = ({ base, fix }: CellName) => `${base}/${fix}`

/** Fixes that are worked on come first; those that are done, or wait, where there is room. */
function tableRows(
  bases: readonly string[],
  fixes: readonly string[],
  states: ReadonlyMap<string, string>,
): readonly string[] {
  const cells = (fix: string) => bases.map(base => states.get(nameOf({ base, fix })) ?? '')
  const rank = (fix: string) =>
    cells(fix).some(state => state.endsWith('…')) ? 0 : cells(fix).includes(WAITING) ? 1 : 2
  const order = fixes.toSorted((a, b) => rank(a) - rank(b)).slice(0, MOST_ROWS)
  const seen = fixes.filter(fix => order.includes(fix))
  const rows = [['', ...bases], ...seen.map(fix => [fix, ...cells(fix)])]
  const widths = ['', ...bases].map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  const rest = fixes.length - seen.length
  return [
    ...rows.map(row =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
    ...(rest === 0 ? [] : [`and ${rest} more`]),
  ]
}
