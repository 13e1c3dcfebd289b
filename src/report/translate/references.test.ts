import fc from 'fast-check'
import { expect, test } from 'vitest'
import { announcesDump, codeIn, linesIn } from './references.ts'

/** What a place is, as one pattern each; right, and their time grows with the square of a line's length. */
const LINE = /([\w./+-]*[\w+-]\.(?:[chsS]|cc|cpp|inc)):(\d{1,7})(?![\w])/g
const CODE =
  /(?:([\w./+-]+\.[chsS])#)?([A-Za-z_.][\w.]*)\+(0x[0-9a-fA-F]+|0)(?![\w])(?:(\/(?:0x[0-9a-fA-F]+|0))(?: \[([^\]\s]+)\])?)?/g

const piece = fc.constantFrom(
  ...[
    'a',
    'b1',
    '7',
    '.',
    '.c',
    '.h',
    'x.c',
    '.cpp',
    '/',
    '-',
    '+',
    '#',
    ':',
    ':12',
    ':12345678',
    '+0x1f',
    '+0',
    '0x2',
  ],
  ...['/0x20', ' [p-1]', ' [', ' ', 'é', '(', 'f+0x10', 'a.c#f', '#g+0x1'],
)
const lines = fc.array(piece, { maxLength: 14 }).map(pieces => pieces.join(''))

test('places are found as the two patterns find them', () => {
  let some = 0
  const property = fc.property(lines, text => {
    const named = [...text.matchAll(LINE)].map(({ 0: whole, 1: path, 2: number, index }) => [
      whole,
      path,
      number,
      index,
    ])
    expect(
      linesIn(text).map(each => [each.text, each.path, String(each.number), each.at]),
      text,
    ).toEqual(named.map(([whole, path, number, at]) => [whole, path, String(Number(number)), at]))
    const code = [...text.matchAll(CODE)].map(match => [match.index, ...match])
    expect(
      codeIn(text).map(each => [each.at, each.text, each.path, each.symbol]),
      text,
    ).toEqual(code.map(each => each.slice(0, 4)))
    expect(
      codeIn(text).map(each => [each.offset, each.isXen, each.payload]),
      text,
    ).toEqual(code.map(each => [Number(each[4]), each[5] !== undefined, each[6]]))
    some += named.length + code.length
  })
  fc.assert(property, { seed: 19, numRuns: 20_000 })
  expect(some).toBeGreaterThan(5_000)
})

test.for([
  ['one word', 'a'],
  ['one path', 'a/'],
  ['one offset after another', '+0'],
  ['one path after another', 'a.c:1 '],
  ['one scope after another', 'a.c#'],
  ['one assertion after another', 'Assertion '],
] as const)('a line of two million characters, %s, is taken apart as quickly as a short one', ([, part]) => {
  const text = part.repeat(2_000_000 / part.length)
  expect(linesIn(text)).toHaveLength(part === 'a.c:1 ' ? text.length / part.length : 0)
  expect(codeIn(text)).toHaveLength(0)
  expect(announcesDump(text)).toBe(false)
})

test('a warning of Linux’s names the place itself, its backtrace where a call returns to', () => {
  const [warned] = codeIn('WARNING: CPU: 0 PID: 1 at fs/proc/cmdline.c:9 cmdline_proc_show+0x42/0x46 [fix]')
  expect(warned).toMatchObject({ symbol: 'cmdline_proc_show', offset: 0x42, payload: 'fix', isExact: true })
  expect(codeIn(' cmdline_proc_show+0x22/0x46 [fix]')).toMatchObject([{ payload: 'fix', isExact: false }])
})
