import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { pruneDaily } from './prune.ts'
import { keyOf, Store } from './store.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-prune-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const DAY = 86_400_000
const NOW = Date.now()

function file(path: string, { size = 100, age = 0 }: { size?: number; age?: number }): string {
  const place = join(folder, path)
  mkdirSync(dirname(place), { recursive: true })
  writeFileSync(place, Buffer.alloc(size))
  const time = new Date(NOW - age)
  utimesSync(place, time, time)
  return place
}

test('what was longest unused goes first, until the rest is below the limit', () => {
  const files = [3, 1, 2, 0].map(age => file(`objects/aa/${age}`, { age: age * DAY }))
  pruneDaily(folder, NOW, { bytes: 250, treeAge: DAY })
  expect(files.map(path => existsSync(path))).toEqual([false, true, false, true])
})

test('a built copy goes when nobody has used it for long, with all that is in it', () => {
  file('trees/old/.built', { age: 3 * DAY })
  file('trees/old/xen/a.o', {})
  file('trees/new/.built', { age: DAY })
  pruneDaily(folder, NOW, { bytes: 1000, treeAge: 2 * DAY })
  expect([existsSync(join(folder, 'trees/old')), existsSync(join(folder, 'trees/new'))]).toEqual([false, true])
})

test('once a day is enough', () => {
  pruneDaily(folder, NOW, { bytes: 0, treeAge: 0 })
  const kept = file('objects/aa/x', { age: DAY })
  pruneDaily(folder, NOW + DAY / 2, { bytes: 0, treeAge: 0 })
  expect(existsSync(kept)).toBe(true)
  pruneDaily(folder, NOW + 2 * DAY, { bytes: 0, treeAge: 0 })
  expect(existsSync(kept)).toBe(false)
})

test('a result that is asked for counts as used', () => {
  const store = new Store(folder)
  for (const name of ['a', 'b']) {
    const key = keyOf([name])
    store.putText('objects', key, 'x')
    const path = join(folder, 'objects', key.slice(0, 2), key.slice(2))
    const old = new Date(NOW - DAY)
    utimesSync(path, old, old)
  }
  expect(store.getText('objects', keyOf(['a']))).toBe('x')
  pruneDaily(folder, NOW, { bytes: 40, treeAge: DAY })
  expect([store.getText('objects', keyOf(['a'])), store.getText('objects', keyOf(['b']))]).toEqual(['x', undefined])
})

test('a folder that is not there is nothing to do', () => {
  expect(() => pruneDaily(join(folder, 'nowhere'), NOW)).not.toThrow()
})
