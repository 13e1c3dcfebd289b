import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { tryLock } from './file-lock.ts'
import { inPrivatePlace, openPrivatePlace, removeAbandoned } from './private-place.ts'

let cache = ''
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'hotsplice-private-'))
})
afterEach(() => rmSync(cache, { recursive: true, force: true }))

const places = () => readdirSync(join(cache, 'private'))

test('a private folder is gone when the work is done, and when it fails', async () => {
  const path = await inPrivatePlace(cache, async folder => (existsSync(folder) ? folder : ''))
  expect(path).toMatch(/\/private\/[0-9a-f]{32}\/0$/)
  const failing = inPrivatePlace(cache, async () => {
    throw new Error('it failed')
  })
  await expect(failing).rejects.toThrow('it failed')
  expect(places()).toEqual([])
})

test('places of one run that overlap have one lock, which goes with the last', async () => {
  const first = openPrivatePlace(cache)
  const second = openPrivatePlace(cache)
  expect(places().filter(name => name.endsWith('.lock'))).toHaveLength(1)
  await first.close()
  expect(existsSync(second.path)).toBe(true)
  second.closeAtOnce()
  expect(places()).toEqual([])
})

test('what killed runs have left goes, what a living one has stays, whatever its number means here', async () => {
  const { pid: dead } = spawnSync('true')
  const folder = (name: string) => mkdirSync(join(cache, 'private', name, 'mirror'), { recursive: true })
  const name = (digit: string) => digit.repeat(32)
  folder(name('a'))
  folder(name('b'))
  writeFileSync(join(cache, 'private', `${name('b')}.lock`), '')
  writeFileSync(join(cache, 'private', `${name('c')}.lock`), '')
  // Releases without locks.
  for (const earlier of [`${dead}-left`, `${process.pid}-used`, 'no-run']) folder(earlier)
  folder(name('d'))
  const living = tryLock(join(cache, 'private', `${name('d')}.lock`))
  await removeAbandoned(cache)
  expect(places().sort()).toEqual([name('d'), `${name('d')}.lock`, `${process.pid}-used`, 'no-run'].sort())
  living?.release()
  await removeAbandoned(cache)
  expect(places().sort()).toEqual([`${process.pid}-used`, 'no-run'].sort())
  await removeAbandoned(join(cache, 'nothing-here'))
})

test('a run that is killed outright leaves no folder and no program', async () => {
  const script = [
    `import { openPrivatePlace } from '${new URL('./private-place.ts', import.meta.url)}'`,
    `import { run } from '${new URL('../trees/run.ts', import.meta.url)}'`,
    `const place = openPrivatePlace(process.argv[1])`,
    `run(['sh', '-c', 'sleep 1000 & echo $! > "$0/pid"; wait', place.path], { folder: '/' })`,
  ]
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script.join('\n'), cache], {
    cwd: new URL('.', import.meta.url).pathname,
    stdio: 'inherit',
  })
  const found = () => spawnSync('sh', ['-c', 'cat "$0"/private/*/*/pid', cache], { encoding: 'utf8' }).stdout.trim()
  await vi.waitFor(() => expect(found()).not.toBe(''), 30_000)
  const sleeper = Number(found())
  child.kill('SIGKILL')
  await vi.waitFor(() => {
    expect(isRunning(sleeper)).toBe(false)
    expect(places()).toEqual([])
  }, 30_000)
})

function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.startsWith('Z')
}

test('a run that clears up meanwhile takes no new folder for an abandoned one', { timeout: 240_000 }, async () => {
  const script = [
    `import { removeAbandoned } from '${new URL('./private-place.ts', import.meta.url)}'`,
    `console.log('clearing')`,
    `for (;;) await removeAbandoned(process.argv[1])`,
  ]
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script.join('\n'), cache], {
    cwd: new URL('.', import.meta.url).pathname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    await once(child.stdout, 'data')
    for (let again = 0; again < 150; again++) {
      const place = openPrivatePlace(cache)
      expect(existsSync(place.path)).toBe(true)
      place.closeAtOnce()
    }
  } finally {
    child.kill('SIGKILL')
  }
})
