/** What a fleet's file may say, and at which line it is told what is wrong. */
import { describe, expect, test } from 'vitest'
import { InputError } from '../../base/errors.ts'
import { readFleet } from './read-fleet.ts'

const BASES = `bases:
  - name: one
    tree: trees/one
    target: process
`
const FIXES = `fixes:
  - name: first
    patches: [first.patch]
`

const read = (text: string) => readFleet(text, 'fleets/FLEET.yaml')

function faultsOf(text: string): readonly string[] {
  try {
    read(text)
  } catch (error) {
    if (error instanceof InputError && error.code === 'fleet/bad-file')
      return error.message.split('\n').map(line => line.trim())
    throw error
  }
  return []
}

test('names are relative to its folder, and say where they stand', () => {
  const { bases, fixes } = read(BASES + FIXES)
  expect(bases[0]).toMatchObject({ name: 'one', target: 'process', on: [], rehearsal: undefined })
  expect(bases[0]?.tree).toEqual({ name: 'trees/one', path: 'fleets/trees/one', at: 'fleets/FLEET.yaml:3:11' })
  expect(fixes[0]?.patches).toEqual([{ name: 'first.patch', path: 'fleets/first.patch', at: 'fleets/FLEET.yaml:7:15' }])
  expect(fixes[0]?.options).toMatchObject({ lines: 'auto', compileAll: false, with: [] })
})

test('bases may be called as what every object has', () => {
  const two = (more: string) =>
    `bases:\n  - { name: constructor, tree: a }\n  - { name: b, tree: b }\nfixes:\n  - { name: f, ${more} }\n`
  expect(faultsOf(two('patches-for: { b: [p] }'))).toEqual(['fleets/FLEET.yaml:5:13: f has no patches for constructor'])
  const expected = 'expected-refusals: [{ base: constructor, codes: [c], reason: r, who: w }]'
  expect(faultsOf(two(`patches: [p], ${expected}`))).toEqual([])
})

test('JSON is read as well', () => {
  const json = JSON.stringify({ bases: [{ name: 'one', tree: '/t' }], fixes: [{ name: 'f', patches: ['/p'] }] })
  expect(read(json).bases[0]).toMatchObject({ name: 'one', target: 'xen', tree: { path: '/t' } })
})

test('a rehearsal boots the image of the base, or what its tree has', () => {
  const base = (more: string) =>
    read(`bases:\n  - { name: x, tree: t, rehearse: ${more} }\n${FIXES}`).bases[0]?.rehearsal
  expect(base('false')).toBeUndefined()
  expect(base('true')).toMatchObject({ hypervisor: { path: 'fleets/t/xen/xen' }, cpus: 1, timeoutMs: 60_000 })
  expect(base('true, image: /boot/xen.gz')).toMatchObject({ hypervisor: { path: '/boot/xen.gz' } })
  expect(base('{ hypervisor: h, script: s, cpus: 2 }')).toMatchObject({
    hypervisor: { path: 'fleets/h' },
    script: { path: 'fleets/s' },
    cpus: 2,
  })
})

test('patches differ by base, and some need none', () => {
  const { fixes } = read(`${BASES}  - { name: two, tree: b }
  - { name: three, tree: c }
fixes:
  - name: first
    patches: [a.patch]
    patches-for: { two: [b.patch, c.patch] }
    not-affected: { three: it has no such code }
    options: { with: [hooks.c@common/domain.o], lines: mask, strip: 0 }
    expected-refusals: [{ base: one, codes: [changed-data], reason: why, who: me }]
`)
  expect(fixes[0]?.patchesFor.get('two')?.map(({ path }) => path)).toEqual(['fleets/b.patch', 'fleets/c.patch'])
  expect(fixes[0]?.notAffected).toEqual(new Map([['three', 'it has no such code']]))
  expect(fixes[0]).toMatchObject({ strip: 0, options: { lines: 'mask' } })
  expect(fixes[0]?.options.with).toMatchObject([{ file: { path: 'fleets/hooks.c' }, beside: 'common/domain.o' }])
})

describe('what is wrong is told where it is', () => {
  test.for([
    {
      what: 'a key that means nothing',
      text: `${BASES}    tre: x\n${FIXES}`,
      told: ['5:10: "tre" means nothing here'],
    },
    { what: 'no tree', text: `bases:\n  - name: one\n${FIXES}`, told: ['2:5: "tree" is missing'] },
    { what: 'nothing at all', text: '', told: ['1:1: "bases" is missing', '1:1: "fixes" is missing'] },
    {
      what: 'a build-id that YAML takes for a number',
      text: `${BASES}    build-id: 0123456789\n${FIXES}`,
      told: ['5:15: "build-id": 0123456789 is no text to YAML; put it in quotes'],
    },
    {
      what: 'a build-id of half a byte',
      text: `${BASES}    build-id: abc\n${FIXES}`,
      told: ['5:15: "build-id": a build-id is an even number of hexadecimal digits'],
    },
    {
      what: 'a name that is no folder’s',
      text: `bases: [{ name: ../x, tree: t }]\n${FIXES}`,
      told: [
        '1:17: "name": a name has letters, digits and . _ + - only, begins with one of the first two, and has no more than 200',
      ],
    },
    {
      what: 'a day that is none',
      text: `${BASES}    end-of-life: soon\n${FIXES}`,
      told: ['5:18: "end-of-life": a day is written as 2027-12-31'],
    },
    {
      what: 'another target',
      text: `bases: [{ name: x, tree: t, target: bsd }]\n${FIXES}`,
      told: ['1:37: "target": expected ("xen" | "process" | "linux"), and it is "bsd"'],
    },
    {
      what: 'a key that is there twice',
      text: `${BASES}    tree: y\n${FIXES}`,
      told: ['5:5: Map keys must be unique'],
    },
    {
      what: 'a base that is there twice',
      text: `${BASES}  - { name: ONE, tree: y }\n${FIXES}`,
      told: ['5:13: ONE is there twice'],
    },
    {
      what: 'a base that is not there',
      text: `${BASES}${FIXES}    not-affected: { tow: why }\n    expected-refusals:\n      - { base: thre, codes: [x], reason: y, who: z }\n`,
      told: ['8:26: there is no base tow', '10:17: there is no base thre'],
    },
    { what: 'a fix without patches', text: `${BASES}fixes: [{ name: f }]\n`, told: ['5:17: f has no patches for one'] },
    {
      what: 'a refusal that nobody has spoken for',
      text: `${BASES}${FIXES}    expected-refusals: [{ base: one, codes: [x], reason: y }]\n`,
      told: ['8:25: "who" is missing'],
    },
    {
      what: 'a program’s rehearsal',
      text: `${BASES}    rehearse: true\n${FIXES}`,
      told: ['5:15: what is built for target process cannot be rehearsed'],
    },
    { what: 'a tag', text: `${BASES}    symbols: !secret x\n${FIXES}`, told: ['5:14: Unresolved tag: !secret'] },
  ])('$what', ({ text, told }) => {
    expect(faultsOf(text)).toEqual(told.map(line => `fleets/FLEET.yaml:${line}`))
  })

  test('no more than ten at once', () => {
    const many = Array.from({ length: 12 }, (_, at) => `  - { name: b${at} }\n`).join('')
    const told = faultsOf(BASES + many + FIXES)
    expect(told).toHaveLength(11)
    expect(told.at(-1)).toBe('and 2 more')
  })

  test('a file that unfolds without end is refused', () => {
    const bomb = Array.from(
      { length: 9 },
      (_, at) =>
        `a${at}: &a${at} [${Array(9)
          .fill(at === 0 ? 'x' : `*a${at - 1}`)
          .join(', ')}]\n`,
    )
    expect(faultsOf(bomb.join(''))[0]).toContain('Excessive alias count')
  })
})
