/**
 * Gives two checkouts the same cases, as whole processes, and holds what they make against each other: exit codes, payload
 * bytes, JSON reports. Prints each difference and the counts; exits with 1 where there is one.
 *
 *   npx tsx scripts/compare-checkouts.ts FIRST SECOND [WORD...] [--most N] [--state FOLDER] [--known FILE]
 *
 * FIRST and SECOND are folders of checkouts that were built (bin/hotsplice runs). Cases are those of tests/cases,
 * tests/ways and, where scripts/xen.sh has built its trees, tests/xen/cases; WORDs choose those whose name has one of
 * them. With --state, what was compared stays in FOLDER, and a later run of the same two goes on from there; --most ends a
 * run after so many. --known names a file of differences that are meant, one a line: the start of a line that this prints,
 * and behind ` # ` why.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { compareWork, keyOf } from './compare/compare-work.ts'
import { type Known, readKnown, sorted } from './compare/known.ts'
import { works } from './compare/works.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { most: { type: 'string' }, state: { type: 'string' }, known: { type: 'string' } },
})
const [first, second, ...chosen] = positionals
if (first === undefined || second === undefined) {
  console.error('usage: compare-checkouts FIRST SECOND [WORD...] [--most N] [--state FOLDER] [--known FILE]')
  process.exit(2)
}
const known = values.known === undefined ? [] : readKnown(readFileSync(values.known, 'utf8'))
process.exitCode = compareAll([resolve(first), resolve(second)], known) ? 0 : 1

/** Whether nothing differs but what is known to. */
function compareAll(checkouts: readonly [string, string], meant: readonly Known[]): boolean {
  const state = values.state === undefined ? mkdtempSync(join(tmpdir(), 'hotsplice-compare-')) : resolve(values.state)
  mkdirSync(state, { recursive: true })
  try {
    return compareIn(state, checkouts, meant)
  } finally {
    if (values.state === undefined) rmSync(state, { recursive: true, force: true })
  }
}

function compareIn(state: string, checkouts: readonly [string, string], meant: readonly Known[]): boolean {
  const wanted = works().filter(({ name }) => chosen.length === 0 || chosen.some(word => name.includes(word)))
  const builds = checkouts.map(keyOf).join('-')
  const lines: string[] = []
  let [fresh, same, differing] = [0, 0, 0]
  for (const work of wanted) {
    const kept = join(state, `${work.name.replace(/[^a-z0-9]+/gi, '-')}.${builds}.json`)
    if (!existsSync(kept)) {
      if (fresh === Number(values.most ?? Number.POSITIVE_INFINITY)) break
      fresh++
      writeFileSync(kept, JSON.stringify(compareWork(work, checkouts, state)))
    }
    const differences: readonly string[] = JSON.parse(readFileSync(kept, 'utf8'))
    const named = differences.map(text => `${work.name}: ${text}`)
    for (const line of sorted(named, meant).unknown) console.log(line)
    lines.push(...named)
    if (named.length === 0) same++
    else differing++
  }
  const { unknown, reasons } = sorted(lines, meant)
  for (const { why, count } of reasons) console.log(`known, ${count} times: ${why}`)
  const left = wanted.length - same - differing
  const counts = `${wanted.length} cases: ${same} the same, ${differing} differ`
  console.log(
    `${counts} (${unknown.length} differences that are not known)${left > 0 ? `, ${left} not compared yet` : ''}`,
  )
  return unknown.length === 0
}
