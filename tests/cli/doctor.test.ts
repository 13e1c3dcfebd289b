/** `hotsplice doctor` as a process of its own, with programs that are there or not. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'valibot'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SCHEMAS } from '../../src/cli/schemas.ts'
import { writeScript } from '../support/script.ts'
import { hotsplice } from '../xen/command.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-doctor-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** What the command gets to see: a PATH of these programs only, and a cache of its own. */
function only(programs: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const path = mkdtempSync(join(folder, 'path-'))
  for (const [name, text] of Object.entries(programs)) {
    writeScript(join(path, name), text)
  }
  return { PATH: path, HOTSPLICE_CACHE: join(path, 'cache') }
}

const ALL = { gcc: 'echo gcc 1', make: 'echo make 2', ld: 'echo ld 3' }

test('a machine that has what a build needs is ready', async () => {
  const { status, stdout } = await hotsplice(['doctor'], { env: only(ALL) })
  expect(stdout).toMatch(/^ok +compiler +gcc 1$/m)
  expect(stdout).toMatch(/^This machine is ready to build payloads/m)
  expect(status).toBe(0)
})

test('one that lacks something ends with 1, and JSON says what', async () => {
  const env = only({ gcc: ALL.gcc, ld: 'exit 3' })
  const { status, stdout, stderr } = await hotsplice(['doctor', '--for', 'build', 'rehearse', '--json', '-'], { env })
  expect(status).toBe(1)
  const report = parse(SCHEMAS.doctor, JSON.parse(stdout))
  if (!('checks' in report)) throw new Error(JSON.stringify(report))
  expect(report.outcome).toBe('missing')
  const missing = report.checks.filter(({ needed, status: found }) => needed && found === 'missing').map(({ id }) => id)
  expect(missing).toEqual(['make', 'binutils', 'qemu'])
  expect(stderr).not.toContain('internal error')
})

test('a cache that others may write to', async () => {
  const env = only(ALL)
  mkdirSync(join(env.PATH ?? '', 'cache'))
  chmodSync(join(env.PATH ?? '', 'cache'), 0o777)
  const { status, stdout } = await hotsplice(['doctor'], { env })
  expect(stdout).toMatch(/^MISSING +cache +others may write to .*\n +hint: take their right away \(chmod go-w/m)
  expect(status).toBe(1)
})

test('a use that is unknown is told with those that are known', async () => {
  const json = join(folder, 'out.json')
  const { status, stderr } = await hotsplice(['doctor', '--for', 'magic', '--json', json], { env: only(ALL) })
  expect(stderr).toMatch(/Allowed choices are build, rehearse, rehearse-arm64, process, xen, linux/)
  expect(status).toBe(1)
  expect(parse(SCHEMAS.doctor, JSON.parse(readFileSync(json, 'utf8')))).toMatchObject({ outcome: 'error' })
})
