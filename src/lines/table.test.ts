/** The table of line numbers that a hook sets: what it holds, and what fits where. */
import { expect, test } from 'vitest'
import { fitsField, tableUnit } from './table.ts'

test.for([
  { bits: 8, old: 100, now: 127, is: true },
  { bits: 8, old: 100, now: 128, is: false },
  { bits: 8, old: 200, now: 255, is: true },
  { bits: 8, old: 200, now: 256, is: false },
  { bits: 14, old: 4000, now: 16384, is: false },
  { bits: 16, old: 4000, now: 32767, is: true },
  { bits: 16, old: 4000, now: 65536, is: false },
  { bits: 32, old: 70_000, now: 80_000, is: true },
])('$now in place of $old, in $bits bits: $is', ({ bits, old, now, is }) => {
  expect(fitsField(bits, old, now)).toBe(is)
})

test('each place has its row, and each symbol a stand-in', () => {
  const { text, standIns } = tableUnit([
    { symbol: 'common/a.c#f', delta: 12, kind: 4, old: 10, new: 12 },
    { symbol: 'common/a.c#f', delta: 16, kind: 4, bits: { at: 5, count: 16 }, old: 11, new: 13 },
    { symbol: 'frames', delta: 8, kind: 'frame', old: 20, new: 22 },
  ])
  expect([...standIns]).toEqual([
    ['hotsplice_place_0', 'common/a.c#f'],
    ['hotsplice_place_1', 'frames'],
  ])
  const rows = text.split('\n').filter(line => /^ {4}\{ hotsplice_place/.test(line))
  expect(rows.map(row => row.trim())).toEqual([
    '{ hotsplice_place_0 + 12, 4, 0, 0, 10, 12 },',
    '{ hotsplice_place_0 + 16, 4, 5, 16, 11, 13 },',
    '{ hotsplice_place_1 + 8, 0, 0, 0, 20, 22 },',
  ])
})
