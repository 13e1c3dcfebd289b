import { expect, test } from 'vitest'
import { createPool } from './pool.ts'

/** Work that ends when it is told, and says when it begins. */
function works() {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const work = (name: string) => () =>
    new Promise<string>(resolve => {
      begun.push(name)
      ends.set(name, () => resolve(name))
    })
  const end = async (name: string) => {
    ends.get(name)?.()
    await settled()
  }
  return { begun, work, end }
}

/** Everything that is due has been done. */
const settled = () => new Promise(resolve => setImmediate(resolve))

test('no more begin than there is room for, in the order in which they came', async () => {
  const { begun, work, end } = works()
  const pool = createPool(2)
  const all = ['a', 'b', 'c', 'd'].map(name => pool.use({}, work(name)))
  await settled()
  expect(begun).toEqual(['a', 'b'])
  await end('b')
  expect(begun).toEqual(['a', 'b', 'c'])
  await end('a')
  await end('c')
  await end('d')
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd'])
})

test('what takes several slots waits for them, and nobody who comes later gets before it', async () => {
  const { begun, work, end } = works()
  const pool = createPool(2)
  const all = [
    pool.use({}, work('one')),
    pool.use({ slots: 5 }, work('whole')),
    pool.use({}, work('later')),
    pool.use({}, work('last')),
  ]
  await settled()
  expect(begun).toEqual(['one'])
  await end('one')
  expect(begun).toEqual(['one', 'whole'])
  await end('whole')
  expect(begun).toEqual(['one', 'whole', 'later', 'last'])
  await end('later')
  await end('last')
  await Promise.all(all)
})

test('work that fails gives its slot back', async () => {
  const pool = createPool(1)
  await expect(pool.use({}, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  await expect(pool.use({}, () => Promise.reject(new Error('again')))).rejects.toThrow('again')
  expect(await pool.use({}, () => Promise.resolve('done'))).toBe('done')
})

test('who is told to stop while waiting begins nothing, and is in nobody’s way', async () => {
  const { begun, work, end } = works()
  const pool = createPool(2)
  const stop = new AbortController()
  const first = pool.use({ signal: stop.signal }, work('first'))
  const stopped = pool.use({ slots: 2, signal: stop.signal }, work('stopped'))
  const other = pool.use({}, work('other'))
  await settled()
  expect(begun).toEqual(['first'])
  stop.abort()
  await expect(stopped).rejects.toMatchObject({ code: 'build/interrupted' })
  await settled()
  expect(begun).toEqual(['first', 'other'])
  await end('first')
  await end('other')
  expect(await Promise.all([first, other])).toEqual(['first', 'other'])
  await expect(pool.use({ signal: stop.signal }, work('never'))).rejects.toMatchObject({ code: 'build/interrupted' })
  expect(begun).not.toContain('never')
})

test('there is room for one at least', async () => {
  expect(createPool(0).size).toBe(1)
  expect(await createPool(0).use({ slots: 3 }, () => Promise.resolve('done'))).toBe('done')
})
