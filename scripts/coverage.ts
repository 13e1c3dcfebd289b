/**
 * Every base, every fix: each security fix of Xen's stable branches on the commit that was running before it.
 *
 *   npx tsx scripts/coverage.ts --history DIR [--state DIR] [--only 4.17,XSA-430,4.21:XSA-477] [--minutes N]
 *                               [--ordinary N --seed S] [--machine x86|arm64] [--own] [--again OUTCOME,…] [--judge]
 *                               [--releases] [--as-built] [--list] [--table docs/coverage.md]
 *
 * DIR is a clone of Xen's git with the branches stable-4.17 to stable-4.22 and the tags of releases. Takes what has no
 * result yet, for N minutes (5 unless told), and goes on where it was: the trees, one for each branch, and the results stay
 * in --state, outside of the checkout. --again takes those once more that came out so. --ordinary adds N fixes that are of
 * no advisory, drawn from all branches; one that --only names by its id is taken, drawn or not; --own leaves out what touches nothing that is of the machine alone. What is rightly
 * refused, and what a person has to know of is in series/fills.ts, is completed with `hotsplice assist`, built and rehearsed.
 * Where what a fix changes can be seen from dom0 (series/behaviours.ts), it is looked at before, with, and after.
 * --judge asks of each that was built a second opinion, which nothing of the product gives (series/judge.ts).
 * --as-built compiles no base: it looks at fixes, and judges them with --judge, on the older base that their branch's tree is.
 * --releases takes a fix of our own on the first release of each branch and on its tip, and nothing else.
 * Writes the tables at the end of each run; --list tells what there is.
 * Needs `npm run build`, and what it takes to build Xen and to rehearse.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { draws } from '../tests/support/harmless.ts'
import { baseAt, readIf, treeOf, type Where } from './series/base.ts'
import type { Cells } from './series/cells.ts'
import { complete, isToComplete, keptCompleted } from './series/complete.ts'
import { BRANCHES, commitsOf, ordinaryFixes, type Series, securitySeries, seriesTouching } from './series/history.ts'
import { judgeKept, keptJudgement } from './series/judged.ts'
import { MACHINES, type SeriesMachine } from './series/machines.ts'
import {
  COMPLETED,
  completedCells,
  JUDGED,
  judgedCells,
  RELEASES,
  readPart,
  releaseCells,
  SEEN,
  seenCells,
  writePart,
} from './series/parts.ts'
import { refusedText } from './series/refused.ts'
import { releasesOf } from './series/releases.ts'
import { behaviourOf, hasHypervisor, isToLook, keptSeen, look, onBuilt } from './series/seen.ts'
import { type Row, readTable, rowOf, writeTable } from './series/table.ts'
import { folderOf, keep, keptResult, type Result, take } from './series/take.ts'

const { values } = parseArgs({
  options: {
    history: { type: 'string' },
    state: {
      type: 'string',
      default: join(process.env.HOTSPLICE_CACHE ?? join(homedir(), '.cache/hotsplice'), 'series'),
    },
    only: { type: 'string', default: '' },
    minutes: { type: 'string', default: '5' },
    ordinary: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    machine: { type: 'string', default: 'x86' },
    own: { type: 'boolean', default: false },
    again: { type: 'string', default: '' },
    judge: { type: 'boolean', default: false },
    releases: { type: 'boolean', default: false },
    'as-built': { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    table: { type: 'string', default: join(import.meta.dirname, '../docs/coverage.md') },
  },
})
const machine = MACHINES.get(values.machine)
if (values.history === undefined || machine === undefined) {
  console.error(
    "usage: coverage.ts --history DIR (a clone of Xen's git) [--machine x86|arm64] [--only …] [--minutes N]",
  )
  process.exit(1)
}
const where: Where = {
  history: values.history,
  state: values.state,
  machine,
  until: Date.now() + Number(values.minutes) * 60_000,
}
mkdirSync(where.state, { recursive: true })
const again = values.again.split(',').filter(name => name !== '')
const chosen = BRANCHES.flatMap(seriesOf).filter(isAskedFor)

if (values.list) for (const series of chosen) console.log(described(series, keptResult(folderOf(where, series))))
else if (values['as-built']) await lookAsBuilt()
else await takeAll()

async function takeAll(): Promise<void> {
  for (const series of chosen) {
    if (Date.now() > where.until) break
    const kept = keptResult(folderOf(where, series))
    const isTaken = kept !== undefined && !again.includes(kept.came)
    if (isTaken && isToLook(where, series, kept) && hasHypervisor(where, series)) await looked(series)
    if (isTaken && !isToDoMore(series, kept)) continue
    const tree = await baseOf(series)
    if (tree === undefined) break
    const result = isTaken ? kept : await taken(series, tree)
    if (result === undefined) break
    if (!isTaken) console.log(described(series, keep(folderOf(where, series), result)))
    if (tree !== '' && !(await more(series, result, tree))) break
  }
  const rows = chosen.flatMap(series => {
    const result = keptResult(folderOf(where, series))
    return result === undefined || series.patch !== undefined ? [] : [rowOf(where.machine, series, result)]
  })
  console.log(`${rows.length} of ${chosen.length}`)
  writeTables(rows, cellsOfKept(seenFix, seenCells), cellsOfKept(keptJudgement, judgedCells))
}

/** Each is built once more, for the base that is there. */
async function lookAsBuilt(): Promise<void> {
  const taken: Series[] = []
  for (const own of chosen.filter(isToDoAsBuilt)) {
    const series = onBuilt(where, own)
    if (series === undefined) continue
    if (Date.now() > where.until) break
    const [tree, kept] = [treeOf(where, series.branch), keptResult(folderOf(where, series))]
    const result = kept ?? (await take(where, series, tree))
    if (result === undefined) break
    if (kept === undefined) console.log(described(series, keep(folderOf(where, series), result)))
    taken.push(series)
    if (!(await more(series, result, tree))) break
  }
  writeTables([], cellsOfKept(keptSeen, seenCells, taken), cellsOfKept(keptJudgement, judgedCells, taken))
}

function isToDoAsBuilt(own: Series): boolean {
  const isToLookAt = behaviourOf(own) !== undefined && keptSeen(where, own) === undefined
  return isToLookAt || (values.judge && keptJudgement(where, own) === undefined)
}

function writeTables(rows: readonly Row[], seen: readonly Cells[], judged: readonly Cells[]): void {
  const before = readIf(values.table) ?? ''
  const parts = [
    writePart(COMPLETED, [...readPart(before, COMPLETED), ...cellsOfKept(keptCompleted, completedCells)]),
    writePart(RELEASES, [...readPart(before, RELEASES), ...cellsOfKept(keptRelease, releaseCells)]),
    writePart(SEEN, [...readPart(before, SEEN), ...seen]),
    writePart(JUDGED, [...readPart(before, JUDGED), ...judged]),
  ]
  const first = writeTable(readTable(before), rows)
  writeFileSync(values.table, [first, refusedText(readTable(first)), ...parts].join(''))
}

/** What is done beside; false when time ran out. */
async function more(series: Series, result: Result, tree: string): Promise<boolean> {
  if (isToComplete(where, series, result)) {
    const completed = await complete(where, series, tree)
    if (completed === undefined) return false
    console.log(`${described(series, completed)}, completed with ${completed.hand} lines by hand`)
  }
  if (isToLook(where, series, result)) await looked(series, tree)
  if (isToJudge(series, result)) {
    const { missing, more: besides, unlike } = await judgeKept(where, series, result, tree)
    console.log(JSON.stringify({ missing, besides, unlike }))
  }
  return Date.now() <= where.until
}

async function looked(series: Series, tree?: string): Promise<void> {
  const { isSeen, what } = await look(where, series, tree)
  console.log(`${series.branch} ${series.id}: ${isSeen ? 'seen' : 'NOT SEEN'}: ${what}`)
}

function isToDoMore(series: Series, result: Result): boolean {
  return isToComplete(where, series, result) || isToLook(where, series, result) || isToJudge(series, result)
}

function seenFix(at: Where, series: Series) {
  return series.patch === undefined ? keptSeen(at, series) : undefined
}

function keptRelease(at: Where, series: Series) {
  const result = series.patch === undefined ? undefined : keptResult(folderOf(at, series))
  return result && { ...result, seen: keptSeen(at, series)?.isSeen === true }
}

function isToJudge(series: Series, { came }: Result): boolean {
  return (
    values.judge && series.patch === undefined && came === 'full cycle' && keptJudgement(where, series) === undefined
  )
}

function cellsOfKept<R>(
  kept: (where: Where, series: Series) => R | undefined,
  cells: (machine: SeriesMachine, series: Series, result: R) => Cells,
  of: readonly Series[] = chosen,
): readonly Cells[] {
  return of.flatMap(series => {
    const result = kept(where, series)
    return result === undefined ? [] : [cells(where.machine, series, result)]
  })
}

/** Where its tree is, empty where it cannot be compiled; undefined when time ran out. */
async function baseOf({ branch, commits }: Series): Promise<string | undefined> {
  const base = await baseAt(where, branch, commits[0]?.parent ?? '')
  if (base.is === 'built') return base.tree
  return base.is === 'not-yet' ? undefined : ''
}

/** Undefined when time ran out. */
async function taken(series: Series, tree: string): Promise<Result | undefined> {
  if (tree !== '') return take(where, series, tree)
  const nothing = { functions: [], seconds: 0, refusals: [], by: '' }
  return { ...nothing, base: series.commits[0]?.parent ?? '', came: 'no base' }
}

function seriesOf(branch: string): readonly Series[] {
  if (values.releases) return releasesOf(where.history, branch)
  const commits = commitsOf(where.history, branch, where.machine.sources)
  const touching = new Set(commits.map(({ id }) => id))
  const security = seriesTouching(securitySeries(branch, commitsOf(where.history, branch, ['xen'])), touching)
  const ordinary = ordinaryFixes(branch, commits).filter(isOwn(branch))
  const draw = draws(Number(values.seed))
  const drawn = ordinary.map(series => ({ series, at: draw(2 ** 30) })).toSorted((a, b) => a.at - b.at)
  const chosen = new Set(
    drawn.slice(0, Math.ceil(Number(values.ordinary) / BRANCHES.length)).map(({ series }) => series),
  )
  const some = ordinary.filter(series => chosen.has(series) || isNamed(series))
  // In the order of the history: from each base to the next less is to be compiled.
  const order = new Map(commits.map(({ id }, at) => [id, at]))
  const placeOf = ({ commits: own }: Series) =>
    Math.min(...own.map(({ id }) => order.get(id) ?? Number.POSITIVE_INFINITY))
  return [...security.filter(isOwn(branch)), ...some].toSorted((a, b) => placeOf(a) - placeOf(b))
}

/** Whether one of its commits touches what is of the machine alone; of all where that is not asked. */
function isOwn(branch: string): (series: Series) => boolean {
  if (!values.own) return () => true
  const own = new Set(commitsOf(where.history, branch, where.machine.own).map(({ id }) => id))
  return ({ commits }) => commits.some(({ id }) => own.has(id))
}

/** A branch, an id, or both with a colon. */
function isAskedFor(series: Series): boolean {
  return asked().length === 0 || asked().includes(series.branch) || isNamed(series)
}

function isNamed({ branch, id }: Series): boolean {
  return asked().some(text => [id, `${branch}:${id}`].includes(text))
}

function asked(): readonly string[] {
  return values.only.split(',').filter(text => text !== '')
}

function described({ branch, id, commits }: Series, result: Result | undefined): string {
  const came = result === undefined ? '-' : [result.came, ...result.refusals].join(' ')
  return `${branch} ${id} (${commits.length}): ${came}${result?.came === 'full cycle' ? ` ${result.functions.length}` : ''}`
}
