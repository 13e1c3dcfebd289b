/** The drawing of the imports: nothing goes up, and a thing that did would be seen. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { arrows, drawing, isUpward, ROOMS } from '../../scripts/imports/drawing.ts'

const checkout = join(import.meta.dirname, '../..')

test('no arrow goes upwards', () => {
  expect(arrows().length).toBeGreaterThan(50)
  expect(arrows().filter(isUpward)).toEqual([])
})

test('docs/imports.svg shows every room, and no arrow upwards; `npm run imports` draws it anew', () => {
  const svg = readFileSync(join(checkout, 'docs/imports.svg'), 'utf8')
  expect([...svg.matchAll(/data-room="([^"]+)"/g)].map(([, room]) => room)).toEqual(ROOMS)
  expect(readdirSync(join(checkout, 'src')).toSorted()).toEqual(ROOMS.toSorted())
  expect(svg).toContain(' 0 of them upwards')
})

test('an arrow upwards is seen', () => {
  const up = { from: 'base', to: 'cli', typesOnly: true }
  expect(isUpward(up)).toBe(true)
  const svg = drawing([...arrows(), up])
  expect(svg).toContain(' 1 of them upwards')
  expect(svg).toMatch(/data-arrow="base cli" stroke="#cc0000"/)
})
