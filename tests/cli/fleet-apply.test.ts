/** `hotsplice fleet apply` as a process, over hosts whose ssh, xen-livepatch and xl are stand-ins that keep what they are told. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { SCHEMAS } from '../../src/cli/schemas.ts'
import type { FleetRollout } from '../../src/report/fleet-rollout.ts'
import { idOf, makeIndex } from '../support/fleet-index.ts'
import { writeScript } from '../support/script.ts'
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
/** One id for each host, by whatever name it is reached. */
const CAT = `case $1 in
  /proc/sys/kernel/random/boot_id) [ -e "$STATE/nameless" ] || echo "0000000\${STATE##*/}-0000-4000-8000-000000000000" ;;
  *) exec /bin/cat "$@" ;;
esac`
/** As the tool of Xen 4.17 answers; `stall-apply` keeps an action going while that file is there, whoever goes away meanwhile. */
const TOOL = `mkdir -p "$STATE/there"
echo "$1 $2" >> "$STATE/calls"
if grep -qsx "$1 $2" "$STATE/refuses"; then echo 'Error 22: Invalid argument' >&2; exit 1; fi
stall() {
  : > "$STATE/pending-$1-$2"
  while [ -e "$STATE/stall-$1" ]; do sleep 0.1; done
  rm "$STATE/pending-$1-$2"
}
case $1 in
  list)
    printf ' ID                                     | status     | metadata\\n----------------------------------------+------------+---------------\\n'
    for each in $(ls "$STATE/there"); do
      if [ -e "$STATE/pending-apply-$each" ]; then note=' (11, Resource temporarily unavailable)'; else note=; fi
      printf '%-40s| %s%s | \\n' "$each" "$(cat "$STATE/there/$each")" "$note"
    done ;;
  upload) cp "$3" "$STATE/$2.brought"; stall upload "$2"; echo CHECKED > "$STATE/there/$2" ;;
  apply) stall apply "$2"; echo APPLIED > "$STATE/there/$2" ;;
  revert) echo CHECKED > "$STATE/there/$2" ;;
  unload) rm "$STATE/there/$2" ;;
esac`
/** Well unless there is a file that says otherwise. */
const WELL = `[ "$1" = --of ] && ! [ -e '${folder}'/hosts/"\${2##*@}"/ill-with-"$(ls '${folder}'/hosts/"\${2##*@}"/there 2>/dev/null | tr -d '\\n')" ]`

function program(path: string, script: string): void {
  writeScript(at(path), script)
}

beforeEach(() => {
  for (const name of ['hosts', 'built', 'log.jsonl']) rmSync(at(name), { recursive: true, force: true })
  for (const host of HOSTS) mkdirSync(at(`hosts/${host}`), { recursive: true })
  program('bin/ssh', SSH)
  program('host/xen-livepatch', TOOL)
  program('host/xl', XL)
  program('host/cat', CAT)
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
  readonly payloads?: readonly { readonly name: string; readonly state: string }[]
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

/** A run that is begun and left to itself. */
function begin(...more: string[]) {
  const child = spawn(process.execPath, [command, ...ARGS, ...more], {
    cwd: folder,
    env: env(),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', chunk => {
    said += String(chunk)
  })
  return { child, ended: once(child, 'close').then(([status]) => ({ status, said })) }
}
const isSeen = (file: string, isThere = true) =>
  vi.waitFor(() => expect(existsSync(at(file))).toBe(isThere), { timeout: 60_000, interval: 50 })
const begunOnly = () => {
  const lines = log().filter(({ operation }) => operation !== undefined)
  return lines.filter(
    ({ event, ...line }, from) =>
      event === 'begins' &&
      !lines
        .slice(from)
        .some(
          each =>
            each.event === 'did' &&
            each.host === line.host &&
            each.operation === line.operation &&
            each.name === line.name,
        ),
  )
}

test('whoever is interrupted has done each step whole, and tells what is where', async () => {
  writeFileSync(at('hosts/b/stall-apply'), '')
  const { child, ended } = begin()
  await isSeen('hosts/b/pending-apply-one')
  child.kill('SIGINT')
  rmSync(at('hosts/b/stall-apply'))
  const { status, said } = await ended
  expect(status).toBe(130)
  expect(said).toContain('xen:ssh://root@b: interrupted: done: load one; not done: load two')
  expect(HOSTS.map(there)).toEqual([BOTH, ['one APPLIED'], [], [], []])
  expect(log().at(-1)).toMatchObject({ event: 'over', outcome: 'interrupted' })
  expect(begunOnly()).toEqual([])
  expect((await run()).status).toBe(0)
  expect(HOSTS.map(there)).toEqual([BOTH, BOTH, BOTH, BOTH, BOTH])
}, 120_000)

const applied = (host: string) => readFileSync(at(`hosts/${host}/calls`), 'utf8').match(/^apply .*$/gm)

test.for([{ operation: 'upload' }, { operation: 'apply' }])(
  'killed in the midst of a wave, as hosts $operation: it goes on, and applies nothing twice',
  async ({ operation }) => {
    // The first wave is one host, the second the other four: two are in the midst of it, two have come to their ends.
    const [midst, done] = [
      ['b', 'd'],
      ['c', 'e'],
    ]
    for (const host of midst) writeFileSync(at(`hosts/${host}/stall-${operation}`), '')
    const { child, ended } = begin('--percent', '100')
    for (const host of midst) await isSeen(`hosts/${host}/pending-${operation}-one`)
    await vi.waitFor(() => expect(done.map(there)).toEqual([BOTH, BOTH]), { timeout: 60_000, interval: 50 })
    child.kill('SIGKILL')
    await ended
    const before = log()
    const lost = begunOnly()
    expect(lost.map(({ host, name }) => [host, name]).sort()).toEqual([
      [names[1], 'one'],
      [names[3], 'one'],
    ])
    if (operation === 'apply') {
      // The host has it under way, whoever asked for it: nobody is touched.
      const { status, stdout } = await run('--percent', '100')
      expect([status, stdout]).toEqual([2, expect.stringContaining('an action on one is not over; ask the host again')])
      expect(log()).toEqual(before)
    }
    for (const host of midst) rmSync(at(`hosts/${host}/stall-${operation}`))
    for (const host of midst) await isSeen(`hosts/${host}/pending-${operation}-one`, false)
    await isSeen('hosts/b/there/one')
    await isSeen('hosts/d/there/one')
    expect((await run('--percent', '100')).status).toBe(0)
    expect(outcomes()).toEqual(['as-it-was', 'done', 'as-it-was', 'done', 'as-it-was'])
    expect(HOSTS.map(there)).toEqual([BOTH, BOTH, BOTH, BOTH, BOTH])
    expect(HOSTS.map(applied)).toEqual(HOSTS.map(() => ['apply one', 'apply two']))
    // It only grows, and says of what was not seen to end what came of it.
    expect(log().slice(0, before.length)).toEqual(before)
    const found = log()
      .slice(before.length)
      .filter(({ event }) => event === 'checked')
    const state = operation === 'apply' ? 'APPLIED' : 'CHECKED'
    for (const { host } of lost)
      expect(found.find(each => each.host === host)?.payloads).toEqual([{ name: 'one', state }])
    expect((await run()).status).toBe(3)
  },
)

test('one machine by two names is told, and nobody is touched', async () => {
  const twice = ['fleet', 'apply', 'built', '--log', 'log.jsonl', '--json', 'out.json', '--host']
  const go = (...hosts: string[]) => hotsplice([...twice, ...hosts], { cwd: folder, env: env() })
  const { status, stdout } = await go('xen:ssh://root@a', 'xen:ssh://root@b', 'xen:ssh://a:22/')
  expect(status).toBe(2)
  expect(stdout).toContain('xen:ssh://root@a: unclear')
  expect(stdout).toContain('it is the same machine as xen:ssh://a:22/; name it once [same-machine]')
  expect(stdout).toContain('it is the same machine as xen:ssh://root@a; name it once [same-machine]')
  writeFileSync(at('hosts/c/nameless'), '')
  expect((await go('xen:ssh://root@b', 'xen:ssh://root@c')).stdout).toContain('[no-machine]')
  expect(HOSTS.map(there)).toEqual([[], [], [], [], []])
  expect((await go('xen:ssh://root@c')).status).toBe(0)
  expect(there('c')).toEqual(BOTH)
})

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
