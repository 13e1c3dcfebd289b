/** `hotsplice fleet apply` as a process, over hosts whose ssh, xen-livepatch and xl are stand-ins that keep what they are told. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { SCHEMAS } from '../../src/cli/schemas.ts'
import type { FleetRollout } from '../../src/report/fleet-rollout.ts'
import { idOf, makeIndex } from '../support/fleet-index.ts'
import { command, hotsplice } from '../xen/command.ts'

const folder = mkdtempSync(join(tmpdir(), 'hotsplice-apply-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (path: string) => join(folder, path)

const HOSTS = ['a', 'b', 'c', 'd', 'e']
const names = HOSTS.map(name => `xen:ssh://root@${name}`)

/** What follows `--` is a host and what it is to run; a folder is what it remembers. */
const SSH = `while [ "$1" != -- ]; do shift; done
export STATE='${folder}'/hosts/"\${2##*@}"
shift 2
PATH='${folder}/host':"$PATH" exec sh -c "$*"`
const XL = `case $1 in
  info) echo 'build_id : ${idOf('release')}' ;;
  dmesg) cat "$STATE/console" 2>/dev/null; : ;;
esac`
/** As the tool of Xen 4.17 answers; \`stall\` keeps an action going while that file is there. */
const TOOL = `mkdir -p "$STATE/there"
if grep -qsx "$1 $2" "$STATE/refuses"; then echo 'Error 22: Invalid argument' >&2; exit 1; fi
case $1 in
  list)
    printf ' ID                                     | status     | metadata\\n----------------------------------------+------------+---------------\\n'
    for each in $(ls "$STATE/there"); do printf '%-40s| %-10s | \\n' "$each" "$(cat "$STATE/there/$each")"; done ;;
  upload) echo CHECKED > "$STATE/there/$2"; cp "$3" "$STATE/$2.brought" ;;
  apply)
    : > "$STATE/applying"
    while [ -e "$STATE/stall" ]; do sleep 0.1; done
    echo APPLIED > "$STATE/there/$2" ;;
  revert) echo CHECKED > "$STATE/there/$2" ;;
  unload) rm "$STATE/there/$2" ;;
esac`
/** Well unless there is a file that says otherwise. */
const WELL = `[ "$1" = --of ] && ! [ -e '${folder}'/hosts/"\${2##*@}"/ill-with-"$(ls '${folder}'/hosts/"\${2##*@}"/there 2>/dev/null | tr -d '\\n')" ]`

function program(path: string, script: string): void {
  mkdirSync(join(at(path), '..'), { recursive: true })
  writeFileSync(at(path), `#!/bin/sh\n${script}\n`)
  chmodSync(at(path), 0o755)
}

beforeEach(() => {
  for (const name of ['hosts', 'built', 'log.jsonl']) rmSync(at(name), { recursive: true, force: true })
  for (const host of HOSTS) mkdirSync(at(`hosts/${host}`), { recursive: true })
  program('bin/ssh', SSH)
  program('host/xen-livepatch', TOOL)
  program('host/xl', XL)
  program('well', WELL)
  const index = makeIndex({
    bases: [{ name: 'release' }],
    fixes: { one: { release: { is: 'built' } }, two: { release: { is: 'built', upon: 'one' } } },
  })
  mkdirSync(at('built/content'), { recursive: true })
  const cells = index.cells.map(cell => {
    const bytes = Buffer.from(`the payload of ${cell.fix}`)
    writeFileSync(at(`built/${cell.payload?.file}`), bytes)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    return { ...cell, payload: cell.payload && { ...cell.payload, sha256, size: bytes.length } }
  })
  writeFileSync(at('built/index.json'), JSON.stringify({ ...index, cells }))
})

const env = () => ({ ...process.env, PATH: `${at('bin')}:${process.env.PATH}` })
const ARGS = ['fleet', 'apply', 'built', '--log', 'log.jsonl', '--host', ...names]
const run = (...more: string[]) => hotsplice([...ARGS, '--json', 'out.json', ...more], { cwd: folder, env: env() })
const result = (): FleetRollout => {
  const read: unknown = JSON.parse(readFileSync(at('out.json'), 'utf8'))
  expect(v.is(SCHEMAS['fleet-apply'], read)).toBe(true)
  return JSON.parse(readFileSync(at('out.json'), 'utf8'))
}
const outcomes = () => result().hosts.map(({ outcome }) => outcome)
const there = (host: string) =>
  ['one', 'two'].flatMap(name => {
    const file = at(`hosts/${host}/there/${name}`)
    return existsSync(file) ? [`${name} ${readFileSync(file, 'utf8').trim()}`] : []
  })
const BOTH = ['one APPLIED', 'two APPLIED']
interface Line {
  readonly time: string
  readonly user: string
  readonly event: string
  readonly host?: string
  readonly operation?: string
  readonly name?: string
}
const log = (): Line[] =>
  readFileSync(at('log.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))

test('the third of five says no: it is brought back, it ends there, and a second run goes on', async () => {
  writeFileSync(at('hosts/c/refuses'), 'apply two\n')
  const { status, stdout } = await run()
  expect(status).toBe(2)
  expect(stdout).toContain('xen:ssh://root@c: REVERTED: apply two ended with -22: Error 22: Invalid argument')
  expect(outcomes()).toEqual(['done', 'done', 'reverted', 'not-reached', 'not-reached'])
  expect(HOSTS.map(there)).toEqual([BOTH, BOTH, [], [], []])
  expect(readFileSync(at('hosts/a/two.brought'), 'utf8')).toBe('the payload of two')
  const first = log()
  expect(first.every(({ time, user }) => time !== '' && user !== '')).toBe(true)
  const begun = first.filter(({ event }) => event === 'begins')
  expect(begun).toHaveLength(4 + 4 + 7)
  expect(first.filter(({ event }) => event === 'did')).toHaveLength(begun.length)
  rmSync(at('hosts/c/refuses'))
  expect((await run()).status).toBe(0)
  expect(outcomes()).toEqual(['as-it-was', 'as-it-was', 'done', 'done', 'done'])
  expect(HOSTS.map(there)).toEqual([BOTH, BOTH, BOTH, BOTH, BOTH])
  // It only grows.
  expect(log().slice(0, first.length)).toEqual(first)
  expect((await run()).status).toBe(3)
}, 120_000)

test('a health command of the user’s is asked about each host, word by word', async () => {
  writeFileSync(at('hosts/b/ill-with-onetwo'), '')
  const { status } = await run('--percent', '100', '--', './well', '--of', '{host}')
  expect(status).toBe(2)
  expect(outcomes()).toEqual(['done', 'reverted', 'done', 'done', 'done'])
  expect(HOSTS.map(there)).toEqual([BOTH, [], BOTH, BOTH, BOTH])
  const asked = log().filter(({ event, host }) => event === 'health' && host === names[1])
  expect(asked).toMatchObject([
    { moment: 'before', isRight: true },
    { moment: 'after', isRight: false, text: 'it ended with 1' },
  ])
})

test('a dry run shows plan and waves, and touches nobody', async () => {
  const { status, stdout } = await run('--dry-run', '--percent', '40')
  expect(status).toBe(0)
  expect(stdout).toContain('1. load content/release-one.livepatch as one')
  expect(stdout).toContain(`wave 2: ${names[1]}, ${names[2]}`)
  expect(HOSTS.map(there)).toEqual([[], [], [], [], []])
  expect(existsSync(at('log.jsonl'))).toBe(false)
})

test('whoever is interrupted has done each step whole, and tells what is where', async () => {
  writeFileSync(at('hosts/b/stall'), '')
  const child = spawn(process.execPath, [command, ...ARGS], {
    cwd: folder,
    env: env(),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', chunk => {
    said += String(chunk)
  })
  const ended = once(child, 'close')
  await vi.waitFor(() => expect(existsSync(at('hosts/b/applying'))).toBe(true), { timeout: 60_000, interval: 50 })
  child.kill('SIGINT')
  rmSync(at('hosts/b/stall'))
  const [status] = await ended
  expect(status).toBe(130)
  expect(said).toContain('xen:ssh://root@b: interrupted: done: load one; not done: load two')
  expect(HOSTS.map(there)).toEqual([BOTH, ['one APPLIED'], [], [], []])
  expect(log().at(-1)).toMatchObject({ event: 'over', outcome: 'interrupted' })
  expect(log().filter(({ event }) => event === 'begins')).toHaveLength(
    log().filter(({ event }) => event === 'did').length,
  )
  expect((await run()).status).toBe(0)
  expect(HOSTS.map(there)).toEqual([BOTH, BOTH, BOTH, BOTH, BOTH])
}, 120_000)

test('nobody is touched where a host is unclear, a payload is damaged, or nothing can be written down', async () => {
  writeFileSync(at('built/content/release-one.livepatch'), 'something else')
  expect(await run()).toMatchObject({ status: 2 })
  expect(result().hosts[0]).toMatchObject({
    outcome: 'as-it-was',
    text: expect.stringContaining('not what the index says'),
  })
  expect((await run('--log', 'built')).stderr).toContain('[fleet/no-log]')
  mkdirSync(at('hosts/e/there'), { recursive: true })
  writeFileSync(at('hosts/e/there/hotfix'), 'APPLIED')
  expect((await run()).stdout).toContain('hotfix is applied there, and the fleet does not know it')
  expect(HOSTS.map(there)).toEqual([[], [], [], [], []])
})
