/**
 * Prints the line that sums a test run up, from vitest's JSON report, and exits with 1 unless all is well.
 *
 *   node scripts/tally.mjs REPORT.json STATUS-OF-MAKE
 *
 * A test file that could not be loaded has no test results; it counts as one failure. So does a step before the tests.
 */
import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'

const [file = '.vitest/report.json', status = '0'] = process.argv.slice(2)
const counts = { passed: 0, failed: 0, skipped: 0 }
const of = { passed: 'passed', failed: 'failed' }

if (existsSync(file)) {
  const report = JSON.parse(readFileSync(file, 'utf8'))
  for (const suite of report.testResults) {
    const failedBefore = counts.failed
    for (const test of suite.assertionResults) {
      counts[of[test.status] ?? 'skipped'] += 1
      if (test.status === 'failed') console.log(`failed: ${relative(process.cwd(), suite.name)}: ${test.fullName}`)
    }
    if (suite.status === 'failed' && counts.failed === failedBefore) {
      counts.failed += 1
      console.log(`failed: ${relative(process.cwd(), suite.name)}: ${suite.message || 'the file could not be run'}`)
    }
  }
}
if (status !== '0' && counts.failed === 0) {
  counts.failed += 1
  console.log(`failed: make test ended with status ${status}`)
}
if (counts.passed === 0 && counts.failed === 0) {
  counts.failed += 1
  console.log('failed: no test ran')
}
const skipped = counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`)
process.exitCode = counts.failed === 0 ? 0 : 1
