import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keyOf, Store } from './store.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-store-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const key = keyOf(['a'])

test('what was put is there for the next run, under its own kind and key', () => {
  new Store(folder).put('objects', key, Uint8Array.of(1, 2, 3))
  expect(new Store(folder).get('objects', key)).toEqual(Uint8Array.of(1, 2, 3))
  expect(new Store(folder).get('lists', key)).toBeUndefined()
  expect(new Store(folder).get('objects', keyOf(['b']))).toBeUndefined()
})

test.for([
  { name: 'cut short', damage: (path: string) => writeFileSync(path, 'short') },
  { name: 'changed', damage: (path: string) => writeFileSync(path, Buffer.alloc(statSync(path).size)) },
])('a file that was $name counts as absent', ({ damage }) => {
  const store = new Store(folder)
  store.putText('objects', key, 'content')
  damage(join(folder, 'objects', key.slice(0, 2), key.slice(2)))
  expect(store.get('objects', key)).toBeUndefined()
})

test('a store that cannot be written is an empty one, and leaves nothing half', () => {
  writeFileSync(join(folder, 'objects'), 'a file where a folder should be')
  const store = new Store(folder)
  store.putText('objects', key, 'content')
  expect(store.get('objects', key)).toBeUndefined()
  expect(readdirSync(folder)).toEqual(['objects'])
})

test('different lists have different keys', () => {
  expect(keyOf(['ab', 'c'])).not.toBe(keyOf(['a', 'bc']))
  expect(keyOf(['a', ''])).not.toBe(keyOf(['a']))
})
