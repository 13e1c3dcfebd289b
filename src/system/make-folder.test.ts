import { mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeFolder } from './make-folder.ts'

const folder = mkdtempSync(join(tmpdir(), 'hotsplice-make-folder-'))

test('makes what is missing above, and is content with what is there', () => {
  const path = join(folder, 'a/b/c')
  makeFolder(path, 0o700)
  makeFolder(path, 0o700)
  expect([statSync(path).isDirectory(), statSync(join(folder, 'a')).mode & 0o777]).toEqual([true, 0o700])
})

test('says what the system says, and ends', () => {
  writeFileSync(join(folder, 'file'), '')
  expect(() => makeFolder(join(folder, 'file/a'))).toThrow('ENOTDIR')
  expect(() => makeFolder('/proc/a/b')).toThrow('ENOENT')
})
