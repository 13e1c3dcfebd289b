import { expect, test } from 'vitest'
import { Shared } from './shared.ts'

/** A question that is answered, or fails, when it is told. */
function question() {
  const asked: { readonly answer: (text: string) => void; readonly fail: () => void }[] = []
  const ask = () =>
    new Promise<string>((resolve, reject) => asked.push({ answer: resolve, fail: () => reject(new Error('failed')) }))
  return { asked, ask }
}

test('one asks, and all have the answer', async () => {
  const { asked, ask } = question()
  const shared = new Shared<string>()
  const all = [shared.get(undefined, ask), shared.get(new AbortController().signal, ask), shared.get(undefined, ask)]
  expect(asked.length).toBe(1)
  asked[0]?.answer('yes')
  expect(await Promise.all(all)).toEqual(['yes', 'yes', 'yes'])
  expect(await shared.get(undefined, ask)).toBe('yes')
  expect(asked.length).toBe(1)
})

test('where the one that asks fails, another asks for itself, and for the rest', async () => {
  const { asked, ask } = question()
  const shared = new Shared<string>()
  const [first, second, third] = [1, 2, 3].map(() => shared.get(undefined, ask))
  asked[0]?.fail()
  await expect(first).rejects.toThrow('failed')
  await new Promise(resolve => setImmediate(resolve))
  expect(asked.length).toBe(2)
  asked[1]?.answer('yes')
  expect(await Promise.all([second, third])).toEqual(['yes', 'yes'])
})

test('who is told to stop does not wait for another’s answer', async () => {
  const { asked, ask } = question()
  const shared = new Shared<string>()
  const stop = new AbortController()
  const first = shared.get(undefined, ask)
  const stopped = shared.get(stop.signal, ask)
  stop.abort()
  await expect(stopped).rejects.toMatchObject({ code: 'build/interrupted' })
  await expect(shared.get(AbortSignal.abort(), ask)).rejects.toMatchObject({ code: 'build/interrupted' })
  asked[0]?.answer('yes')
  expect(await first).toBe('yes')
  expect(asked.length).toBe(1)
})
