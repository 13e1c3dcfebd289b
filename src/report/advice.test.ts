/** Which way is recommended, and why. */
import { expect, test } from 'vitest'
import { adviceOf, type TriedReport } from './advice.ts'
import { adviceText } from './advice-text.ts'
import { emptyReport, type FileLines, type Outcome, type RunReport, type Way } from './model.ts'

const FILE: FileLines = {
  file: 'a.c',
  way: 'neutral',
  insertions: 0,
  unsafe: [],
  reason: 'every unchanged line keeps its number',
  original: { path: 'a.c', sha256: 'old', lines: 14 },
  patched: { path: 'a.c', sha256: 'new', lines: 16 },
  map: [
    [1, 1, 5],
    [6, 8, 9],
  ],
  numbers: [],
  numbering: 'none',
  embedded: [
    { line: 4, stays: ['f0'], replaced: [], set: [] },
    { line: 12, stays: ['f2'], replaced: [], set: [] },
  ],
}

interface Tried {
  readonly way: Way
  readonly outcome?: Outcome
  readonly functions?: readonly string[]
  readonly left?: readonly string[]
  readonly refused?: string
  readonly embedded?: FileLines['embedded']
}

function tried({ way, outcome = 'built', functions = ['f1'], left = [], refused, embedded }: Tried): TriedReport {
  const entry = (name: string, included: boolean) =>
    ({
      name,
      unit: 'a.o',
      symbols: [name],
      verdict: included ? 'changed' : 'line-only',
      included,
      reasons: [],
    }) as const
  const report: RunReport = {
    ...emptyReport('build', '0'),
    outcome,
    target: { name: 'xen', version: null, machine: 62 },
    functions: [...functions.map(name => entry(name, true)), ...left.map(name => entry(name, false))],
    refusals: refused === undefined ? [] : [{ code: refused, unit: 'a.o', symbol: 'x', text: 't', hint: 'h' }],
    lines: {
      way,
      root: '',
      files: [{ ...FILE, way: way === 'auto' ? 'neutral' : way, embedded: embedded ?? null }],
      held: [],
      code: [],
    },
  }
  return {
    way,
    report,
    size: outcome === 'built' ? 100 : null,
    effort: { compiles: 1, cached: 0, compileTime: 1, otherTime: 1 },
  }
}

test.for<{ so: string; ways: Tried[]; outcome: string; recommended: Way | null; reason: RegExp }>([
  {
    so: 'auto, where ignore takes more',
    ways: [{ way: 'auto', left: ['f2'] }, { way: 'mask' }, { way: 'ignore', functions: ['f1', 'f2'] }],
    outcome: 'advised',
    recommended: 'auto',
    reason: /^1 function, and one that differs .* stays; mask gives the same functions; ignore would take 2 functions/,
  },
  {
    so: 'auto, where ignore is refused',
    ways: [{ way: 'auto' }, { way: 'ignore', outcome: 'refused', functions: ['f1', 'f2'], refused: 'init-code' }],
    outcome: 'advised',
    recommended: 'auto',
    reason: /ignore is refused \(init-code\)/,
  },
  {
    so: 'the smallest, where auto gives no payload',
    ways: [
      { way: 'auto', outcome: 'refused', refused: 'loader-rule' },
      { way: 'ignore', functions: ['f1', 'f2'] },
      { way: 'mask' },
    ],
    outcome: 'advised',
    recommended: 'mask',
    reason: /auto is refused \(loader-rule\)/,
  },
  {
    so: 'nothing, where only line numbers differ',
    ways: [
      { way: 'auto', outcome: 'nothing-to-do', functions: [] },
      { way: 'ignore', functions: ['f2'] },
    ],
    outcome: 'nothing-to-do',
    recommended: 'auto',
    reason: /ignore would take 1 function for the sake of line numbers alone/,
  },
  {
    so: 'none, where all are refused',
    ways: [{ way: 'auto', outcome: 'refused', refused: 'init-code' }],
    outcome: 'refused',
    recommended: null,
    reason: /no way gives a payload; auto has the fewest refusals: init-code/,
  },
])('$so', ({ ways, outcome, recommended, reason }) => {
  const advice = adviceOf(ways.map(tried), '0')
  expect(advice).toMatchObject({ outcome, recommended, reason: expect.stringMatching(reason) })
  expect(adviceText(advice)).toContain(recommended === null ? 'refused: ' : advice.reason)
})

test('what one way knows of embedded lines is told for all', () => {
  const known = FILE.embedded
  const set = [{ line: 12, stays: [], replaced: [], set: ['f2'] }]
  const ways = adviceOf(
    [
      tried({ way: 'auto', embedded: known }),
      tried({ way: 'table', embedded: set }),
      tried({ way: 'ignore', functions: ['f1', 'f2'] }),
    ],
    '0',
  ).ways
  expect(ways.map(({ way, logs }) => ({ way, off: logs.off, examples: logs.examples }))).toEqual([
    { way: 'auto', off: 1, examples: [{ function: 'f2', prints: 'a.c:12', means: 'a.c:14' }] },
    { way: 'table', off: 0, examples: [{ function: 'f2', prints: 'a.c:14', means: 'a.c:14' }] },
    { way: 'ignore', off: 0, examples: [{ function: 'f2', prints: 'a.c:14', means: 'a.c:14' }] },
  ])
})

test('where no way knows, it is said that it is not known', () => {
  const [way] = adviceOf([tried({ way: 'neutral' })], '0').ways
  expect(way?.logs).toMatchObject({ off: null, examples: [] })
})

test('functions of ours are counted apart', () => {
  const { way, report, size, effort } = tried({ way: 'table' })
  const [first] = report.functions
  const ours = first === undefined ? [] : [{ ...first, name: 'hotsplice_load', unit: 'hotsplice/lines.o' }]
  const table = { way, size, effort, report: { ...report, functions: [...report.functions, ...ours] } }
  const advice = adviceOf([tried({ way: 'auto' }), table], '0')
  expect(advice.ways.map(({ functions, helpers }) => [functions.length, helpers])).toEqual([
    [1, 0],
    [1, 1],
  ])
  expect(advice.reason).toContain('table gives the same functions')
  expect(adviceText(advice)).toContain('1 (+1)')
})
