/** What hosts need, by made indexes and reports: the order of steps, and each reason for which nothing is planned. */
import { describe, expect, test } from 'vitest'
import { type IndexTold, idOf, makeIndex } from '../../../tests/support/fleet-index.ts'
import type { HostPlan } from '../../report/fleet-plan.ts'
import type { HostReport } from './host-cells.ts'
import { planHosts } from './plan-hosts.ts'

/** Three fixes, each upon the one before it. */
const STACKED: IndexTold = {
  bases: [{ name: 'release' }],
  fixes: {
    one: { release: { is: 'built' } },
    two: { release: { is: 'built', upon: 'one' } },
    three: { release: { is: 'built', upon: 'two' } },
  },
}
const row = (name: string, state = 'APPLIED', rc = 0) => ({ name, state, rc })
const host = (payloads: HostReport['payloads'] = [], buildId: string | null = idOf('release')): HostReport => ({
  host: 'here',
  buildId,
  payloads,
})

function planOf(told: IndexTold, report: HostReport, today = '2026-11-30'): HostPlan {
  const [plan] = planHosts({ index: makeIndex(told), hosts: [report], version: '1.2.3', today }).hosts
  if (plan === undefined) throw new Error('one host, and no plan')
  return plan
}
const stepsOf = ({ steps }: HostPlan) => steps.map(({ action, name }) => `${action} ${name}`)
const lackingIn = ({ lacking }: HostPlan) => lacking.map(({ fix, code, needs }) => `${fix} ${code} ${needs}`)
const problemsIn = ({ problems }: HostPlan) => problems.map(({ code }) => code)

describe('a stack', () => {
  test('is loaded from its bottom, with the files of the index', () => {
    const plan = planOf(STACKED, host())
    expect(plan).toMatchObject({ base: 'release', outcome: 'to-do', there: [], lacking: [], problems: [] })
    expect(stepsOf(plan)).toEqual(['load one', 'load two', 'load three'])
    expect(plan.steps[1]).toMatchObject({ file: 'content/release-two.livepatch', sha256: 'digest of release two' })
  })

  test('goes on upon what is there, whatever the order of the listing', () => {
    const plan = planOf(STACKED, host([row('two'), row('one')]))
    expect(plan.there).toEqual(['one', 'two'])
    expect(stepsOf(plan)).toEqual(['load three'])
  })

  test('is complete', () => {
    expect(planOf(STACKED, host([row('one'), row('two'), row('three')]))).toMatchObject({
      outcome: 'up-to-date',
      steps: [],
    })
  })

  test('what waits under the name of a payload makes room for it: it may be another one', () => {
    const plan = planOf(STACKED, host([row('one'), row('two', 'CHECKED', -16)]))
    expect(stepsOf(plan)).toEqual(['unload two', 'load two', 'load three'])
    expect(plan.notes).toEqual(['two is there and not applied', 'the last action on two failed (-16)'])
  })

  test('with a hole in it is not built upon', () => {
    const plan = planOf(STACKED, host([row('three'), row('one')]))
    expect(plan.steps).toEqual([])
    expect(lackingIn(plan)).toEqual(['two no-stack look'])
  })
})

test('payloads that were each built for the base alone are no stack: the loader would refuse the second', () => {
  const told: IndexTold = {
    bases: [{ name: 'release' }],
    fixes: { one: { release: { is: 'built' } }, two: { release: { is: 'built' } } },
  }
  const plan = planOf(told, host())
  expect(stepsOf(plan)).toEqual(['load one'])
  expect(lackingIn(plan)).toEqual(['two not-upon-this build'])
  expect(plan.outcome).toBe('in-part')
  expect(lackingIn(planOf(told, host([row('two')])))).toEqual(['one not-upon-this build'])
  // Both are there, by somebody who did not ask for dependencies: one may hide the other.
  const both = planOf(told, host([row('two'), row('one')]))
  expect(both).toMatchObject({ outcome: 'unclear', there: ['two', 'one'], lacking: [] })
  expect(problemsIn(both)).toEqual(['no-stack'])
})

describe('a payload that takes the place of others', () => {
  const SINGLE: IndexTold = {
    bases: [{ name: 'release' }],
    fixes: {
      one: { release: { is: 'built' } },
      two: { release: { is: 'built' } },
      both: { release: { is: 'built', includes: ['one', 'two'], isCumulative: true } },
      three: { release: { is: 'built', upon: 'both', includes: ['one', 'two'] } },
      all: { release: { is: 'refused', isCumulative: true } },
    },
  }

  test('serves where payloads do not fit upon each other; what it has is there then', () => {
    const plan = planOf(SINGLE, host([row('two')]))
    expect(stepsOf(plan)).toEqual(['replace both', 'unload two', 'load three'])
    expect(plan).toMatchObject({ outcome: 'to-do', lacking: [], there: ['two'] })
    expect(plan.notes).toEqual([
      'the host tells of two no more than the name, and both takes the place of whatever that is',
    ])
  })

  test('is loaded like any other where nothing is there, and is no lack by itself', () => {
    expect(stepsOf(planOf(SINGLE, host()))).toEqual(['load both', 'load three'])
    const done = planOf(SINGLE, host([row('both'), row('three')]))
    expect(done).toMatchObject({ outcome: 'up-to-date', steps: [], lacking: [] })
    expect(done.there.toSorted()).toEqual(['both', 'one', 'three', 'two'])
  })

  test('is not needed where the stack has it all', () => {
    const told = {
      ...STACKED,
      fixes: {
        ...STACKED.fixes,
        all: { release: { is: 'built', includes: ['one', 'two', 'three'], isCumulative: true } },
      },
    } as const
    expect(stepsOf(planOf(told, host([row('one')])))).toEqual(['load two', 'load three'])
  })

  test('does not take the place of a change that it has not', () => {
    const other: IndexTold = { ...SINGLE, fixes: { ...SINGLE.fixes, other: { release: { is: 'built' } } } }
    const plan = planOf(other, host([row('other')]))
    expect(plan.steps).toEqual([])
    expect(lackingIn(plan)).toEqual(['one not-upon-this build', 'two not-upon-this build', 'three not-upon-this build'])
  })

  test('takes the place of what the base stands on; after that the host is not without it', () => {
    const below = { name: 'below', buildId: idOf('below') }
    const told: IndexTold = {
      bases: [{ name: 'release', on: [below] }],
      fixes: {
        one: { release: { is: 'built', upon: 'below' } },
        two: { release: { is: 'built', upon: 'below' } },
        both: { release: { is: 'built', includes: ['one', 'two'], isCumulative: true } },
      },
    }
    expect(stepsOf(planOf(told, host([row('below'), row('one')])))).toEqual([
      'replace both',
      'unload below',
      'unload one',
    ])
    expect(planOf(told, host([row('both')]))).toMatchObject({ outcome: 'up-to-date', problems: [] })
    expect(problemsIn(planOf(told, host([row('both'), row('below')])))).toEqual(['no-stack'])
  })
})

test('a payload that a host tells by its build-id is not taken for the one of that name', () => {
  const told = (id: string) => planOf(STACKED, host([{ ...row('one'), buildId: idOf(id) }]))
  expect(stepsOf(told('one'))).toEqual(['load two', 'load three'])
  expect(problemsIn(told('earlier'))).toEqual(['other-payload'])
  expect(told('earlier').steps).toEqual([])
})

test('a payload that asks for nothing goes upon what runs and nothing else', () => {
  const told: IndexTold = {
    bases: [{ name: 'release' }],
    fixes: { one: { release: { is: 'built', upon: null } }, two: { release: { is: 'built', upon: null } } },
  }
  const plan = planOf(told, host())
  expect(stepsOf(plan)).toEqual(['load one'])
  expect(lackingIn(plan)).toEqual(['two not-upon-this build'])
})

test('what has no payload is lacking, for a reboot or for the fleet, or is not needed', () => {
  const cell = (is: 'refused' | 'expected-refusal' | 'does-not-apply' | 'not-done' | 'nothing-to-do' | 'end-of-life') =>
    ({ release: { is } }) as const
  const plan = planOf(
    {
      bases: [{ name: 'release' }],
      fixes: {
        a: cell('refused'),
        b: cell('expected-refusal'),
        c: cell('does-not-apply'),
        d: cell('not-done'),
        e: cell('nothing-to-do'),
        f: {},
        g: cell('end-of-life'),
      },
    },
    host(),
  )
  expect(lackingIn(plan)).toEqual([
    'a refused reboot',
    'b expected-refusal reboot',
    'c does-not-apply build',
    'd not-done build',
    'g end-of-life reboot',
  ])
  expect(plan.lacking[0]).toMatchObject({ ids: ['CVE-a'], text: 'a on release' })
})

test('nothing is loaded on a base past its end of life; what is there stays', () => {
  const told: IndexTold = { ...STACKED, bases: [{ name: 'release', endOfLife: '2026-11-29' }] }
  const plan = planOf(told, host([row('one')]))
  expect(plan).toMatchObject({ there: ['one'], steps: [], outcome: 'in-part' })
  expect(lackingIn(plan)).toEqual(['two end-of-life reboot', 'three end-of-life reboot'])
  expect(stepsOf(planOf(told, host([row('one')]), '2026-11-29'))).toEqual(['load two', 'load three'])
})

describe('what is not known ends the planning', () => {
  test.for([
    { what: 'no build-id', report: host([], null), code: 'no-build-id' },
    { what: 'a build-id of nobody', report: host([], idOf('other')), code: 'unknown-build' },
    { what: 'a payload of somebody', report: host([row('one'), row('hotfix')]), code: 'unknown-payload' },
    { what: 'an action that is not over', report: host([row('one', 'CHECKED', -11)]), code: 'pending' },
    { what: 'another state', report: host([row('one', 'unknown (3)')]), code: 'unknown-state' },
  ])('$what', ({ report, code }) => {
    const plan = planOf(STACKED, report)
    expect(problemsIn(plan)).toEqual([code])
    expect(plan).toMatchObject({ steps: [], outcome: 'unclear' })
    if (plan.base !== null) expect(plan.lacking.every(each => each.code === code && each.needs === 'look')).toBe(true)
  })

  test('also where nothing is lacking otherwise', () => {
    const all = [row('one'), row('two'), row('three'), row('hotfix')]
    expect(planOf(STACKED, host(all))).toMatchObject({ outcome: 'unclear', lacking: [] })
  })

  test('a payload named as a fix that has none for this base', () => {
    const told: IndexTold = { bases: [{ name: 'release' }], fixes: { one: { release: { is: 'refused' } } } }
    expect(planOf(told, host([row('one')])).problems[0]?.text).toContain('no payload of that fix for this base')
  })

  test('what only waits is noted', () => {
    expect(planOf(STACKED, host([row('hotfix', 'CHECKED')]))).toMatchObject({
      outcome: 'to-do',
      notes: ['hotfix is there and not applied'],
    })
  })
})

describe('a base that stands on payloads', () => {
  const below = { name: 'below', buildId: idOf('below') }
  const told = (on: { name: string; buildId: string | null }[] = [below]): IndexTold => ({
    bases: [
      { name: 'plain', buildId: idOf('release') },
      { name: 'release', on },
    ],
    fixes: { one: { release: { is: 'built', upon: 'below' } } },
  })

  test('is told from the same build without them', () => {
    const plan = planOf(told(), host([row('below')]))
    expect(plan.base).toBe('release')
    expect(stepsOf(plan)).toEqual(['load one'])
    expect(planOf(told(), host())).toMatchObject({ base: 'plain', outcome: 'up-to-date' })
  })

  test('lacks them', () => {
    const [, release] = told().bases
    if (release === undefined) throw new Error('two bases')
    const alone = { ...told(), bases: [release] }
    for (const payloads of [[], [row('below', 'CHECKED')]]) {
      const plan = planOf(alone, host(payloads))
      expect(problemsIn(plan)).toEqual(['below-missing'])
      expect(plan.steps).toEqual([])
    }
  })

  test('of which nobody looked at the payload', () => {
    const plan = planOf(told([{ ...below, buildId: null }]), host([row('below')]))
    expect(lackingIn(plan)).toEqual(['one unknown-below look'])
  })

  test('that is called as a fix', () => {
    const same = { ...told([{ name: 'one', buildId: idOf('below') }]) }
    expect(problemsIn(planOf(same, host([row('one')])))).toEqual(['same-name'])
  })

  test('two that fit are not told apart', () => {
    const two: IndexTold = { ...STACKED, bases: [{ name: 'release' }, { name: 'again', buildId: idOf('release') }] }
    expect(problemsIn(planOf(two, host()))).toEqual(['several-bases'])
  })
})

test('the build-id of a base that the file does not name is that of its payloads', () => {
  const told: IndexTold = { ...STACKED, bases: [{ name: 'release', buildId: null }] }
  expect(stepsOf(planOf(told, host()))).toHaveLength(3)
  const silent: IndexTold = { bases: [{ name: 'release', buildId: null }], fixes: { one: {} } }
  expect(planOf(silent, host()).problems[0]).toMatchObject({ code: 'unknown-build', needs: 'look' })
})

test('the worst host decides', () => {
  const index = makeIndex(STACKED)
  const all = host([row('one'), row('two'), row('three')])
  const error = { code: 'x', text: 'y', trail: [], hint: null }
  const outcomeOf = (...hosts: Parameters<typeof planHosts>[0]['hosts']) =>
    planHosts({ index, hosts, version: '1.2.3', today: '2026-11-30' }).outcome
  expect(outcomeOf(all)).toBe('up-to-date')
  expect(outcomeOf(all, host())).toBe('to-do')
  expect(outcomeOf(all, host(), host([], null))).toBe('in-part')
  expect(outcomeOf(host([], null), { host: 'away', error })).toBe('failed')
})
