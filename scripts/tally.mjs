/**
 * Prints the line that sums a test run up, from vitest's JSON reports, and exits with 1 unless all is well.
 *
 *   node scripts/tally.mjs REPORT.json STATUS-OF-MAKE [REPORT.json STATUS-OF-MAKE]...
 *
 * A test file that could not be loaded has no test results; it counts as one failure. So does a step before the tests, and
 * a report in which no test ran. What is in two reports counts once, and is failed where it failed in one.
 */
import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'

const of = { passed: 'passed', failed: 'failed' }
/** By file and name; tests of one name are told apart by their number. */
const found = new Map()

function note(key, status, words) {
  if (status === 'failed') console.log(`failed: ${words}`)
  if (found.get(key) !== 'failed') found.set(key, status)
}

const [, , ...given] = process.argv
for (let at = 0; at < given.length; at += 2) tally(given[at], given[at + 1] ?? '0')

function tally(file, status) {
  const suites = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).testResults : []
  let [ran, failed] = [0, 0]
  for (const suite of suites) {
    const name = relative(process.cwd(), suite.name)
    const numbers = new Map()
    let failedHere = 0
    for (const test of suite.assertionResults) {
      const number = numbers.get(test.fullName) ?? 0
      numbers.set(test.fullName, number + 1)
      const result = of[test.status] ?? 'skipped'
      note(`${name} ${test.fullName} ${number}`, result, `${name}: ${test.fullName}`)
      if (result !== 'skipped') ran += 1
      if (result === 'failed') failedHere += 1
    }
    if (suite.status === 'failed' && failedHere === 0) {
      note(name, 'failed', `${name}: ${suite.message || 'the file could not be run'}`)
      failedHere = 1
    }
    failed += failedHere
  }
  if (failed > 0) return
  if (status !== '0') note(file, 'failed', `make ended with status ${status} (${relative(process.cwd(), file)})`)
  else if (ran === 0) note(file, 'failed', `no test ran (${relative(process.cwd(), file)})`)
}

const counts = { passed: 0, failed: 0, skipped: 0 }
for (const status of found.values()) counts[status] += 1
const skipped = counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`)
process.exitCode = counts.failed === 0 && found.size > 0 ? 0 : 1
