import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { checkCache } from './cache.ts'

let top = ''
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'hotsplice-cache-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(top, { recursive: true, force: true })
})

test('a folder that is not there is made, for its owner alone', () => {
  checkCache(join(top, 'a/b'))
  expect(statSync(join(top, 'a/b')).mode & 0o777).toBe(0o700)
  checkCache(join(top, 'a/b'))
})

describe('a place that cannot be the cache is told at once, with the variable that names it', () => {
  const places: readonly [name: string, prepare: () => string][] = [
    ['a relative path', () => 'some/cache'],
    ['a file', () => fileAt('file')],
    ['below a file', () => join(fileAt('file'), 'cache')],
    ['a link to nothing that can be made', () => linkAt('link', '/proc/nowhere/cache')],
    ['a file system that nobody may write to', () => '/proc/cache'],
  ]
  test.for(places)('%s', ([, prepare]) => {
    const folder = prepare()
    vi.stubEnv('HOTSPLICE_CACHE', folder)
    expect(() => checkCache(folder)).toThrow(`the cache folder ${folder} (from HOTSPLICE_CACHE)`)
    expect(() => checkCache(folder)).toThrow(expect.objectContaining({ code: 'system/cache-not-usable' }))
    vi.stubEnv('HOTSPLICE_CACHE', '')
    vi.stubEnv('XDG_CACHE_HOME', folder)
    const below = join(folder, 'hotsplice')
    expect(() => checkCache(below)).toThrow(`the cache folder ${below} (from XDG_CACHE_HOME)`)
  })
})

describe('a folder that others may write to is refused', () => {
  const folders: readonly [name: string, which: string, mode: number][] = [
    ['everybody', 'shared/cache', 0o777],
    ['a group', 'shared/cache', 0o770],
    ['everybody, inside it', 'shared/cache/agent', 0o757],
    ['everybody, above it', 'shared', 0o777],
  ]
  test.for(folders)('%s', ([, which, mode]) => {
    mkdirSync(join(top, 'shared/cache/agent'), { recursive: true })
    chmodSync(join(top, which), mode)
    const hint = expect.stringContaining(`chmod go-w ${join(top, which)}`)
    const error = { code: 'system/cache-open-to-others', hint }
    expect(() => checkCache(join(top, 'shared/cache'))).toThrow(expect.objectContaining(error))
    symlinkSync(join(top, 'shared/cache'), join(top, 'link'))
    expect(() => checkCache(join(top, 'link'))).toThrow(expect.objectContaining({ code: error.code }))
    chmodSync(join(top, which), 0o755)
    checkCache(join(top, 'shared/cache'))
  })

  test('but for one above it in which everybody may only remove what is their own', () => {
    mkdirSync(join(top, 'shared/cache'), { recursive: true })
    chmodSync(join(top, 'shared'), 0o1777)
    checkCache(join(top, 'shared/cache'))
  })
})

function fileAt(name: string): string {
  writeFileSync(join(top, name), '')
  return join(top, name)
}

function linkAt(name: string, to: string): string {
  symlinkSync(to, join(top, name))
  return join(top, name)
}
