import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tryLock } from '../system/file-lock.ts'
import { pruneDaily, removeHalfBuilt } from './prune.ts'
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

test('what was longest unused goes first, until the rest is below the limit', async () => {
  const files = [3, 1, 2, 0].map(age => file(`objects/aa/${age}`, { age: age * DAY }))
  await pruneDaily(folder, { now: NOW, limits: { bytes: 250, treeAge: DAY } })
  expect(files.map(path => existsSync(path))).toEqual([false, true, false, true])
})

test('a built copy goes when nobody has used it for long, with all that is in it', async () => {
  file('trees/old/.built', { age: 3 * DAY })
  file('trees/old/xen/a.o', {})
  file('trees/new/.built', { age: DAY })
  await pruneDaily(folder, { now: NOW, limits: { bytes: 1000, treeAge: 2 * DAY } })
  expect([existsSync(join(folder, 'trees/old')), existsSync(join(folder, 'trees/new'))]).toEqual([false, true])
})

test('once a day is enough', async () => {
  await pruneDaily(folder, { now: NOW, limits: { bytes: 0, treeAge: 0 } })
  const kept = file('objects/aa/x', { age: DAY })
  await pruneDaily(folder, { now: NOW + DAY / 2, limits: { bytes: 0, treeAge: 0 } })
  expect(existsSync(kept)).toBe(true)
  await pruneDaily(folder, { now: NOW + 2 * DAY, limits: { bytes: 0, treeAge: 0 } })
  expect(existsSync(kept)).toBe(false)
})

test('a result that is asked for counts as used', async () => {
  const store = new Store(folder)
  for (const name of ['a', 'b']) {
    const key = keyOf([name])
    store.putText('objects', key, 'x')
    const path = join(folder, 'objects', key.slice(0, 2), key.slice(2))
    const old = new Date(NOW - DAY)
    utimesSync(path, old, old)
  }
  expect(store.getText('objects', keyOf(['a']))).toBe('x')
  await pruneDaily(folder, { now: NOW, limits: { bytes: 40, treeAge: DAY } })
  expect([store.getText('objects', keyOf(['a'])), store.getText('objects', keyOf(['b']))]).toEqual(['x', undefined])
})

test('a folder that is not there is nothing to do', async () => {
  await pruneDaily(join(folder, 'nowhere'), { now: NOW })
  expect(existsSync(join(folder, 'nowhere'))).toBe(false)
})

test('one that was told to stop is not waited for, whenever it was told', async () => {
  const files = ['aa', 'bb', 'cc'].map(part => file(`objects/${part}/x`, { age: DAY }))
  const limits = { bytes: 0, treeAge: 0 }
  await pruneDaily(folder, { now: NOW, limits, signal: AbortSignal.abort() })
  expect(existsSync(join(folder, '.pruned'))).toBe(false)
  const stop = new AbortController()
  const pruning = pruneDaily(folder, { now: NOW, limits, signal: stop.signal })
  setImmediate(() => stop.abort())
  await pruning
  expect(files.map(path => existsSync(path))).toEqual([true, true, true])
  await pruneDaily(folder, { now: NOW + 2 * DAY, limits })
  expect(files.map(path => existsSync(path))).toEqual([false, false, false])
})

test('what a killed run had built of a tree goes; what a living one builds, and what was finished, stays', async () => {
  const names = ['killed', 'killed-before-it-began', 'building', 'finished']
  for (const name of names)
    if (name !== 'killed-before-it-began') mkdirSync(join(folder, 'trees', name), { recursive: true })
  for (const name of names) writeFileSync(join(folder, 'trees', `${name}.lock`), String(process.pid))
  writeFileSync(join(folder, 'trees/finished/.built'), '')
  const living = tryLock(join(folder, 'trees/building.lock'))
  removeHalfBuilt(folder)
  expect(readdirSync(join(folder, 'trees')).sort()).toEqual(['building', 'building.lock', 'finished'])
  await pruneDaily(folder, { now: NOW, limits: { bytes: 0, treeAge: 0 } })
  expect(readdirSync(join(folder, 'trees')).includes('building')).toBe(true)
  living?.release()
  removeHalfBuilt(join(folder, 'nowhere'))
})

test('what an earlier release had begun in the store goes', async () => {
  mkdirSync(join(folder, 'objects/ab'), { recursive: true })
  for (const name of ['cdef', 'cdef.4711.0']) writeFileSync(join(folder, 'objects/ab', name), '')
  await pruneDaily(folder, { now: NOW })
  expect(readdirSync(join(folder, 'objects/ab'))).toEqual(['cdef'])
})
