/** The tables below the first of docs/coverage.md, each under a heading of its own. */
import { type Cells, cellsOf, isBranch, lastOfEach, tableText } from './cells.ts'
import type { Completed } from './complete.ts'
import type { Series } from './history.ts'
import type { Judged } from './judge.ts'
import type { SeriesMachine } from './machines.ts'
import type { Seen } from './seen.ts'
import type { Result } from './take.ts'

export interface Part {
  readonly heading: string
  readonly words: string
  readonly titles: Cells
}

const WHICH = ['branch', 'id', 'machine', 'base']

export const COMPLETED: Part = {
  heading: '## Completed by hand',
  words: `What is refused rightly and has a way out ([ways-out.md](ways-out.md)): \`hotsplice assist\` wrote the start, what a person has
to know was filled in, and what was built was verified and rehearsed as above. A line that was filled in or deleted counts
as one by hand, and so does a file whose change was taken out of the patch (members that go and may stay); in Ksplice,
patches of this kind took 17 each (Arnold and Kaashoek, EuroSys 2009).
`,
  titles: [...WHICH, 'outcome', 'functions', 'refusals', 'lines written', 'lines by hand', 'hotsplice'],
}

export const JUDGED: Part = {
  heading: '## Judged by others',
  words: `Of what was built, by a judge that asks nothing of hotsplice (\`--judge\`): all units that read what the fix touches are
preprocessed before and after it with \`__LINE__\` a constant; those whose texts differ are compiled both ways, and objdump's
and readelf's text of each function is compared. *Unjudged* are units that have lines in names, and do not compile so;
*must* are the functions that have changed or come; *missing* those of them that the payload has not; *more* those that it
has besides; *unlike* those whose code, references, strings or entries are not those of the patched object.
Which numbers are lines, the same text with all its lines shifted tells; in the payload a line that diff keeps must have the number of
before, one that has come one behind the file's end (lines.md), or it is unlike. Bases are as in the table before.
`,
  titles: [...WHICH, 'units', 'that differ', 'unjudged', 'must', 'missing', 'more', 'unlike', 'hotsplice'],
}

export const RELEASES: Part = {
  heading: '## First releases and tips',
  words: `The first release of each branch and its tip (\`--releases\`), each with the same fix of our own, which has what fixes need of a
loader: a function with alternatives and exceptions, one with a string, both of which dom0's hypercalls run. *Seen* says whether
dom0 gets the answer of before, of with, and of before again. What kind of loader each is: [loader-history.md](loader-history.md).
`,
  titles: [...WHICH, 'outcome', 'functions', 'refusals', 'seen', 'hotsplice'],
}

export const SEEN: Part = {
  heading: '## Seen from dom0',
  words: `Where what a fix changes can be asked for with a hypercall, it is asked before, with, and after: the rehearsal's dom0 asks,
uploads and applies, asks, reverts, asks once more, and unloads. What the hypervisor answers without the fix, before it and
after it, is the first answer; with it, the second. Where it goes down without the fix, it is booted twice. A base that is not the
one of the first table is an older one of the branch, which was there already (\`--as-built\`): built, verified, rehearsed likewise.
`,
  titles: [...WHICH, 'what is asked', 'without', 'with', 'seen', 'hotsplice'],
}

type Which = Pick<Series, 'branch' | 'id'>

const SHORT = 10
const which = ({ name }: SeriesMachine, { branch, id }: Which, base: string): Cells => [
  branch,
  id,
  name,
  base.slice(0, SHORT),
]

export function completedCells(machine: SeriesMachine, series: Which, result: Completed): Cells {
  const { came, base, functions, refusals, written, hand, by } = result
  const built = came === 'full cycle' ? String(functions.length) : ''
  const codes = came === 'full cycle' ? '' : refusals.join(' ')
  return [...which(machine, series, base), came, built, codes, String(written), String(hand), by]
}

export function releaseCells(machine: SeriesMachine, series: Which, result: Result & { seen: boolean }): Cells {
  const { came, base, functions, refusals, seen, by } = result
  const built = came === 'full cycle' ? String(functions.length) : ''
  return [...which(machine, series, base), came, built, refusals.join(' '), seen ? 'yes' : 'no', by]
}

export function seenCells(machine: SeriesMachine, series: Which, seen: Seen): Cells {
  const { what, before, fixed, isSeen, base, by } = seen
  return [...which(machine, series, base), what, before, fixed, isSeen ? 'yes' : 'no', by]
}

export function judgedCells(
  machine: SeriesMachine,
  series: Which,
  judged: Judged & { base: string; by: string },
): Cells {
  const { base, units, differing, unjudged, must, missing, more, unlike, by } = judged
  const counts = [unjudged, must, missing, more, unlike].map(({ length }) => length)
  return [...which(machine, series, base), ...[units, differing, ...counts].map(String), by]
}

export function readPart(text: string, { heading, titles }: Part): readonly Cells[] {
  const [, from = ''] = text.split(`${heading}\n`)
  const [own = ''] = from.split('\n## ')
  return own
    .split('\n')
    .map(cellsOf)
    .filter(cells => cells.length === titles.length && isBranch(cells[0]))
}

/** Empty where there are no rows; of several about a fix, the last. */
export function writePart({ heading, words, titles }: Part, rows: readonly Cells[]): string {
  return rows.length === 0 ? '' : `\n${heading}\n\n${words}\n${tableText(titles, lastOfEach(rows))}`
}
