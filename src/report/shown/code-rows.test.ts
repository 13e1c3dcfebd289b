/** Both versions of a function: what each piece of a row is said to be. */
import { expect, test } from 'vitest'
import { codeText } from '../code-text.ts'
import { PLAIN } from '../ink.ts'
import { emptyReport, type Listing, type RunReport } from '../model.ts'
import { codeView } from './code-rows.ts'

const LISTING: Listing = {
  unit: 'a.o',
  name: 'f',
  symbol: 'f',
  original: {
    size: 20,
    instructions: [
      [0, 'mov $0x3, %edi'],
      [5, 'mov $0x28, %esi'],
      [10, 'je f+0x10'],
      [12, 'call printk'],
      [17, 'ret'],
    ],
    sites: [{ offset: 6, file: 'a.c', line: 40 }],
    references: [{ offset: 12, name: 'printk' }],
  },
  patched: {
    size: 20,
    instructions: [
      [0, 'mov $0x4, %edi'],
      [5, 'mov $0x2a, %esi'],
      [10, 'je f+0x12'],
      [12, 'call dprintk'],
      [17, 'ret'],
    ],
    sites: [],
    references: [{ offset: 12, name: 'dprintk' }],
  },
}

function reportWith(to: number): RunReport {
  const empty = emptyReport('build', '')
  const text = { path: 'a.c', sha256: '', lines: 60 }
  const file = {
    file: 'a.c',
    way: 'mask',
    insertions: 0,
    unsafe: [],
    reason: '',
    original: text,
    patched: text,
    map: [[30, 30 + to - 40, 20]],
    numbers: [],
    numbering: 'none',
    embedded: null,
  } as const
  const code = [{ unit: 'a.o', symbol: 'f', size: 20, files: ['./a.c'], rows: [[12, 0, 44]] as const }]
  return { ...empty, lines: { ...empty.lines, files: [file], code } }
}

test('what differs, names, lines and embedded line numbers are told apart', () => {
  const { rows, differing, sites } = codeView(LISTING, reportWith(42))
  expect([differing, sites, rows.length]).toEqual([3, 1, 5])
  const told = (side: 'original' | 'patched', at: number) =>
    rows[at]?.[side]?.segments.map(({ text, kind, differs }) => `${differs ? '≠' : ''}${kind}:${text}`)
  expect(told('original', 0)).toEqual(['plain:mov ', '≠plain:$0x3', 'plain:, %edi'])
  expect(told('original', 1)).toEqual(['plain:mov ', '≠plain:$0x28', 'plain:, %esi', 'site:line 40 of a.c'])
  expect(told('patched', 1)).toEqual(['plain:mov ', '≠plain:$0x2a', 'plain:, %esi', 'site:line 42 of a.c'])
  expect(rows[2]?.differs).toBe(false)
  expect(told('patched', 3)).toEqual(['plain:call ', '≠name:dprintk', 'line:a.c:44'])
})

test('a number that is not what the patch made of the line is none of the new version that is known', () => {
  const { rows } = codeView(LISTING, reportWith(43))
  expect([rows[1]?.original?.hasSite, rows[1]?.patched?.hasSite]).toEqual([true, false])
})

test('the same pieces as text', () => {
  expect(codeText(LISTING, reportWith(42), PLAIN)).toEqual([
    '  instructions of f, of which 3 of 5 rows differ (- before, + after, # embeds a line number):',
    '    -     0  mov $0x3, %edi',
    '    +     0  mov $0x4, %edi',
    '    -#    5  mov $0x28, %esi  line 40 of a.c',
    '    +#    5  mov $0x2a, %esi  line 42 of a.c',
    '         10  je f+0x12'.replace('10', ' a'),
    '    -     c  call printk',
    '    +     c  call dprintk  a.c:44',
    '         11  ret',
  ])
})

test('of a rewritten text the lines are the patched source’s, not the numbers that the compiler saw', () => {
  const report = reportWith(42)
  const [file] = report.lines.files
  const rewritten: RunReport = {
    ...report,
    units: [
      {
        unit: 'a.o',
        source: 'a.c',
        kind: 'changed',
        because: ['a.c'],
        text: 'neutral',
        command: [],
        cached: false,
        compileTime: 0,
      },
    ],
    lines: { ...report.lines, files: file === undefined ? [] : [{ ...file, numbers: [[44, 7, 1]] }] },
  }
  const segments = codeView(LISTING, rewritten).rows[3]?.patched?.segments
  expect(segments?.find(({ kind }) => kind === 'line')?.text).toBe('a.c:7')
})
