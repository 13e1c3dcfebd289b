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
  words: `Fixes that are rightly refused and have a way out ([ways-out.md](ways-out.md)). \`hotsplice assist\` wrote the first draft, a
person filled in what only a person can know, and the result was verified and rehearsed as above. Each line filled in or
deleted counts as one line by hand, and so does each file whose change was taken out of the patch (removed members that may
stay). In Ksplice, patches of this kind took 17 lines each (Arnold and Kaashoek, EuroSys 2009).
`,
  titles: [...WHICH, 'outcome', 'functions', 'refusals', 'lines written', 'lines by hand', 'hotsplice'],
}

export const JUDGED: Part = {
  heading: '## Judged by others',
  words: `What was built, checked by a judge that asks hotsplice nothing (\`--judge\`). All units that read what the fix touches are
preprocessed before and after it, with \`__LINE__\` a constant. Units whose texts differ are compiled both ways, and objdump's
and readelf's output for each function is compared. *Unjudged* are units that have line numbers in names and so do not compile
this way; *must* are the functions that changed or are new; *missing* are those of them that the payload lacks; *more* are
those that it has in addition; *unlike* are those whose code, references, strings or entries are not those of the patched object.
Compiling the same text with all its lines shifted shows which numbers are lines. In the payload, a line that diff keeps must have
its original number, and a new line must have a number past the end of the file (lines.md); otherwise the function is unlike.
Bases are as in the previous table.
`,
  titles: [...WHICH, 'units', 'that differ', 'unjudged', 'must', 'missing', 'more', 'unlike', 'hotsplice'],
}

export const RELEASES: Part = {
  heading: '## First releases and tips',
  words: `The first release of each branch and its tip (\`--releases\`), each with the same fix of our own. It contains what fixes need of a
loader: a function with alternatives and exceptions, and one with a string; dom0's hypercalls run both. *Seen* says whether dom0 gets
the original answer, then the patched one, then the original again. [loader-history.md](loader-history.md) says what kind of loader
each has.
`,
  titles: [...WHICH, 'outcome', 'functions', 'refusals', 'seen', 'hotsplice'],
}

export const SEEN: Part = {
  heading: '## Seen from dom0',
  words: `Where a hypercall can show what a fix changes, it is made before, with and after the fix: the rehearsal's dom0 asks, uploads
and applies, asks, reverts, asks again, and unloads. *Without* is the hypervisor's answer without the fix, both before and after
it; *with* is its answer with the fix. Where the hypervisor crashes without the fix, it is booted twice. A base that is not the one
in the first table is an older one of the branch that had already been built (\`--as-built\`); it was used in the same way: built,
verified, rehearsed.
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
