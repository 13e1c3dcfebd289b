import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { InputError } from '../base/errors.ts'
import { isFreeForJson, readInput, removeStale, writeWhole } from './files.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

test('a file is written whole, and nothing is left beside it', () => {
  writeWhole(join(folder, 'out'), 'text')
  writeWhole(join(folder, 'out'), 'other')
  expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('other')
  expect(readdirSync(folder)).toEqual(['out'])
})

test('what cannot be written is named, and nothing is left beside it', () => {
  mkdirSync(join(folder, 'out'))
  expect(() => writeWhole(join(folder, 'out'), 'text')).toThrow(InputError)
  expect(() => writeWhole(join(folder, 'none/out'), 'text')).toThrow(/none\/out cannot be written/)
  expect(readdirSync(folder)).toEqual(['out'])
})

test('a device is written to, not replaced', () => {
  writeWhole('/dev/null', 'text')
  expect(readInput('/dev/null', 'the device').length).toBe(0)
})

test('what cannot be read is named with what it was to be', () => {
  expect(() => readInput(join(folder, 'none'), 'the patch')).toThrow(/the patch .*none cannot be read: ENOENT/)
})

test('what an earlier run left is taken away, and only a file', () => {
  writeFileSync(join(folder, 'old'), '')
  chmodSync(join(folder, 'old'), 0o444)
  expect(removeStale(join(folder, 'old'))).toBe(true)
  expect(removeStale(join(folder, 'old'))).toBe(false)
  expect(removeStale(folder)).toBe(false)
})

test.for([
  { content: undefined, free: true },
  { content: '', free: true },
  { content: ' {"schema": 1}', free: true },
  { content: '--- a/file.c', free: false },
  { content: '\u007fELF', free: false },
])('a report of a failed run takes the place of $content: $free', ({ content, free }) => {
  if (content !== undefined) writeFileSync(join(folder, 'out'), content)
  expect(isFreeForJson(join(folder, 'out'))).toBe(free)
})
