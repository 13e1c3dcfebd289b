import { expect, test } from 'vitest'
import { together } from './together.ts'

/** Ends when it is told to. */
const waiting = (signal: AbortSignal, ended: () => void) =>
  new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => {
      ended()
      reject(new Error('stopped'))
    }),
  )

test('results come in order', async () => {
  expect(await together<[number, string]>(undefined, () => [Promise.resolve(1), Promise.resolve('b')])).toEqual([
    1,
    'b',
  ])
})

test('the first failure ends the others, and is the one that counts', async () => {
  const ended: string[] = []
  const work = together<[never, never, never]>(undefined, signal => [
    waiting(signal, () => ended.push('a')),
    Promise.reject(new Error('broken')),
    waiting(signal, () => ended.push('c')),
  ])
  await expect(work).rejects.toThrow('broken')
  expect(ended).toEqual(['a', 'c'])
})

test('who is stopped from outside, stops all', async () => {
  const outer = new AbortController()
  const work = together<[never]>(outer.signal, signal => [waiting(signal, () => undefined)])
  outer.abort()
  await expect(work).rejects.toThrow('stopped')
})
