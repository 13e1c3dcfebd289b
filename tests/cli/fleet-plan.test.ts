/** `hotsplice fleet plan` as a process: listings in every form, a host that is asked, one that cannot be, and the exit codes. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SCHEMAS } from '../../src/cli/schemas.ts'
import { idOf, makeIndex } from '../support/fleet-index.ts'
import { writeScript } from '../support/script.ts'
import { hotsplice } from '../xen/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'hotsplice-plan-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ID = idOf('release')
/** As the tools of Xen 4.17 print it. */
const LIST = ` ID                                     | status     | metadata
----------------------------------------+------------+---------------
${'one'.padEnd(40)}| APPLIED    | 
`
const INFO = `host                   : dom0
xen_version            : 4.17.5
build_id               : ${ID}
`

beforeAll(async () => {
  const index = makeIndex({
    bases: [{ name: 'release' }],
    fixes: {
      one: { release: { is: 'built' } },
      two: { release: { is: 'built', upon: 'one' } },
      other: { release: { is: 'nothing-to-do' } },
    },
  })
  mkdirSync(join(folder, 'built'))
  writeFileSync(join(folder, 'built/index.json'), JSON.stringify(index))
  mkdirSync(join(folder, 'bin'))
  tool('xen-livepatch', `[ "$1" = list ] && printf '%s' '${LIST}'`)
  tool('xl', `[ "$1" = info ] && printf '%s' '${INFO}'`)
  writeFileSync(join(folder, 'tools.txt'), INFO + LIST)
  const { stderr, stdout } = await run('list', '--host', 'xen')
  writeFileSync(join(folder, 'words.txt'), stdout === '' ? stderr : stdout)
  await run('list', '--host', 'xen', '--json', 'list.json')
}, 60_000)

function tool(name: string, script: string): void {
  writeScript(join(folder, 'bin', name), script)
}

const run = (...args: string[]) =>
  hotsplice(args, { cwd: folder, env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` } })

const PLAN = `  there, by name: one
  1. load content/release-two.livepatch as two
`

describe('a host that lacks one payload', () => {
  test.for([
    { what: 'by xl info and xen-livepatch list', from: ['--listing', 'tools.txt'] },
    { what: 'by the words of hotsplice list', from: ['--listing', 'words.txt'] },
    { what: 'by its JSON', from: ['--listing', 'list.json'] },
    { what: 'asked', from: ['--host', 'xen'] },
  ])('$what', async ({ from }) => {
    const { status, stdout } = await run('fleet', 'plan', 'built', ...from)
    expect(status).toBe(0)
    expect(stdout).toBe(`${from[1]} (release): to be brought up to date\n${PLAN}1 host: 1 to be brought up to date\n`)
  })

  test('as JSON, by its schema; the index may be named itself', async () => {
    const { status, stdout } = await run('fleet', 'plan', 'built/index.json', '--listing', 'tools.txt', '--json', '-')
    const plan: unknown = JSON.parse(stdout)
    expect(status).toBe(0)
    expect(v.is(SCHEMAS['fleet-plan'], plan)).toBe(true)
    expect(plan).toMatchObject({ outcome: 'to-do', hosts: [{ host: 'tools.txt', buildId: ID, there: ['one'] }] })
  })
})

test('ends with 3 where nothing is to be done, with 2 where something will be lacking', async () => {
  const write = (name: string, rows: string) => writeFileSync(join(folder, name), `${rows}runs build-id ${ID}\n`)
  write('done.txt', 'one  APPLIED\ntwo  APPLIED\n')
  write('odd.txt', 'one     APPLIED\nhotfix  APPLIED\n')
  expect((await run('fleet', 'plan', 'built', '--listing', 'done.txt')).status).toBe(3)
  const { status, stdout } = await run('fleet', 'plan', 'built', '--listing', 'done.txt', 'odd.txt')
  expect(status).toBe(2)
  expect(stdout).toContain('hotfix is applied there, and the fleet does not know it [unknown-payload]')
})

test('a host that cannot be asked is told in its place, and ends with 1', async () => {
  const { status, stdout } = await run(
    'fleet',
    'plan',
    'built',
    '--listing',
    'tools.txt',
    '--host',
    'process:999999999',
  )
  expect(status).toBe(1)
  expect(stdout).toContain(PLAN)
  expect(stdout).toMatch(/^process:999999999: could not be asked\n {2}\S.* \[process\//m)
})

test.for([
  { what: 'no host', args: ['built'], told: '[cli/usage]' },
  { what: 'a rehearsal', args: ['built', '--host', 'rehearsal'], told: '[cli/usage]' },
  { what: 'no index', args: ['list.json', '--listing', 'tools.txt'], told: '[fleet/no-index]' },
  { what: 'no listing', args: ['built', '--listing', 'built/index.json'], told: '[fleet/odd-listing]' },
])('$what is told, and ends with 1', async ({ args, told }) => {
  const { status, stderr } = await run('fleet', 'plan', ...args)
  expect(status).toBe(1)
  expect(stderr).toContain(told)
})
