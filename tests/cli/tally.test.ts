/** The line that a test run ends with, and the exit code beside it. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const tally = fileURLToPath(new URL('../../scripts/tally.mjs', import.meta.url))
const results = (...statuses: string[]) => statuses.map(status => ({ status, fullName: `a ${status} one` }))
const suite = (status: string, ...statuses: string[]) => ({
  name: `/x/${status}-${statuses.join('-')}.test.ts`,
  status,
  message: '',
  assertionResults: results(...statuses),
})

test.for([
  {
    name: 'all is well',
    suites: [suite('passed', 'passed', 'passed')],
    make: '0',
    last: '2 passed, 0 failed',
    code: 0,
  },
  {
    name: 'skipped tests are no passed ones',
    suites: [suite('passed', 'passed', 'pending', 'todo', 'skipped')],
    make: '0',
    last: '1 passed, 0 failed, 3 skipped',
    code: 0,
  },
  { name: 'one failed', suites: [suite('failed', 'passed', 'failed')], make: '2', last: '1 passed, 1 failed', code: 1 },
  {
    name: 'a file that could not be loaded is a failure',
    suites: [suite('passed', 'passed'), suite('failed')],
    make: '2',
    last: '1 passed, 1 failed',
    code: 1,
  },
  { name: 'make failed before the tests', suites: undefined, make: '2', last: '0 passed, 1 failed', code: 1 },
  {
    name: 'make failed though no test did',
    suites: [suite('passed', 'passed')],
    make: '2',
    last: '1 passed, 1 failed',
    code: 1,
  },
  { name: 'no test ran', suites: [], make: '0', last: '0 passed, 1 failed', code: 1 },
])('$name', ({ suites, make, last, code }) => {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  try {
    const report = join(folder, 'report.json')
    if (suites !== undefined) writeFileSync(report, JSON.stringify({ testResults: suites }))
    const { stdout, status } = spawnSync(process.execPath, [tally, report, make], { encoding: 'utf8' })
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(last)
    expect(status).toBe(code)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.for([
  {
    name: 'are summed',
    first: [suite('passed', 'passed')],
    second: [suite('passed', 'passed', 'passed')],
    makes: ['0', '0'],
    last: '3 passed, 0 failed',
  },
  {
    name: 'the first may fail',
    first: [suite('failed', 'failed')],
    second: [suite('passed', 'passed')],
    makes: ['2', '0'],
    last: '1 passed, 1 failed',
  },
  {
    name: 'so may the second',
    first: [suite('passed', 'passed')],
    second: [suite('failed', 'failed')],
    makes: ['0', '2'],
    last: '1 passed, 1 failed',
  },
  {
    name: 'so may both',
    first: [suite('failed', 'failed')],
    second: [suite('failed', 'passed', 'failed')],
    makes: ['2', '2'],
    last: '1 passed, 2 failed',
  },
  {
    name: 'a test in both counts once',
    first: [suite('passed', 'passed', 'skipped')],
    second: [suite('passed', 'passed', 'skipped')],
    makes: ['0', '0'],
    last: '1 passed, 0 failed, 1 skipped',
  },
  {
    name: 'the second has nothing',
    first: [suite('passed', 'passed')],
    second: [],
    makes: ['0', '0'],
    last: '1 passed, 1 failed',
  },
  {
    name: 'the second is not there',
    first: [suite('passed', 'passed')],
    second: undefined,
    makes: ['0', '2'],
    last: '1 passed, 1 failed',
  },
])('two reports: $name', ({ first, second, makes, last }) => {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  try {
    const args = [first, second].flatMap((suites, index) => {
      const report = join(folder, `${index}.json`)
      if (suites !== undefined) writeFileSync(report, JSON.stringify({ testResults: suites }))
      return [report, makes[index] ?? '0']
    })
    const { stdout, status } = spawnSync(process.execPath, [tally, ...args], { encoding: 'utf8' })
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(last)
    expect(status).toBe(last.includes(' 0 failed') ? 0 : 1)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
