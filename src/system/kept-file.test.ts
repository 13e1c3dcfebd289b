import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keptFile } from './kept-file.ts'

let cache = ''
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'hotsplice-kept-'))
})
afterEach(() => rmSync(cache, { recursive: true, force: true }))

let made = 0
const kept = (content = 'what was made') =>
  keptFile(cache, {
    kind: 'things',
    key: 'k',
    suffix: '.so',
    make: path => {
      made++
      writeFileSync(path, content)
    },
  })

test('it is made once', () => {
  made = 0
  expect(kept()).toBe(kept())
  expect(made).toBe(1)
  expect(readdirSync(join(cache, 'private'))).toEqual([])
})

test.for<[string, (path: string) => void]>([
  ['other bytes of the same size', path => writeFileSync(path, 'what was mad3')],
  ['cut off', path => truncateSync(path, 3)],
  ['empty', path => truncateSync(path, 0)],
  [
    'a link to the same bytes',
    path => {
      renameSync(path, `${path}.elsewhere`)
      symlinkSync(`${path}.elsewhere`, path)
    },
  ],
])('what is not what was made is not handed out: %s', ([, harm]) => {
  made = 0
  const path = kept()
  harm(path)
  expect(kept()).toBe(path)
  expect(made).toBe(2)
  expect(readFileSync(path, 'utf8')).toBe('what was made')
})

test('what cannot be made leaves nothing', () => {
  const failing = () =>
    keptFile(cache, {
      kind: 'things',
      key: 'k',
      suffix: '.so',
      make: path => {
        writeFileSync(path, 'half')
        throw new Error('the compiler failed')
      },
    })
  expect(failing).toThrow('the compiler failed')
  expect([...readdirSync(join(cache, 'things')), ...readdirSync(join(cache, 'private'))]).toEqual([])
})
