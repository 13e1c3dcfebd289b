/** The matrix of a fleet for a browser: in words what each cell is, and where its own page lies. */
import { withShownNames } from '../../base/printable.ts'
import type { FleetCell, FleetIndex } from '../fleet-index.ts'
import { CELL_WORDS } from '../fleet-text.ts'
import { counted } from '../text.ts'
import type { FleetCellView, FleetView, Tone } from './model.ts'

/** `hrefOf` says where a file of the index's folder is, as a link from the page; undefined leaves links out. */
export interface FleetInput {
  readonly index: FleetIndex
  readonly hrefOf: (file: string) => string
}

export function fleetView({ index, hrefOf }: FleetInput): FleetView {
  const { bases, fixes, cells, outcome } = withShownNames(index)
  const off = cells.filter(({ asExpected }) => !asExpected).length
  return {
    headline: `${fixes.length} ${fixes.length === 1 ? 'fix' : 'fixes'} for ${counted(bases.length, 'base')}: ${HEADLINES[outcome](off, cells.length)}`,
    tone: outcome === 'as-expected' ? 'good' : outcome === 'nothing-to-do' ? 'plain' : 'bad',
    bases: bases.map(({ name, buildId, endOfLife }) => ({
      name,
      about: [
        ...(buildId === null ? [] : [`build-id ${buildId.slice(0, 12)}`]),
        ...(endOfLife === null ? [] : [`until ${endOfLife}`]),
      ].join(', '),
    })),
    fixes,
    // The index's own names of files, which are no words.
    cells: cells.map((cell, at) => cellView(cell, index.cells[at]?.page?.file, hrefOf)),
  }
}

const HEADLINES: Readonly<Record<FleetIndex['outcome'], (off: number, all: number) => string>> = {
  'as-expected': () => 'everything is as expected',
  'nothing-to-do': () => 'nothing changes code anywhere',
  'not-as-expected': (off, all) => `${off} of ${counted(all, 'cell')} ${off === 1 ? 'is' : 'are'} not as expected`,
  failed: (off, all) =>
    `${off} of ${counted(all, 'cell')} ${off === 1 ? 'is' : 'are'} not as expected, some for errors`,
  'not-done': () => 'not all of it was done',
}

function cellView(cell: FleetCell, page: string | undefined, hrefOf: (file: string) => string): FleetCellView {
  const { base, fix, outcome, asExpected, text, codes, expected, error } = cell
  const { word, tone } = CELL_WORDS[outcome]
  return {
    base,
    fix,
    word,
    tone: asExpected || outcome === 'not-done' ? tone : ('bad' satisfies Tone),
    asExpected,
    text,
    codes: error === null ? codes : [error.code],
    hint: error?.hint ?? null,
    expected: expected === null ? null : `${expected.reason} (${expected.codes.join(', ')}), says ${expected.who}`,
    href: page === undefined ? null : hrefOf(page),
  }
}
