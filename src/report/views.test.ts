import { describe, expect, test } from 'vitest'
import { explain } from './explain.ts'
import { toJson } from './json.ts'
import { emptyReport, type IncludedPiece, type RunReport } from './model.ts'
import { readReport } from './schema.ts'
import { summary } from './text.ts'

const piece = (name: string, role: string, because: number | null, text: string): IncludedPiece => ({
  unit: 'a.o',
  name,
  role,
  size: 8,
  reason: { code: 'why', text },
  because,
})

const REPORT: RunReport = {
  ...emptyReport('build', '0.0.0'),
  outcome: 'built',
  functions: [
    {
      name: 'f',
      unit: 'a.o',
      symbols: ['f', 'f.cold'],
      verdict: 'changed',
      included: true,
      reasons: [{ code: 'byte', text: 'byte 0x4 went from 0x1 to 0x2' }],
    },
    {
      name: 'helper',
      unit: 'a.o',
      symbols: ['helper'],
      verdict: 'new',
      included: true,
      reasons: [{ code: 'new', text: 'it is not in the original object' }],
    },
    {
      name: 'g',
      unit: 'b.o',
      symbols: ['g'],
      verdict: 'line-only',
      included: false,
      reasons: [{ code: 'line-only', text: 'only embedded line numbers differ, at 1 place' }],
    },
  ],
  pieces: [
    piece('f', 'replacement', null, 'byte 0x4 went from 0x1 to 0x2'),
    piece('f.cold', 'part', 0, 'it is a part of f'),
    piece('helper', 'new-function', 0, 'f uses it'),
    piece('.rodata.str1.1+0x8', 'content', 2, 'helper uses it'),
    piece('.altinstructions+0x0', 'entry', 0, 'it belongs to f'),
    piece('.altinstructions+0xe', 'entry', 0, 'it belongs to f'),
  ],
  payload: { file: 'x.livepatch', size: 100, sha256: 'aa', buildId: 'bb' },
  notices: [{ code: 'source', text: 'a hunk moved' }],
}

const REFUSED: RunReport = {
  ...REPORT,
  outcome: 'refused',
  payload: null,
  refusals: [{ code: 'init-code', unit: 'a.o', symbol: 'setup', text: 'setup changed', hint: 'leave it' }],
}

describe('the summary', () => {
  test('says what is in, what is left out, and what was written', () => {
    expect(summary(REPORT)).toBe(`in the payload: 2 functions
  a.o
    f       changed: byte 0x4 went from 0x1 to 0x2
    helper  new: it is not in the original object

with them: 1 string or constant, 2 special-section entries

left out, though not the same: 1
  b.o
    g  line-only: only embedded line numbers differ, at 1 place

notice: a hunk moved [source]

built x.livepatch: 100 bytes, build-id bb
`)
  })

  test('shows each refusal with its way out, and claims no payload', () => {
    const text = summary(REFUSED)
    expect(text).toContain('  init-code a.o\n    setup changed\n    way out: leave it\n')
    expect(text).toMatch(/refused, for 1 reason; no payload was written\n$/)
    expect(text).not.toContain('build-id')
  })

  test('counts notices of one kind, and tells every warning', () => {
    const many = (code: string) => Array.from({ length: 180 }, (_, at) => ({ code, text: `section ${at} splits` }))
    const text = summary({ ...REPORT, notices: [...many('unexplained'), ...REPORT.notices], warnings: many('copies') })
    expect(text).toContain(
      'notice: section 0 splits [unexplained]\n  … and 179 more of unexplained; --json FILE has all\n',
    )
    expect(text).toContain('notice: a hunk moved [source]')
    expect(text.match(/^notice/gm)).toHaveLength(2)
    expect(text.match(/^warning/gm)).toHaveLength(180)
  })

  test('of a diff that found only line numbers says so', () => {
    const report = { ...REPORT, command: 'diff', outcome: 'nothing-to-do' } as const
    expect(summary(report)).toMatch(/only line numbers differ\n$/)
  })
})

describe('explain', () => {
  test('tells a changed function, its parts and what it brought in', () => {
    expect(explain(REPORT, 'f')).toBe(`f (a.o): changed, in the payload
  symbols: f, f.cold
  byte 0x4 went from 0x1 to 0x2 [byte]
  brings in:
    helper (new-function), 8 bytes
    2 × .altinstructions (entry), 16 bytes
`)
  })

  test('tells the chain that brought a new function in', () => {
    expect(explain(REPORT, 'helper')).toContain(
      '  helper (new-function): f uses it\n  because f (replacement): byte 0x4 went from 0x1 to 0x2\n',
    )
  })

  test('follows the chain of something without a name to its end', () => {
    expect(explain(REPORT, '.rodata.str1.1+0x8').split('\n').slice(1, 4)).toEqual([
      '  .rodata.str1.1+0x8 (content): helper uses it',
      '  because helper (new-function): f uses it',
      '  because f (replacement): byte 0x4 went from 0x1 to 0x2',
    ])
  })

  test.for(['b.o', 'b.o g', 'g'])('finds %s', wanted => {
    expect(explain(REPORT, wanted)).toMatch(/^g \(b\.o\): line-only, not in the payload\n/)
  })

  test('tells refusals by their symbol', () => {
    expect(explain(REFUSED, 'setup')).toBe('setup (a.o): refused [init-code]\n  setup changed\n  way out: leave it\n')
  })

  test('a name that the report does not know is bad input', () => {
    expect(() => explain(REPORT, 'nothing')).toThrow(/says nothing about nothing/)
  })
})

describe('a report as JSON', () => {
  test('comes back as it was', () => {
    expect(readReport(toJson(REFUSED), 'x')).toEqual(REFUSED)
  })

  test('is the same text each time, milliseconds rounded', () => {
    expect(toJson({ ...REPORT, timings: { open: 1.23456 } })).toContain('"open": 1.23')
  })

  test.for([
    { text: '{', code: 'report/not-json', words: /x is not JSON/ },
    { text: 'null', code: 'report/not-a-report', words: /at its top level/ },
    { text: toJson({ ...REPORT, schema: 2 }), code: 'report/not-a-report', words: /at schema/ },
    { text: toJson({ ...REPORT, pieces: [{ unit: 1 }] }), code: 'report/not-a-report', words: /at pieces\.0\./ },
  ])('$code', ({ text, code, words }) => {
    expect(() => readReport(text, 'x')).toThrow(expect.objectContaining({ code }))
    expect(() => readReport(text, 'x')).toThrow(words)
  })

  test('of a newer hotsplice, with fields that this one does not know, is read', () => {
    expect(readReport(toJson({ ...REPORT, fresh: 1 }), 'x').functions).toHaveLength(3)
  })
})
