import { expect, test } from 'vitest'
import { type After, startPatience } from './patience.ts'

/** A clock that the test sets, and a process that can stand still: what was due meanwhile is done once it goes on. */
class Clock {
  #now = 0
  #due: { readonly at: number; readonly action: () => void }[] = []

  readonly after: After = (milliseconds, action) => {
    const entry = { at: this.#now + milliseconds, action }
    this.#due.push(entry)
    return () => {
      this.#due = this.#due.filter(each => each !== entry)
    }
  }

  /** Time goes by in small parts, as it does for a process that runs. */
  runs(milliseconds: number): void {
    for (let passed = 0; passed < milliseconds; passed++) this.standsStill(1)
  }

  /** Time goes by in one piece, and then every timer fires that was due; those begun then are not. */
  standsStill(milliseconds: number): void {
    this.#now += milliseconds
    const due = this.#due.filter(({ at }) => at <= this.#now)
    this.#due = this.#due.filter(({ at }) => at > this.#now)
    for (const { action } of due) action()
  }
}

function started(timeoutMs: number) {
  const clock = new Clock()
  const ended: string[] = []
  const takeBack = startPatience(timeoutMs, () => ended.push('patience'), clock.after)
  return { clock, ended, takeBack }
}

test('time in which the process stood still is one step, however long it was', () => {
  const { clock, ended } = started(60_000)
  clock.after(60_000, () => ended.push('one timer'))
  clock.standsStill(3_600_000)
  expect(ended).toEqual(['one timer'])
  clock.runs(59_499)
  expect(ended).toEqual(['one timer'])
  clock.runs(1)
  expect(ended).toEqual(['one timer', 'patience'])
})

test.for([1, 499, 500, 501, 60_000])('without a pause it ends after %d ms, and once', timeoutMs => {
  const { clock, ended } = started(timeoutMs)
  clock.runs(timeoutMs - 1)
  expect(ended).toEqual([])
  clock.runs(1)
  expect(ended).toEqual(['patience'])
  clock.runs(1000)
  expect(ended).toEqual(['patience'])
})

test.for([0, 300, 700, 1999])('taken back after %d ms, it never ends', passed => {
  const { clock, ended, takeBack } = started(2000)
  clock.runs(passed)
  takeBack()
  clock.runs(5000)
  expect(ended).toEqual([])
})

test('without a clock of ours, by the real one', async () => {
  await new Promise<void>(resolve => startPatience(1, resolve))
})
