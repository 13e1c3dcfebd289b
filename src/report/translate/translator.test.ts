/** What a number in a log means: the tables are the specification. f1 was replaced; f2, below it, was not. */
import { expect, test } from 'vitest'
import { emptyReport, type FileLines, type RunReport, type Way } from '../model.ts'
import type { Layer } from './model.ts'
import { type TranslateOptions, Translator } from './translator.ts'

/** Two lines are put in behind line 5 of 14. */
function touched(way: Way, more: Partial<FileLines> = {}): FileLines {
  const isNeutral = way === 'neutral' || way === 'auto'
  return {
    file: 'common/a.c',
    way,
    insertions: isNeutral ? 2 : 0,
    unsafe: [],
    reason: '',
    original: { path: 'common/a.c', sha256: 'old', lines: 14 },
    patched: { path: 'common/a.c', sha256: 'new', lines: 16 },
    map: [
      [1, 1, 5],
      [6, 8, 9],
    ],
    numbers: isNeutral
      ? [
          [1, 1, 5],
          [15, 6, 2],
          [6, 8, 9],
        ]
      : [],
    numbering: isNeutral ? 'above' : 'none',
    embedded:
      way === 'ignore' || way === 'neutral'
        ? null
        : [
            { line: 4, stays: [], replaced: ['f1'], set: [] },
            { line: 12, stays: way === 'table' ? [] : ['f2'], replaced: [], set: way === 'table' ? ['f2'] : [] },
          ],
    ...more,
  }
}

function layer(way: Way, held: readonly number[], more: Partial<FileLines> = {}, name = 'fix'): Layer {
  const lines = touched(way, more)
  const included = { verdict: 'changed', included: true, reasons: [] } as const
  const report: RunReport = {
    ...emptyReport('build', '0'),
    outcome: 'built',
    target: { name: 'xen', version: '4.17', machine: 62 },
    functions: (way === 'ignore' ? ['f1', 'f2'] : ['f1']).map(f => ({
      name: f,
      unit: 'common/a.o',
      symbols: [f],
      ...included,
    })),
    lines: { way, root: '/build/xen', files: [lines], held, code: [] },
    payload: { file: `${name}.livepatch`, size: 1, sha256: '', buildId: name },
    units: [
      {
        unit: 'common/a.o',
        source: 'common/a.c',
        kind: 'changed',
        because: ['xen/common/a.c'],
        text: lines.numbers.length > 0 ? 'neutral' : 'patched',
        command: [],
        cached: false,
        compileTime: 0,
      },
    ],
  }
  return { name, report }
}

function translated(layers: readonly Layer[], log: string, options: Partial<TranslateOptions> = {}): string {
  const translator = new Translator(layers, { source: 'patched', replace: false, fromLog: false, ...options })
  const lines = log.split('\n').flatMap(line => translator.push(line))
  return [...lines, ...translator.end()].join('\n')
}

test.for<{ way: Way; held: number[]; logged: number; says: string; so: string }>([
  { way: 'auto', held: [4, 15], logged: 12, says: '{=common/a.c:14}', so: 'who stays prints the old number' },
  { way: 'auto', held: [4, 15], logged: 15, says: '{=common/a.c:6}', so: 'an added line has a number of its own' },
  { way: 'auto', held: [4, 15], logged: 4, says: '{=common/a.c:4}', so: 'an unchanged line of the replaced function' },
  { way: 'auto', held: [4, 15], logged: 17, says: '{?no such line}', so: 'no version has it' },
  { way: 'neutral', held: [4, 15], logged: 12, says: '{=common/a.c:14}', so: 'numbers are kept, whoever prints them' },
  { way: 'mask', held: [6], logged: 12, says: '{=common/a.c:14}', so: 'the payload does not hold 12' },
  { way: 'mask', held: [6], logged: 6, says: '{=common/a.c:6}', so: 'only the payload holds 6: an added line' },
  {
    way: 'mask',
    held: [6, 12],
    logged: 12,
    says: '{?common/a.c:14 by f2 | common/a.c:12 by f1 in fix}',
    so: 'either function can have printed it',
  },
  { way: 'table', held: [6], logged: 14, says: '{=common/a.c:14}', so: 'the table has set it' },
  {
    way: 'table',
    held: [6],
    logged: 12,
    says: '{?common/a.c:14 by code that was not replaced | common/a.c:12 by f1 in fix}',
    so: 'nobody embeds 12 any more',
  },
  { way: 'ignore', held: [14], logged: 14, says: '{=common/a.c:14}', so: 'who prints it was replaced' },
  { way: 'ignore', held: [14], logged: 3, says: '{=common/a.c:3}', so: 'above the patch nothing moved' },
])('$way, $logged: $so', ({ way, held, logged, says }) => {
  expect(translated([layer(way, held)], `x common/a.c:${logged}: y`)).toBe(`x common/a.c:${logged} ${says}: y`)
})

test.for([
  { log: 'f2: common/a.c:12', says: 'f2: common/a.c:12 {=common/a.c:14}', so: 'the function that it names' },
  { log: 'f1(): common/a.c:12', says: 'f1(): common/a.c:12 {=common/a.c:12}', so: 'the other one' },
  {
    log: 'f3: common/a.c:12',
    says: 'f3: common/a.c:12 {?common/a.c:14 by f2 | common/a.c:12 by f1 in fix}',
    so: 'one that cannot have printed it decides nothing',
  },
  {
    log: 'Xen BUG at common/a.c:12\nCPU: 0\nRIP:    e008:[<ffff82d040>] common/a.c#f2+0x10/0x20',
    says: 'Xen BUG at common/a.c:12 {=common/a.c:14}\nCPU: 0\nRIP:    e008:[<ffff82d040>] common/a.c#f2+0x10/0x20',
    so: 'where the processor was: in running code',
  },
  {
    log: 'Xen BUG at common/a.c:12\nCPU: 0\nRIP:    e008:[<ffff82d040>] f1+0x10/0x20 [fix]',
    says: 'Xen BUG at common/a.c:12 {=common/a.c:12}\nCPU: 0\nRIP:    e008:[<ffff82d040>] f1+0x10/0x20 [fix]',
    so: 'where the processor was: in the payload',
  },
  {
    log: 'Xen BUG at common/a.c:12\nnothing more',
    says: 'Xen BUG at common/a.c:12 {?common/a.c:14 by f2 | common/a.c:12 by f1 in fix}\nnothing more',
    so: 'a dump that does not come',
  },
])('what is not certain is decided by $so', ({ log, says }) => {
  expect(translated([layer('mask', [12])], log)).toBe(says)
})

test('lines above the patch are one and the same, whoever prints them', () => {
  const known = touched('mask').embedded ?? []
  const both = [...known, { line: 3, stays: ['f0'], replaced: ['f1'], set: [] }]
  expect(translated([layer('mask', [3], { embedded: both })], 'a.c:3')).toBe('a.c:3 {=common/a.c:3}')
})

test.for(['common/a.c', 'a.c', './common/a.c', '/build/xen/common/a.c', '/other/xen/common/a.c', '...mon/a.c'])(
  '%s is the file',
  path => {
    expect(translated([layer('auto', [])], `at ${path}:12`)).toBe(`at ${path}:12 {=common/a.c:14}`)
  },
)

test.for(['other/a.c:12', '/build/xen/lib/common/a.c:12', 'b.c:12', 'a.c', 'a.cc:12', 'xa.c:12', 'a.c:12x'])(
  '%s is left alone',
  text => {
    expect(translated([layer('auto', [])], text)).toBe(text)
  },
)

test('for a reader of the original source', () => {
  const options = { source: 'original' } as const
  expect(translated([layer('auto', [15])], 'a.c:12, a.c:15', options)).toBe(
    'a.c:12 {=common/a.c:12}, a.c:15 {=common/a.c:6 of fix}',
  )
})

test('in the place of what the log said, where it is certain', () => {
  const log = 'a.c:4, common/a.c:12; a.c:12 f1(): a.c:12'
  expect(translated([layer('auto', [])], log, { replace: true })).toBe(
    'common/a.c:4, common/a.c:14; common/a.c:14 f1(): common/a.c:14',
  )
  expect(translated([layer('mask', [12])], 'a.c:12', { replace: true })).toMatch(/^a\.c:12 \{\?/)
})

test('a log of before, with and after the payload', () => {
  const log = [
    'a.c:12 then',
    '(XEN) livepatch: fix: Applying 1 functions',
    'a.c:14 now',
    '(XEN) livepatch: fix finished APPLY with rc=0',
    'a.c:14 now',
    '(XEN) livepatch: fix: Reverting',
    'a.c:12 again',
  ]
  const says = log.map(line => line.replace(/a\.c:\d+/, '$& {=common/a.c:14}'))
  expect(translated([layer('table', [])], log.join('\n'), { fromLog: true })).toBe(says.join('\n'))
})

test('a log of Linux says when some run it already, and when all do', () => {
  const log = [
    'a.c:12 then',
    "livepatch: enabling patch 'fix'",
    "livepatch: 'fix': starting patching transition",
    'a.c:14 meanwhile',
    "livepatch: 'fix': patching complete",
    'a.c:14 now',
    "livepatch: 'other': patching complete",
    'a.c:14 unless that took its place',
    "livepatch: 'fix': starting unpatching transition",
    "livepatch: 'fix': unpatching complete",
    'a.c:12 again',
  ]
  expect(
    translated([layer('table', [])], log.join('\n'), { fromLog: true })
      .split('\n')
      .filter(line => line.startsWith('a')),
  ).toEqual([
    'a.c:12 {=common/a.c:14} then',
    'a.c:14 {?common/a.c:16 by code that was not replaced | common/a.c:14 by f2} meanwhile',
    'a.c:14 {=common/a.c:14} now',
    'a.c:14 {?common/a.c:14 by f2 | common/a.c:16 by code that was not replaced} unless that took its place',
    'a.c:12 {=common/a.c:14} again',
  ])
})

test('an apply that failed applied nothing', () => {
  const log = ['livepatch: fix: Applying 1 functions', 'livepatch: fix finished APPLY with rc=-16', 'a.c:14'].join('\n')
  expect(translated([layer('table', [])], log, { fromLog: true })).toMatch(/a\.c:14 \{=common\/a\.c:16\}$/)
})

test('a log that contradicts what was said is noted', () => {
  const translator = new Translator([layer('auto', [])], { source: 'patched', replace: false, fromLog: false })
  translator.push('livepatch: fix: Applying 1 functions')
  expect(translator.takeNotes()).toEqual([expect.stringContaining('--from-log')])
  expect(translator.takeNotes()).toEqual([])
})

test('a line is written at once unless its dump can decide', () => {
  const translator = new Translator([layer('mask', [6, 12])], { source: 'patched', replace: false, fromLog: false })
  expect(translator.push('a.c:12')).toHaveLength(1)
  expect(translator.push('Xen BUG at a.c:6')).toHaveLength(1)
  expect(translator.push('Xen BUG at a.c:12')).toEqual([])
  expect(translator.push('CPU: 0')).toEqual([])
  expect(translator.end()).toHaveLength(2)
})

/** A second patch puts one line in behind line 2. */
const second = (from: 'old' | 'new', lines: number): Partial<FileLines> => ({
  original: { path: 'common/a.c', sha256: from, lines },
  patched: { path: 'common/a.c', sha256: `${from}2`, lines: lines + 1 },
  map: [
    [1, 1, 2],
    [3, 4, lines - 2],
  ],
  numbers: [
    [1, 1, 2],
    [lines + 1, 3, 1],
    [3, 4, lines - 2],
  ],
})

test('upon a payload from the tree that the first patch left', () => {
  const stack = [layer('auto', [15]), layer('neutral', [17], second('new', 16), 'more')]
  expect(translated(stack, 'f2: a.c:12')).toBe('f2: a.c:12 {=common/a.c:15}')
  expect(translated(stack, 'a.c:17')).toBe('a.c:17 {=common/a.c:3}')
})

test('upon a payload from the same tree: lines of the one that the other does not have', () => {
  const stack = [layer('auto', [15, 16], { numbers: [[15, 6, 2]] }), layer('neutral', [15], second('old', 14), 'more')]
  const f1 = {
    ...stack[1],
    report: { ...(stack[1]?.report ?? emptyReport('build', '0')), functions: [] },
    name: 'more',
  }
  expect(translated([stack[0] ?? layer('auto', []), f1], 'a.c:16')).toBe('a.c:16 {=common/a.c:7 of fix}')
  // The second payload has f1 too: what the first one holds no longer runs.
  expect(translated(stack, 'a.c:15')).toBe('a.c:15 {=common/a.c:3}')
})

test('two live patches of Linux, each built on the kernel as it booted, and the lower one out first', () => {
  const lower = layer('auto', [15, 16], { numbers: [[15, 6, 2]] }, 'lower')
  const upper = layer('neutral', [15], second('old', 14), 'upper')
  const functions = upper.report.functions.map(each => ({ ...each, name: 'f2' }))
  const stack = [lower, { ...upper, report: { ...upper.report, functions } }]
  const log = [
    "livepatch: 'lower': patching complete",
    'a.c:16 by the lower one',
    "livepatch: 'upper': patching complete",
    // The kernel does not say whether the upper one took the lower one's place: then nobody would print this.
    'a.c:16 by the lower one still',
    'a.c:15 by either',
    "livepatch: 'lower': unpatching complete",
    'a.c:15 by the upper one',
    "livepatch: 'upper': unpatching complete",
    'a.c:12 by neither',
  ]
  const lines = translated(stack, log.join('\n'), { fromLog: true }).split('\n')
  expect(lines.filter(line => line.startsWith('a'))).toEqual([
    'a.c:16 {=common/a.c:7 of lower} by the lower one',
    'a.c:16 {=common/a.c:7 of lower} by the lower one still',
    'a.c:15 {?common/a.c:6 of lower by f1 in lower | common/a.c:3 by f2 in upper} by either',
    'a.c:15 {=common/a.c:3} by the upper one',
    'a.c:12 {=common/a.c:13} by neither',
  ])
})

const withCode = (): Layer => {
  const { name, report } = layer('auto', [15])
  const rows = [
    [0, 0, 4],
    [8, 0, 15],
    [16, 1, 70],
  ] as const
  const code = [{ unit: 'common/a.o', symbol: 'f1', size: 32, files: ['common/a.c', './include/b.h'], rows }]
  return { name, report: { ...report, lines: { ...report.lines, code } } }
}
const running = (name: string, offset: number) =>
  name === 'common/a.c#f2' || name === 'f2' ? { file: 'common/a.c', line: offset < 8 ? 11 : 12 } : undefined

test.for<{ log: string; says: string | undefined; so: string }>([
  { log: 'RIP: 0[<0>] f1+0x8/0x20 [fix]', says: '{=common/a.c:6}', so: 'where the processor is' },
  { log: '[<0>] F f1+0x8/0x20 [fix]', says: '{=common/a.c:4}', so: 'behind a call: the line of the call' },
  { log: '[<0>] F common/a.c#f1+0x9/0x20 [fix]', says: '{=common/a.c:6}', so: 'with its file' },
  { log: '[<0>] F common/b.c#f1+0x9/0x20 [fix]', says: undefined, so: 'the namesake in another file' },
  { log: '[<0>] F f1+0x18/0x20 [fix]', says: '{=include/b.h:70}', so: 'what was inlined from an untouched file' },
  { log: '[<0>] F f1+0x18/0x20 [other]', says: undefined, so: 'a payload that is not known' },
  { log: '[<0>] F f1+0x18/0x20', says: undefined, so: 'the running f1, of which nothing is known' },
  { log: '[<0>] R f2+0x8/0x20', says: '{=common/a.c:14}', so: 'running code' },
  { log: '[<0>] F common/a.c#f2+0x8/0x20', says: '{=common/a.c:13}', so: 'running code behind a call' },
  { log: 'at f1+0x9', says: '{=common/a.c:6}', so: 'no word of a payload: the last version runs' },
  { log: 'at f3+0x9', says: undefined, so: 'a function that nobody knows' },
])('$log: $so', ({ log, says }) => {
  expect(translated([withCode()], `${log} end`, { running })).toBe(
    says === undefined ? `${log} end` : `${log} ${says} end`,
  )
})

test('a debug file is asked before the report, and what it does not know is the report’s', () => {
  const asked: string[] = []
  const debug = (name: string, offset: number) => {
    asked.push(`${name}+${offset}`)
    return offset === 0x10 ? { file: 'common/a.c', line: 15 } : undefined
  }
  const [first, second] = ['RIP: 0[<0>] f1+0x10/0x20 [fix]', 'RIP: 0[<0>] f1+0x8/0x20 [fix]']
  const said = (layers: readonly Layer[], log: string) => /\{.*?\}/.exec(translated(layers, log))?.[0]
  expect(said([{ ...withCode(), debug }], first)).toBe(said([withCode()], second))
  expect(said([withCode()], first)).not.toBe(said([withCode()], second))
  expect(said([{ ...withCode(), debug }], second)).toBe(said([withCode()], second))
  expect(asked).toEqual(['f1+16', 'f1+8'])
})
