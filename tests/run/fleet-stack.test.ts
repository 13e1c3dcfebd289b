/**
 * A running program under load, whose stack changes again and again: applied, stacked, taken back, replaced by a cumulative payload.
 * After each change it answers as the top of its stack does, and it never stops to work. HOTSPLICE_STACK_CHANGES sets how many.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ActionName, Host } from '../../src/hosts/host.ts'
import { openProcess } from '../../src/hosts/process/process-host.ts'
import type { FleetRollout } from '../../src/report/fleet-rollout.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { hotsplice } from '../xen/command.ts'
import { type BuiltDaemon, buildDaemon, RunningDaemon } from './process-daemon.ts'

const CHANGES = Number(process.env.HOTSPLICE_STACK_CHANGES ?? '20')
const EDITS = [
  ['one', 'return x * 2;', 'return x * 3;'],
  ['two', '(x & 1) * limit;', '100;'],
] as const

/** What is done, and what the program answers then, `answer(3)` and `pair(2)`. */
const ROUND: readonly (readonly [ActionName, string, string, string])[] = [
  ['apply', 'one', '9', '7'],
  ['apply', 'two', '9', '107'],
  ['revert', 'two', '9', '7'],
  ['replace', 'all', '9', '107'],
  ['revert', 'all', '6', '7'],
  ['apply', 'one', '9', '7'],
  ['apply', 'two', '9', '107'],
  ['replace', 'all', '9', '107'],
  ['revert', 'all', '6', '7'],
]

let built: BuiltDaemon
let daemon: RunningDaemon
let host: Host
beforeAll(() => {
  if (!hasGcc) return
  built = buildDaemon()
})
afterAll(async () => {
  await host?.close()
  daemon?.stop()
  built?.remove()
})

async function makeFleet(): Promise<ReadonlyMap<string, Uint8Array>> {
  const { folder, program } = built
  let text = readFileSync(join(dirname(program), 'daemon.c'), 'utf8')
  for (const [name, from, to] of EDITS) {
    const after = text.replace(from, to)
    writeFileSync(join(folder, `${name}.patch`), createTwoFilesPatch('a/daemon.c', 'b/daemon.c', text, after, '', ''))
    text = after
  }
  const fixes = [
    { name: 'one', patches: ['one.patch'] },
    { name: 'two', patches: ['two.patch'], on: 'one' },
    { name: 'all', cumulative: ['two'] },
  ]
  const bases = [{ name: 'daemon', tree: 'tree', target: 'process', symbols: 'tree/daemon' }]
  writeFileSync(join(folder, 'fleet.json'), JSON.stringify({ bases, fixes }))
  const env = { ...process.env, HOTSPLICE_CACHE: join(folder, 'cache') }
  const ran = await hotsplice(['fleet', 'build', 'fleet.json', '-o', 'out'], { cwd: folder, env })
  expect(ran).toMatchObject({ status: 0 })
  const fileOf = (name: string) => join(folder, `out/cells/daemon/${name}/${name}.livepatch`)
  return new Map(fixes.map(({ name }) => [name, new Uint8Array(readFileSync(fileOf(name)))]))
}

describe.skipIf(!hasGcc)(`a program whose stack changes${withoutGcc}`, () => {
  test(`${CHANGES} changes: each is seen at once, and none of its work is lost`, async () => {
    const payloads = await makeFleet()
    daemon = new RunningDaemon(built, { threads: 3 })
    await daemon.ask('g')
    host = openProcess({ pid: daemon.pid })
    const { texts } = await host.about()
    const started = texts.find(({ name }) => name === 'process')?.value.split('@')[1]
    // By either spelling it is one, which a rollout asks.
    const other = openProcess({ pid: daemon.pid, started })
    expect(await other.machine?.()).toBe(`process ${daemon.pid}@${started}`)
    expect(await host.machine?.()).toBe(await other.machine?.())
    await other.close()
    for (const [name, payload] of payloads) expect(await host.upload({ name, payload })).toMatchObject({ result: 0 })
    const { payloads: listed } = await host.list()
    // Each is told by its build-id, which is how it is known to a plan.
    expect(new Set(listed.map(({ buildId }) => buildId)).size).toBe(3)
    expect([await daemon.ask('a'), await daemon.ask('p')]).toEqual(['6', '7'])
    let served = 0
    for (let change = 0; change < CHANGES; change++) {
      const [action, name, answer, pair] = ROUND[change % ROUND.length] ?? ['apply', '', '', '']
      const done = await host.act({ action, name, timeoutMs: 10_000 })
      expect(done, `${change}: ${action} ${name}`).toMatchObject({ result: 0 })
      expect([await daemon.ask('a'), await daemon.ask('p')], `${change}: ${action} ${name}`).toEqual([answer, pair])
      const now = Number(await daemon.ask('s'))
      expect(now).toBeGreaterThanOrEqual(served)
      served = now
    }
    expect(served).toBeGreaterThan(0)
  })

  test('a rollout over five of them, of which the third does not come to a stand: it ends there, and goes on later', async () => {
    const five = Array.from({ length: 5 }, () => new RunningDaemon(built, { threads: 2 }))
    try {
      const answers = async () => Promise.all(five.map(async each => `${await each.ask('a')} ${await each.ask('p')}`))
      for (const each of five) await each.ask('g')
      const hosts = five.map(({ pid }) => `process:${pid}`)
      const args = ['fleet', 'apply', 'out', '--log', 'log.jsonl', '--json', 'rolled.json', '--host', ...hosts]
      const roll = () => hotsplice([...args, '--', 'test', '-e', '/proc/self'], { cwd: built.folder })
      const outcomes = () => {
        const rolled: FleetRollout = JSON.parse(readFileSync(join(built.folder, 'rolled.json'), 'utf8'))
        return rolled.hosts.map(({ outcome }) => outcome)
      }
      await five[2]?.ask('h')
      expect((await roll()).status).toBe(2)
      expect(outcomes()).toEqual(['done', 'done', 'reverted', 'not-reached', 'not-reached'])
      await five[2]?.ask('r')
      expect(await answers()).toEqual(['9 107', '9 107', '6 7', '6 7', '6 7'])
      const again = await roll()
      expect(again.status, again.stdout).toBe(0)
      expect(outcomes()).toEqual(['as-it-was', 'as-it-was', 'done', 'done', 'done'])
      expect(await answers()).toEqual(Array(5).fill('9 107'))
    } finally {
      for (const each of five) each.stop()
    }
  })
})
