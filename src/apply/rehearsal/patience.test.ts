import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startPatience } from './patience.ts'

const standStill = (milliseconds: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)

test('time in which the process stood still is one step, however long it was', async () => {
  const ended: string[] = []
  const end = new Promise<void>(resolve => {
    startPatience(200, () => resolve(void ended.push('patience')), 20)
  })
  setTimeout(() => ended.push('one timer'), 200)
  standStill(500)
  await sleep(1)
  expect(ended).toEqual(['one timer'])
  await end
  expect(ended).toEqual(['one timer', 'patience'])
})

test('it ends without a pause too, also when it is shorter than a step', async () => {
  await new Promise<void>(resolve => startPatience(5, resolve))
  await new Promise<void>(resolve => startPatience(5, resolve, 1))
})

test('taken back in a later step, it never ends', async () => {
  let ended = false
  const takeBack = startPatience(
    20,
    () => {
      ended = true
    },
    1,
  )
  await sleep(3)
  takeBack()
  await sleep(60)
  expect(ended).toBe(false)
})
