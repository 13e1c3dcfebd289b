import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { inPrivatePlace, removeAbandoned } from './private-place.ts'

let cache = ''
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'hotsplice-private-'))
})
afterEach(() => rmSync(cache, { recursive: true, force: true }))

test('a private folder is gone when the work is done, and when it fails', async () => {
  const path = await inPrivatePlace(cache, async folder => (existsSync(folder) ? folder : ''))
  expect(path).toMatch(new RegExp(`/private/${process.pid}-`))
  const failing = inPrivatePlace(cache, async () => {
    throw new Error('it failed')
  })
  await expect(failing).rejects.toThrow('it failed')
  expect(readdirSync(join(cache, 'private'))).toEqual([])
})

test('what a run that was killed left behind goes, what a living one uses stays', async () => {
  const { pid: dead } = spawnSync('true')
  for (const name of [`${dead}-left`, `${process.pid}-used`, 'no-run'])
    mkdirSync(join(cache, 'private', name, 'inner'), { recursive: true })
  removeAbandoned(cache)
  await vi.waitFor(() => expect(readdirSync(join(cache, 'private')).sort()).toEqual([`${process.pid}-used`, 'no-run']))
  removeAbandoned(join(cache, 'nothing-here'))
})
