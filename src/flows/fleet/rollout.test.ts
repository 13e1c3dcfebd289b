/** Rollouts over hosts that are made up: who is changed, who is brought back, what is written down, and what a second run does. */
import { expect, test } from 'vitest'
import { type IndexTold, idOf, makeIndex } from '../../../tests/support/fleet-index.ts'
import type { FleetRollout, RolloutEvent } from '../../report/fleet-rollout.ts'
import { planHosts } from './plan-hosts.ts'
import { rollOut } from './rollout.ts'
import type { Did, RolloutHost } from './rollout-world.ts'

const STACK: IndexTold = {
  bases: [{ name: 'release' }],
  fixes: { one: { release: { is: 'built' } }, two: { release: { is: 'built', upon: 'one' } } },
}
const SINGLE: IndexTold = {
  bases: [{ name: 'release' }],
  fixes: {
    one: { release: { is: 'built' } },
    two: { release: { is: 'built' } },
    both: { release: { is: 'built', includes: ['one', 'two'], isCumulative: true } },
  },
}

/** What is there, in the order in which it was applied; and what it says no to. */
interface Made {
  readonly payloads: { name: string; state: string; rc: number }[]
  /** `apply two`, as often as it is asked. */
  readonly refuses?: string
  /** Once: `apply one`, as what was applied with data says when it is asked again. */
  refusesOnce?: string
  console?: string[]
  readonly said?: string
}

function openMade(made: Made): RolloutHost {
  const answer = (words: string): Did | undefined => {
    if (made.refusesOnce === words) made.refusesOnce = ''
    else if (made.refuses !== words) return undefined
    return { result: -22, words: ['no'] }
  }
  const find = (name: string) => made.payloads.find(each => each.name === name)
  return {
    upload: async ({ name, dryRun = false }) => {
      const no = answer(`upload ${name}`)
      if (no !== undefined) return no
      if (find(name) !== undefined) return { result: -17, words: ['there is one'] }
      if (!dryRun) made.payloads.push({ name, state: 'CHECKED', rc: 0 })
      return { result: 0, words: [] }
    },
    act: async ({ action, name }) => {
      const no = answer(`${action} ${name}`)
      const payload = find(name)
      if (no !== undefined || payload === undefined) return no ?? { result: -2, words: ['none'] }
      if (made.said !== undefined && action === 'apply') made.console = ['(XEN) before', made.said]
      if (action === 'replace') for (const each of made.payloads) each.state = 'CHECKED'
      if (action === 'unload') made.payloads.splice(made.payloads.indexOf(payload), 1)
      else payload.state = action === 'revert' ? 'CHECKED' : 'APPLIED'
      return { result: 0, words: [] }
    },
    report: async () => ({ buildId: idOf('release'), payloads: made.payloads.map(each => ({ ...each })) }),
    said: async () => made.console ?? ['(XEN) before'],
    close: async () => undefined,
  }
}

interface Asked {
  readonly told?: IndexTold
  readonly percent?: number
  readonly ill?: (host: string, made: Made | undefined) => boolean
  readonly stopAt?: (event: RolloutEvent) => boolean
}

async function roll(hosts: Readonly<Record<string, Made>>, { told = STACK, percent = 20, ill, stopAt }: Asked = {}) {
  const index = makeIndex(told)
  const reports = Object.entries(hosts).map(([host, { payloads }]) => ({
    host,
    buildId: idOf('release'),
    payloads: payloads.map(each => ({ ...each })),
  }))
  const request = { index, version: '1', today: '2026-11-30' }
  const log: RolloutEvent[] = []
  const stop = new AbortController()
  const result = await rollOut(
    { ...request, plans: planHosts({ ...request, hosts: reports }).hosts, first: 1, percent, dryRun: false },
    {
      open: async name => openMade(hosts[name] ?? { payloads: [] }),
      payload: () => new Uint8Array(1),
      health: ill === undefined ? undefined : async name => ({ isRight: !ill(name, hosts[name]), text: 'asked' }),
      isAlarming: line => line.includes('BUG'),
      log: event => {
        log.push(event)
        if (stopAt?.(event) === true) stop.abort()
      },
      signal: stop.signal,
    },
  )
  return { result, log }
}

const empty = (more: Partial<Made> = {}): Made => ({ payloads: [], ...more })
const applied = (...names: string[]) => names.map(name => ({ name, state: 'APPLIED', rc: 0 }))
const outcomes = ({ hosts }: FleetRollout) => hosts.map(({ host, outcome }) => `${host} ${outcome}`)
const isOn = ({ payloads }: Made) => payloads.map(({ name, state }) => `${name} ${state}`)
const five = (third: Made): Record<string, Made> => ({ a: empty(), b: empty(), c: third, d: empty(), e: empty() })

test('five hosts of which the third says no to the second payload: it is brought back, and nobody after it is touched', async () => {
  const hosts = five(empty({ refuses: 'apply two' }))
  const { result, log } = await roll(hosts)
  expect(result).toMatchObject({ outcome: 'failed', waves: [['a'], ['b'], ['c'], ['d'], ['e']] })
  expect(outcomes(result)).toEqual(['a done', 'b done', 'c reverted', 'd not-reached', 'e not-reached'])
  expect(result.hosts[2]?.text).toBe('apply two ended with -22: no')
  expect(Object.values(hosts).map(isOn)).toEqual([
    ['one APPLIED', 'two APPLIED'],
    ['one APPLIED', 'two APPLIED'],
    [],
    [],
    [],
  ])
  // Each thing that is begun is seen to end.
  const deeds = log.flatMap(each =>
    'operation' in each && each.host === 'c' ? [`${each.event} ${each.purpose} ${each.operation} ${each.name}`] : [],
  )
  const both = (words: string) => [`begins ${words}`, `did ${words}`]
  expect(deeds).toEqual(
    [
      'forward upload one',
      'forward apply one',
      'forward upload two',
      'forward apply two',
      'back unload two',
      'back revert one',
      'back unload one',
    ].flatMap(both),
  )
  expect(log.at(-1)).toEqual({ event: 'over', outcome: 'failed' })
  // It is mended; a second run goes on.
  const again = await roll({ ...hosts, c: empty() })
  expect(outcomes(again.result)).toEqual(['a as-it-was', 'b as-it-was', 'c done', 'd done', 'e done'])
  expect(again.result.outcome).toBe('done')
  expect(again.log.filter(each => 'operation' in each && (each.host === 'a' || each.host === 'b'))).toEqual([])
})

test.for([
  {
    what: 'a health command that says no afterwards',
    third: empty(),
    ill: (host: string, made?: Made) => host === 'c' && made?.payloads.length === 2,
    text: /health .* afterwards: asked$/,
  },
  {
    what: 'a console that tells of a bug',
    third: empty({ said: '(XEN) Xen BUG at x.c:1' }),
    text: /its console says: \(XEN\) Xen BUG/,
  },
])('$what: the host is brought back', async ({ third, text, ...asked }) => {
  const hosts = five(third)
  const { result } = await roll(hosts, asked)
  expect(outcomes(result)).toEqual(['a done', 'b done', 'c reverted', 'd not-reached', 'e not-reached'])
  expect(result.hosts[2]?.text).toMatch(text)
  expect(isOn(third)).toEqual([])
})

test('a host that is not well before is not touched', async () => {
  const { result, log } = await roll({ a: empty(), b: empty() }, { ill: () => true })
  expect(outcomes(result)).toEqual(['a as-it-was', 'b not-reached'])
  expect(log.filter(each => 'operation' in each)).toEqual([])
})

test('those of one wave are gone to at once, and all come to their ends', async () => {
  const { result } = await roll(five(empty({ refuses: 'apply one' })), { percent: 60 })
  expect(result.waves).toEqual([['a'], ['b', 'c', 'd'], ['e']])
  expect(outcomes(result)).toEqual(['a done', 'b done', 'c reverted', 'd done', 'e not-reached'])
})

test('nobody is touched where one host is unclear', async () => {
  const hosts = { a: empty(), b: { payloads: applied('hotfix') } }
  const { result, log } = await roll(hosts)
  expect(result.outcome).toBe('failed')
  expect(outcomes(result)).toEqual(['a not-reached', 'b not-reached'])
  expect(log).toEqual([])
})

test('whoever is stopped has done each step whole, and says which', async () => {
  const hosts = { a: empty(), b: empty() }
  const { result } = await roll(hosts, { stopAt: each => each.event === 'begins' && each.operation === 'apply' })
  expect(outcomes(result)).toEqual(['a interrupted', 'b not-reached'])
  expect(result).toMatchObject({ outcome: 'interrupted', hosts: [{ text: 'done: load one; not done: load two' }, {}] })
  expect(isOn(hosts.a)).toEqual(['one APPLIED'])
  expect(outcomes((await roll(hosts)).result)).toEqual(['a done', 'b done'])
})

test('what took the place of others is taken back: they are there again, also those that must be uploaded anew', async () => {
  const well = { payloads: applied('one') }
  expect((await roll({ well }, { told: SINGLE })).result.hosts[0]).toMatchObject({
    outcome: 'done',
    text: 'both applied',
  })
  expect(isOn(well)).toEqual(['both APPLIED'])
  const ill = { payloads: applied('one'), refusesOnce: 'apply one' }
  const isIll = (_: string, made?: Made) => made?.payloads.some(({ name }) => name === 'both') === true
  const { result, log } = await roll({ ill }, { told: SINGLE, ill: isIll })
  expect(outcomes(result)).toEqual(['ill reverted'])
  expect(isOn(ill)).toEqual(['one APPLIED'])
  expect(
    log.flatMap(each =>
      'operation' in each && each.event === 'did' && each.purpose === 'back' ? [`${each.operation} ${each.name}`] : [],
    ),
  ).toEqual(['revert both', 'unload both', 'apply one', 'unload one', 'upload one', 'apply one'])
})

test('a way back that ends before its end is told', async () => {
  const { result } = await roll({ a: empty({ refuses: 'apply two' }), b: empty() }, {})
  expect(outcomes(result)[0]).toBe('a reverted')
  const stuck = empty({ refuses: 'revert one' })
  const again = await roll({ a: stuck, b: empty() }, { ill: (_, made) => made?.payloads.length === 2 })
  expect(outcomes(again.result)).toEqual(['a stuck', 'b not-reached'])
  expect(again.result.hosts[0]?.text).toContain('on the way back: revert one ended with -22')
})

test('what somebody else brings meanwhile is left to them', async () => {
  const host = empty()
  const meanwhile = (each: RolloutEvent) => {
    if (each.event === 'checked') host.payloads.push(...applied('one'))
    return false
  }
  const { result } = await roll({ a: host }, { stopAt: meanwhile })
  expect(result.hosts[0]).toMatchObject({
    outcome: 'as-it-was',
    isFault: true,
    text: 'upload one ended with -17: there is one',
  })
  expect(isOn(host)).toEqual(['one APPLIED'])
})

test.for([
  ['says its last line again', ['(XEN) x', '(XEN) y'], ['(XEN) x', '(XEN) y', '(XEN) BUG', '(XEN) y'], true],
  ['has lost its beginning', ['(XEN) BUG', '(XEN) y', '(XEN) z'], ['EN) y', '(XEN) z', '(XEN) w'], false],
  ['has lost it, and says something new', ['(XEN) x', '(XEN) y'], ['(XEN) y', '(XEN) BUG'], true],
  ['has lost all', ['(XEN) x'], ['(XEN) BUG', '(XEN) y'], true],
  ['had it before', ['(XEN) BUG', '(XEN) y'], ['(XEN) BUG', '(XEN) y', '(XEN) z'], false],
] as const)('a console that %s', async ([, before, now, isAlarming]) => {
  const host = empty({ console: [...before] })
  const { result } = await roll(
    { a: host },
    {
      stopAt: each => {
        if (each.event === 'did') host.console = [...now]
        return false
      },
    },
  )
  expect(outcomes(result)).toEqual([isAlarming ? 'a reverted' : 'a done'])
})
