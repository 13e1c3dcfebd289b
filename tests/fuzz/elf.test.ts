import { describe, expect, test } from 'vitest'
import { readElf } from '../../src/elf/index.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { exercise, fuzz } from './elf-fuzz.ts'
import { specimens } from './elf-specimens.ts'

/** HOTSPLICE_FUZZ=100000 for the long run. */
const COUNT = Number(process.env.HOTSPLICE_FUZZ ?? 3000)
const SEED = 1

const all = specimens()

test.skipIf(!hasGcc)(`objects of gcc and programs of ld are among them${withoutGcc}`, () => {
  expect(all.map(({ name }) => name)).toContain('rich')
  expect(all.map(({ name }) => name)).toContain('program')
})

describe.for(all)('$name', ({ bytes }) => {
  test('is read whole', () => {
    expect(exercise(bytes)).toMatch(/^model(, then elf\/not-relocatable)?$/)
    expect(readElf(bytes).sections.length).toBeGreaterThan(3)
  })

  test('cut short at every structure is an input error', () => {
    const { sections, header } = readElf(bytes)
    const rows = Array.from({ length: sections.length }, (_, index) => header.sectionHeaderOffset + index * 64)
    const edges = [
      0,
      3,
      4,
      15,
      16,
      63,
      64,
      ...rows,
      ...sections.flatMap(({ fileOffset, size }) => [fileOffset, fileOffset + size]),
    ]
    const lengths = edges
      .flatMap(edge => [edge - 1, edge, edge + 1])
      .filter(length => length >= 0 && length < bytes.length)
    expect(lengths.length).toBeGreaterThan(20)
    for (const length of lengths) expect(exercise(bytes.subarray(0, length))).toMatch(/^elf\//)
  })
})

test(`${COUNT} damaged objects give a model or an input error`, { timeout: 60_000 + COUNT * 20 }, () => {
  const outcomes = fuzz(all, SEED, COUNT)
  // Damage that never shows, or always, would find nothing.
  expect(outcomes.get('model') ?? 0).toBeGreaterThan(COUNT / 20)
  expect(outcomes.size).toBeGreaterThan(10)
})
