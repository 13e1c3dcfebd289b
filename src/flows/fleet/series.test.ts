/** Which patches a text has, and what a payload stands on, base by base. */
import { expect, test } from 'vitest'
import { readFleet } from './read-fleet.ts'
import { seriesOf } from './series.ts'

const { bases, fixes } = readFleet(
  `bases:
  - { name: old, tree: a }
  - { name: new, tree: b }
fixes:
  - { name: one, patches: [p] }
  - { name: two, patches: [p], on: one, not-affected: { old: no such code } }
  - { name: three, patches: [p], on: two }
  - { name: apart, patches: [p] }
  - { name: refused, patches: [p], on: three, expected-refusals: [{ base: new, codes: [c], reason: r, who: w }] }
  - { name: all, cumulative: [apart, three] }
  - { name: four, patches: [p], on: all }
  - { name: more, cumulative: [four, refused] }
`,
  'FLEET.yaml',
)

const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name).join(' ')

test.for([
  ['new', 'one', 'one', '', ''],
  ['new', 'three', 'one two three', 'one two', ''],
  ['old', 'three', 'one three', 'one', ''],
  ['old', 'refused', 'one three refused', 'one three', ''],
  // What is left out by itself stands on what it would; so one can see what comes of it.
  ['old', 'two', 'one two', 'one', ''],
  ['new', 'all', 'one two three apart', '', 'one two three apart'],
  ['old', 'all', 'one three apart', '', 'one three apart'],
  ['new', 'four', 'one two three apart four', 'all', ''],
  ['new', 'more', 'one two three apart four', '', 'one two three apart all four'],
] as const)('%s: %s', ([base, fix, text, below, replaced]) => {
  const [at, of] = [bases.find(({ name }) => name === base), fixes.find(({ name }) => name === fix)]
  if (at === undefined || of === undefined) throw new Error('the file has neither')
  const series = seriesOf(of, at, fixes)
  expect([names(series.fixes), names(series.below), names(series.replaced)]).toEqual([text, below, replaced])
})
