import { describe, expect, it } from 'vitest'
import { PlacedNames } from './placed-names.ts'

type Row = readonly [name: string, letter: string, address: bigint]

const placed = (rows: readonly Row[]) =>
  new PlacedNames({
    names: rows.map(([name]) => name),
    letters: rows.map(([, letter]) => letter),
    addresses: BigUint64Array.from(rows, ([, , address]) => address),
  })

/** Out of order, with one name at three places and one place with two names. */
const NAMES = placed([
  ['seq_show', 't', 0x3000n],
  ['start', 'T', 0x1000n],
  ['seq_show', 't', 0x2000n],
  ['table', 'd', 0x2000n],
  ['seq_show', 't', 0x4000n],
  ['weak', 'w', 0x5000n],
])

describe('names of a kernel', () => {
  it('are in the order of addresses, those of one place as the table has them', () => {
    expect(NAMES.all.map(({ name, address }) => [name, address])).toEqual([
      ['start', 0x1000n],
      ['seq_show', 0x2000n],
      ['table', 0x2000n],
      ['seq_show', 0x3000n],
      ['seq_show', 0x4000n],
      ['weak', 0x5000n],
    ])
  })

  it('are as long as it is to the next place that has one; the last one’s length is not known', () => {
    expect(NAMES.all.map(({ size }) => size)).toEqual([0x1000, 0x1000, 0x1000, 0x1000, 0x1000, 0])
  })

  it.each([
    ['seq_show', [0x2000n, 0x3000n, 0x4000n]],
    ['start', [0x1000n]],
    ['weak', [0x5000n]],
    ['nothing', []],
  ])('%s is found at all of its places', (name, places) => {
    expect(NAMES.named(name).map(({ address }) => address)).toEqual(places)
  })

  it('tell by their letter what they are, and for whom', () => {
    const [start, , table] = NAMES.all
    expect([start?.kind, start?.local, table?.kind, table?.local]).toEqual(['function', false, 'object', true])
    expect(NAMES.named('weak')[0]).toMatchObject({ kind: 'function', local: false })
  })

  it('are found by addresses', () => {
    expect(NAMES.at(0x2000n).map(({ name }) => name)).toEqual(['seq_show', 'table'])
    expect(NAMES.at(0x2001n)).toEqual([])
    expect(NAMES.before(0x2fffn)?.name).toBe('table')
    expect(NAMES.before(0xfffn)).toBeUndefined()
    expect(NAMES.nextAddress(0x2000n)).toBe(0x3000n)
    expect(NAMES.nextAddress(0x5000n)).toBeUndefined()
  })
})
