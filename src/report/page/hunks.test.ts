/** Which functions have code of which hunk, by what debug information says of the payload. */
import { expect, test } from 'vitest'
import { emptyReport, type RunReport, type TextFunctions } from '../model.ts'
import { hunksOf, hunkViews } from './hunks.ts'

const PATCH = `Subject: two hunks

--- a/xen/common/f.c\t2026-01-01
+++ b/xen/common/f.c
@@ -1,3 +1,3 @@ int f(void)
 a
--- b
+++ b
@@ not a hunk, but context
@@ -40 +40,2 @@
 c
+d
--- a/xen/common/gone.c
+++ /dev/null
@@ -1 +0,0 @@
-x
`.split('\n')

test('removed and added lines that look like headers are lines', () => {
  expect(hunksOf(PATCH).map(({ file, number, from, to }) => [file, number, from, to])).toEqual([
    ['xen/common/f.c', 1, 1, 3],
    ['xen/common/f.c', 2, 40, 41],
    ['xen/common/gone.c', 1, 0, 0],
  ])
})

test('only lines that the patch wrote, and those beside what it took away, are a hunk’s own', () => {
  expect(hunksOf(PATCH).map(({ changed }) => [...changed].sort((a, b) => a - b))).toEqual([[1, 2], [41], [0, 1]])
})

function report(
  text: 'patched' | 'neutral',
  numbers: RunReport['lines']['files'][number]['numbers'],
  texts: readonly TextFunctions[] = [],
): RunReport {
  const empty = emptyReport('build', '')
  const source = { path: 'common/f.c', sha256: '', lines: 60 }
  return {
    ...empty,
    details: { patches: [PATCH.join('\n')], neutral: null, texts, listings: [], unlisted: 0 },
    units: [
      {
        unit: 'common/f.o',
        source: 'common/f.c',
        kind: 'changed',
        because: ['common/f.c'],
        text,
        command: [],
        cached: false,
        compileTime: 0,
      },
    ],
    lines: {
      ...empty.lines,
      files: [
        {
          file: 'common/f.c',
          way: 'neutral',
          insertions: 0,
          unsafe: [],
          reason: '',
          original: source,
          patched: source,
          map: [],
          numbers,
          numbering: 'none',
          embedded: null,
        },
      ],
      code: [
        { unit: 'common/f.o', symbol: 'f', size: 4, files: ['./common/f.c', './common/of.c'], rows: [[0, 0, 2]] },
        { unit: 'common/f.o', symbol: 'g', size: 4, files: ['./common/f.c', './common/of.c'], rows: [[0, 1, 2]] },
        { unit: 'common/f.o', symbol: 'h', size: 4, files: ['./common/f.c'], rows: [[0, 0, 1041]] },
      ],
    },
  }
}

const symbols = (of: RunReport) => hunkViews(of).map(({ functions }) => functions.map(({ symbol }) => symbol))

test('a function with a line of the hunk is linked to it, one of another file is not', () => {
  expect(symbols(report('patched', []))).toEqual([['f'], [], []])
})

test('numbers of a rewritten text are put back first', () => {
  const numbers = [
    [1, 1, 10],
    [1041, 41, 1],
  ] as const
  expect(symbols(report('neutral', numbers))).toEqual([['f'], ['h'], []])
})

const bodies = (text: Partial<TextFunctions>) =>
  hunkViews(report('patched', [], [{ file: 'xen/common/f.c', offsets: [0, 0], functions: null, ...text }])).map(
    hunk => [hunk.bodies, hunk.isBodyUnknown],
  )

test('by the text a hunk names the functions within which its lines stand', () => {
  const functions = [
    ['f', 1, 30],
    ['g', 41, 44],
  ] as const
  expect(bodies({ functions })).toEqual([
    [['f'], false],
    [['g'], false],
    [[], true],
  ])
})

test('where it was applied counts, not where the patch says', () => {
  expect(bodies({ functions: [['g', 51, 54]], offsets: [0, 10] })).toEqual([
    [[], false],
    [['g'], false],
    [[], true],
  ])
})

test('a body without a name, and a text that nobody read, are not known', () => {
  expect(bodies({ functions: [[null, 1, 30]] })[0]).toEqual([[], true])
  expect(bodies({})[1]).toEqual([[], true])
})
