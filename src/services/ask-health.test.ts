/** The user's health command: what its end means, and that neither its output nor what it starts is without bounds. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { askHealth } from './ask-health.ts'

const folder = mkdtempSync(join(tmpdir(), 'hotsplice-health-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ask = (script: string, seconds = 60, signal = new AbortController().signal) =>
  askHealth(['sh', '-c', script, 'sh', '{host}', folder], { host: 'xen:ssh://a', seconds, signal })

test.for([
  ['ends with 0', 'echo $1', true, 'it ended with 0: xen:ssh://a'],
  ['ends with another code', 'echo out; echo err >&2; exit 7', false, /^it ended with 7: (out\nerr|err\nout)$/],
  ['says nothing', 'exit 1', false, 'it ended with 1'],
  ['is killed', 'kill -SEGV $$', false, 'it was ended by SIGSEGV'],
  ['leaves a program that has its output', 'sleep 600 & echo $! > $2/left; echo well', true, 'it ended with 0: well'],
] as const)('one that %s', async ([, script, isRight, text]) => {
  expect(await ask(script)).toEqual({ isRight, text: typeof text === 'string' ? text : expect.stringMatching(text) })
  if (existsSync(join(folder, 'left'))) process.kill(Number(readFileSync(join(folder, 'left'), 'utf8')))
  rmSync(join(folder, 'left'), { force: true })
})

test('one that is not there', async () => {
  const asked = { host: 'a', seconds: 1, signal: new AbortController().signal }
  expect(await askHealth(['/no/such/command'], asked)).toEqual({
    isRight: false,
    text: expect.stringContaining('ENOENT'),
  })
})

test('what it prints is kept to its end, however much that is', async () => {
  const before = process.memoryUsage().arrayBuffers
  const { isRight, text } = await ask("head -c 300000000 /dev/zero | tr '\\0' x; echo the end")
  expect(isRight).toBe(true)
  expect(text).toMatch(/^it ended with 0: … \(the last 500 of 300000008 bytes\) x+the end$/)
  expect(text.length).toBeLessThan(600)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(150_000_000)
})

test('one that prints and never ends is ended with all that it started', async () => {
  const { isRight, text } = await ask('echo $$ > $2/group; yes | cat', 1)
  expect(isRight).toBe(false)
  expect(text).toMatch(/^it did not end within 1 s: … \(the last 500 of \d+ bytes\) (y\s*)+$/)
  const group = -Number(readFileSync(join(folder, 'group'), 'utf8'))
  await vi.waitFor(() => expect(() => process.kill(group, 0)).toThrow('ESRCH'), { timeout: 30_000 })
})

test('an interrupt ends it', async () => {
  const stop = new AbortController()
  const asked = ask('echo > $2/begun; sleep 600', 600, stop.signal)
  await vi.waitFor(() => expect(existsSync(join(folder, 'begun'))).toBe(true), { timeout: 30_000 })
  stop.abort()
  expect(await asked).toEqual({ isRight: false, text: 'it was interrupted' })
})
