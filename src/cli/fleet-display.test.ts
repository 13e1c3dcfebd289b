/** What a fleet's run draws on a terminal, and what it says elsewhere. */
import { expect, test } from 'vitest'
import type { PlannedCell } from '../flows/fleet/world.ts'
import { fleetDisplay } from './fleet-display.ts'

const PLANNED: readonly PlannedCell[] = [
  { base: 'early', fix: 'code', todo: 'nothing', why: 'nothing changed' },
  { base: 'late', fix: 'code', todo: 'build', why: 'the tree changed' },
]

function shown(terminal: { readonly isTTY?: boolean; readonly columns?: number }): string {
  let all = ''
  const display = fleetDisplay({ ...terminal, write: text => (all += text) })
  display.planned(PLANNED)
  display.began({ base: 'late', fix: 'code' }, 'building')
  display.end()
  return all
}

test('piped, a line for each thing, and no control characters', () => {
  expect(shown({})).toBe('1 of 2 to be done\nlate/code: building (the tree changed)\n')
})

test.for([undefined, 0])('on a terminal (%s columns) a table that is drawn over, and gone in the end', columns => {
  const frames = shown(columns === undefined ? { isTTY: true } : { isTTY: true, columns }).split('\r')
  expect(frames).toEqual([
    '',
    '\u001b[0J      late\ncode  waits\n',
    '\u001b[2A\u001b[0J      late\ncode  building …\n',
    '\u001b[2A\u001b[0J',
  ])
})

test('no row is wider than the terminal', () => {
  expect(shown({ isTTY: true, columns: 10 })).toContain('\ncode  bui\n')
})
