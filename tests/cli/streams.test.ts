/** Standard streams and pipes that do not do what one would like. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toyPayload } from '../verify/toy.ts'

const command = fileURLToPath(new URL('../../bin/hotsplice', import.meta.url))

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-test-'))
  writeFileSync(join(folder, 'toy.livepatch'), toyPayload())
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** Runs a line of shell in which $HOTSPLICE is the command. */
function shell(line: string) {
  const env = { ...process.env, HOTSPLICE: `${process.execPath} ${command}` }
  return spawnSync('bash', ['-c', line], { cwd: folder, encoding: 'utf8', env })
}

test.for(['inspect toy.livepatch', 'dump toy.livepatch', 'inspect toy.livepatch --json -'])(
  '%s to a full disk ends with 1, in words',
  args => {
    const { status, stderr } = shell(`$HOTSPLICE ${args} > /dev/full`)
    expect(status).toBe(1)
    expect(stderr).toMatch(/error: standard output cannot be written: ENOSPC.*\[cli\/cannot-write\]\n$/)
    expect(stderr).not.toMatch(/^ +at /m)
  },
)

test('where words to the user cannot be written, the work is done all the same', () => {
  const { status, stdout } = shell('$HOTSPLICE inspect toy.livepatch --json - 2> /dev/full')
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toHaveProperty('schema')
})

test.for(['SIGINT', 'SIGTERM'] as const)('a pipe that nobody writes to can be left (%s)', async signal => {
  shell('mkfifo -m 600 pipe || true')
  const child = spawn(process.execPath, [command, 'inspect', 'pipe'], { cwd: folder, stdio: 'ignore' })
  const ended = new Promise(resolve => child.on('exit', (_, by) => resolve(by)))
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000)
  // It has come to the pipe when nothing but the read is left of it; before that the signal is handled.
  await new Promise(resolve => setTimeout(resolve, 2_000))
  child.kill(signal)
  expect(await ended).toBe(signal)
  clearTimeout(late)
})
