/**
 * A rollout over five machines that run the real Xen: the third does not take a payload, then another is not well afterwards, then
 * all are. What each hypervisor says of itself tells which were changed and which brought back.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asRolloutHost } from '../../src/cli/rollout-host.ts'
import { planHosts } from '../../src/flows/fleet/plan-hosts.ts'
import { rollOut } from '../../src/flows/fleet/rollout.ts'
import type { Health } from '../../src/flows/fleet/rollout-world.ts'
import type { Host } from '../../src/hosts/host.ts'
import { openRehearsal } from '../../src/hosts/rehearsal/xen/rehearsal-host.ts'
import type { FleetIndex } from '../../src/report/fleet-index.ts'
import type { RolloutEvent } from '../../src/report/fleet-rollout.ts'
import { makeIndex } from '../support/fleet-index.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from '../xen/tree.ts'
import { buildIdOf, readTarget, type TargetXen, textPayload } from './rehearsal-payloads.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)
const NAMES = ['a', 'b', 'c', 'd', 'e']
const hosts = new Map<string, Host>()
afterAll(async () => {
  for (const host of hosts.values()) await host.close()
})

const hostOf = (name: string): Host => {
  const host = hosts.get(name)
  if (host === undefined) throw new Error(`there is no machine ${name}`)
  return host
}

/** What the hypervisor itself says: its version's last part. */
async function says(name: string): Promise<string | undefined> {
  const { texts } = await hostOf(name).about()
  return texts.find(text => text.name === 'extra-version')?.value
}

interface Fleet {
  readonly index: FleetIndex
  readonly payloads: ReadonlyMap<string, Uint8Array>
}

/** Two fixes, the second upon the first; each changes what Xen says of its version. */
function fleetFor(target: TargetXen): Fleet {
  const one = textPayload(target, 'xen_extra_version', '.one')
  const two = textPayload(target, 'xen_extra_version', '.two', buildIdOf(one))
  const payloads = new Map([
    ['one', one],
    ['two', two],
  ])
  const { buildId } = target
  const index = makeIndex({
    bases: [{ name: 'release', buildId }],
    fixes: { one: { release: { is: 'built' } }, two: { release: { is: 'built' } } },
  })
  const cells = index.cells.map(cell => {
    const ids = { buildId: buildIdOf(payloads.get(cell.fix) ?? ''), runs: buildId }
    const depends = cell.fix === 'one' ? buildId : buildIdOf(one)
    return { ...cell, payload: cell.payload && { ...cell.payload, ...ids, depends } }
  })
  return { index: { ...index, cells }, payloads }
}

async function roll({ index, payloads }: Fleet, health?: (host: string) => Promise<Health>) {
  const request = { index, version: '1', today: '2026-11-30' }
  const reports = []
  for (const host of NAMES) reports.push({ ...(await asRolloutHost(host, hostOf(host)).report()), host })
  const log: RolloutEvent[] = []
  const rolled = await rollOut(
    { ...request, plans: planHosts({ ...request, hosts: reports }).hosts, first: 1, percent: 20, dryRun: false },
    {
      // The machines live on from one rollout to the next.
      open: async name => ({ ...asRolloutHost(name, hostOf(name)), close: async () => undefined }),
      payload: ({ file }) => payloads.get(/-(\w+)\.livepatch$/.exec(file ?? '')?.[1] ?? '') ?? new Uint8Array(),
      health,
      isAlarming: () => false,
      log: event => log.push(event),
      signal: new AbortController().signal,
    },
  )
  const said = []
  for (const host of NAMES) said.push(await says(host))
  const deeds = (event: string) => log.flatMap(each => ('operation' in each && each.event === event ? [each.host] : []))
  // Nothing is begun that is not seen to end.
  expect(deeds('did')).toEqual(deeds('begins'))
  expect(log.at(-1)).toEqual({ event: 'over', outcome: rolled.outcome })
  return {
    outcomes: rolled.hosts.map(({ outcome }) => outcome),
    texts: rolled.hosts.map(({ text }) => text),
    said,
    log,
  }
}

describe.skipIf(missing !== '')(`a rollout over five machines ${missing}`, () => {
  let fleet: Fleet
  let own: string | undefined
  beforeAll(async () => {
    const tree = join(xenTree('release'), 'xen')
    fleet = fleetFor(readTarget(join(tree, 'xen-syms')))
    for (const name of NAMES) hosts.set(name, await openRehearsal({ hypervisor: join(tree, 'xen'), cpus: 1 }))
    own = await says('a')
    expect(own).toMatch(/^\.5/)
    // The third will take the first payload, and not the second: something with its build-id is there.
    const payload = fleet.payloads.get('two') ?? new Uint8Array()
    expect(await hostOf('c').upload({ name: 'other', payload })).toMatchObject({ result: 0 })
  })

  test('the third does not take the second payload: it is brought back, and it ends there', async () => {
    const { outcomes, texts, said, log } = await roll(fleet)
    expect(outcomes).toEqual(['done', 'done', 'reverted', 'not-reached', 'not-reached'])
    expect(texts[2]).toMatch(/^upload two ended with -17/)
    expect(said).toEqual(['.two', '.two', own, own, own])
    const third = log.flatMap(each =>
      'operation' in each && each.event === 'did' && each.host === 'c' ? [`${each.operation} ${each.name}`] : [],
    )
    expect(third).toEqual(['upload one', 'apply one', 'upload two', 'revert one', 'unload one'])
    expect((await hostOf('c').list()).payloads.map(({ name }) => name)).toEqual(['other'])
  })

  test('mended, it goes on; one that is not well afterwards is brought back', async () => {
    expect(await hostOf('c').act({ action: 'unload', name: 'other' })).toMatchObject({ result: 0 })
    const ill = async (host: string) => {
      const text = (await says(host)) ?? ''
      return { isRight: host !== 'd' || text === own, text }
    }
    const { outcomes, texts, said, log } = await roll(fleet, ill)
    expect(outcomes).toEqual(['as-it-was', 'as-it-was', 'done', 'reverted', 'not-reached'])
    expect(texts[3]).toBe('the health command said no afterwards: .two')
    expect(said).toEqual(['.two', '.two', '.two', own, own])
    expect(log.filter(each => 'operation' in each && (each.host === 'a' || each.host === 'b'))).toEqual([])
    const asked = log.flatMap(each => (each.event === 'health' && each.host === 'd' ? [each.moment] : []))
    expect(asked).toEqual(['before', 'after'])
  })

  test('well again, it goes on to the end', async () => {
    const { outcomes, said } = await roll(fleet)
    expect(outcomes).toEqual(['as-it-was', 'as-it-was', 'as-it-was', 'done', 'done'])
    expect(said).toEqual(NAMES.map(() => '.two'))
  })
})
