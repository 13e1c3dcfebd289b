import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { tryLock, waitForLock } from './file-lock.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-lock-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

test.for<[string, string]>([
  ['an empty one', ''],
  ['one with the number of a process that lives', String(process.pid)],
  ['one with the number of no process', '999999999'],
  ['one with anything', '\0 not a number'],
])('a lock that was left is free, whatever it says: %s', async ([, content]) => {
  const path = join(folder, 'lock')
  writeFileSync(path, content)
  const lock = await waitForLock(path, undefined)
  expect(tryLock(path)).toBeUndefined()
  lock?.release()
  expect(existsSync(path)).toBe(false)
})

test('who waits gets it when the holder is done, and only one does', async () => {
  const path = join(folder, 'lock')
  const first = tryLock(path)
  const waiting = [waitForLock(path, undefined), waitForLock(path, undefined)]
  first?.release()
  const second = await Promise.race(waiting)
  expect(second).toBeDefined()
  expect(tryLock(path)).toBeUndefined()
  second?.release()
  for (const lock of await Promise.all(waiting)) if (lock !== second) lock?.release()
  expect(existsSync(path)).toBe(false)
})

test('it ends with a holder that is killed, and not before its children that were given it', async () => {
  const path = join(folder, 'lock')
  const holder = spawn('flock', [path, 'sh', '-c', 'echo; exec sleep 1000'], { detached: true })
  await once(holder.stdout, 'data')
  expect(tryLock(path)).toBeUndefined()
  const waiting = waitForLock(path, undefined)
  process.kill(-(holder.pid ?? 0), 'SIGKILL')
  const lock = await waiting
  // The file is there again under its name, as where the holder was killed.
  linkSync(path, `${path}.kept`)
  const child = spawn('sh', ['-c', 'echo; read line'], { stdio: ['pipe', 'pipe', 'ignore', lock?.descriptor] })
  await new Promise(resolve => child.stdout?.once('data', resolve))
  lock?.release()
  linkSync(`${path}.kept`, path)
  expect(tryLock(path)).toBeUndefined()
  child.stdin?.end()
  await once(child, 'close')
  const last = tryLock(path)
  expect(last).toBeDefined()
  last?.release()
})

test('who is interrupted waits no longer', async () => {
  const path = join(folder, 'lock')
  const lock = tryLock(path)
  const controller = new AbortController()
  const waiting = waitForLock(path, controller.signal)
  controller.abort()
  expect(await waiting).toBeUndefined()
  lock?.release()
})

test('what cannot be locked is an error that names it', () => {
  mkdirSync(join(folder, 'taken'))
  symlinkSync(join(folder, 'elsewhere'), join(folder, 'link'))
  for (const name of ['taken', 'link', 'none/lock']) {
    expect(() => tryLock(join(folder, name))).toThrow(`${join(folder, name)} cannot be locked`)
  }
  expect(existsSync(join(folder, 'elsewhere'))).toBe(false)
  vi.stubEnv('PATH', folder)
  expect(() => tryLock(join(folder, 'lock'))).toThrow(/lock must be locked, and flock was not found/)
})

describe('a terminal’s Ctrl-C, which goes to flock too', () => {
  /** A flock that the first `times` times is ended by a signal before it has done anything. */
  const endedAtFirst = (times: number): string => {
    const real = execFileSync('sh', ['-c', 'command -v flock'], { encoding: 'utf8' }).trim()
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    writeFileSync(join(folder, 'calls'), '')
    const script = `#!/bin/sh\necho >> ${folder}/calls\n[ $(wc -l < ${folder}/calls) -gt ${times} ] || kill -s INT $$\nexec ${real} "$@"\n`
    writeFileSync(join(bin, 'flock'), script, { mode: 0o755 })
    vi.stubEnv('PATH', `${bin}:${process.env.PATH}`)
    return join(folder, 'lock')
  }
  const calls = () => readFileSync(join(folder, 'calls'), 'latin1').length

  test('does not leave a lock that is nobody’s', async () => {
    const path = endedAtFirst(1)
    const lock = tryLock(path)
    expect([lock?.path, calls()]).toEqual([path, 2])
    lock?.release()
    expect(existsSync(path)).toBe(false)
  })

  test('nor where it is waited for', async () => {
    const path = endedAtFirst(2)
    const lock = await waitForLock(path, undefined)
    expect([lock?.path, calls()]).toEqual([path, 3])
    lock?.release()
  })

  test('is an error in the end where every one is ended', () => {
    expect(() => tryLock(endedAtFirst(1000))).toThrow(/lock cannot be locked: a signal ended flock/)
  })
})
