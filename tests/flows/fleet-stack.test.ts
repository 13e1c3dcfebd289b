/** Fixes upon fixes, and payloads that take the place of others: what they are made from, and what they must keep. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildFleet, type FleetRequest } from '../../src/flows/fleet/fleet.ts'
import { readFleet } from '../../src/flows/fleet/read-fleet.ts'
import type { PlannedCell } from '../../src/flows/fleet/world.ts'
import { inspectPayload } from '../../src/loaders/inspect.ts'
import type { FleetIndex } from '../../src/report/fleet-index.ts'
import { type FleetResults, openFleetFolder } from '../../src/services/fleet-folder.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'

const SOURCE = `static int used[3];
extern void tell(const char *);
int allowed(int who, int amount)
{
    return used[who] + amount <= 40;
}
int give_back(int who, int amount)
{
    used[who] -= amount;
    return used[who];
}
int left(int who)
{
    return 40 - used[who];
}
`
/** In their order, each upon the text that the one before has left. */
const EDITS: Readonly<Record<string, readonly [string, string]>> = {
  one: ['amount <= 40', 'amount <= 39'],
  two: ['used[who] -= amount;', 'if (amount > 0) used[who] -= amount;'],
  three: ['return 40 - used[who];', 'static unsigned asked; return 39 - used[who] + (asked++ > 99);'],
  undo: ['amount <= 39', 'amount <= 40'],
}

const BASES = `bases:
  - { name: plain, tree: tree, target: process }
`
const FIXES = `fixes:
  - { name: one, patches: [one.patch] }
  - { name: two, patches: [two.patch], on: one }
  - { name: three, patches: [three.patch], on: two }
  - { name: undo, patches: [undo.patch], on: three }
  - { name: both, cumulative: [one, two] }
  - { name: all, cumulative: [three] }
`

let folder = ''
const at = (path: string) => join(folder, path)
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-stack-'))
  mkdirSync(at('tree'))
  writeFileSync(at('tree/quota.c'), SOURCE)
  const words = ['gcc', '-O2', '-ffunction-sections', '-c', 'quota.c', '-o', 'quota.o']
  writeFileSync(
    at('tree/compile_commands.json'),
    JSON.stringify([{ directory: at('tree'), file: 'quota.c', arguments: words }]),
  )
  writePatches(EDITS)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function writePatches(edits: Readonly<Record<string, readonly [string, string]>>, before = ''): void {
  let text = SOURCE
  for (const [name, [from, to]] of Object.entries(edits)) {
    const after = text.replace(from, to)
    writeFileSync(at(`${before}${name}.patch`), createTwoFilesPatch('a/quota.c', 'b/quota.c', text, after, '', ''))
    text = after
  }
}

interface Ran {
  readonly index: FleetIndex
  readonly begun: readonly string[]
  readonly why: Readonly<Record<string, string>>
}

async function run(
  output: string,
  file = BASES + FIXES,
  request: Partial<FleetRequest> = {},
  after: (results: FleetResults) => void = () => undefined,
): Promise<Ran> {
  const results = openFleetFolder(at(output), writeFileSync)
  const begun: string[] = []
  let planned: readonly PlannedCell[] = []
  try {
    const fleet = readFleet(file, at('FLEET.yaml'))
    const { index } = await buildFleet(
      {
        fleet,
        version: '1',
        today: '2026-11-30',
        isWanted: () => true,
        dryRun: false,
        jobs: 2,
        signal: undefined,
        ...request,
      },
      {
        readFile: path => readFileSync(path),
        folder: results,
        rehearse: () => Promise.reject(new Error('no program is rehearsed')),
        page: () => '<p>',
        cacheFolder: at('cache'),
        watch: {
          planned: cells => {
            planned = cells
          },
          began: ({ fix }) => begun.push(fix),
          ended: () => undefined,
        },
      },
    )
    after(results)
    return { index, begun, why: Object.fromEntries(planned.map(({ fix, why }) => [fix, why])) }
  } finally {
    results.release()
  }
}

const cellOf = ({ cells }: FleetIndex, fix: string) => {
  const found = cells.find(cell => cell.fix === fix)
  if (found === undefined) throw new Error(`there is no cell of ${fix}`)
  return found
}
const outcomesOf = ({ cells }: FleetIndex) =>
  Object.fromEntries(cells.map(({ fix, outcome, codes }) => [fix, [outcome, ...codes].join(' ')]))
const payloadOf = (output: string, fix: string) =>
  inspectPayload(readFileSync(at(`${output}/cells/plain/${fix}/${fix}.livepatch`)))
const functionsOf = (output: string, fix: string) => payloadOf(output, fix).functions.map(({ name }) => name)

describe.skipIf(!hasGcc)(`a fleet of stacks${withoutGcc}`, () => {
  test('each stands on the payload of the one below, and has its change; or takes the place of all', async () => {
    const { index, why } = await run('out')
    expect(outcomesOf(index)).toEqual({
      one: 'built',
      two: 'built',
      three: 'built',
      undo: 'refused left-below',
      both: 'built',
      all: 'refused replace-loses-data',
    })
    expect(cellOf(index, 'three')).toMatchObject({
      upon: ['one', 'two'],
      includes: ['one', 'two', 'three'],
      isCumulative: false,
    })
    expect(cellOf(index, 'both')).toMatchObject({ upon: [], includes: ['one', 'two'], isCumulative: true })
    expect(why).toMatchObject({ one: 'it is new', two: 'one is to be done before', both: 'one is to be done before' })
    const [one, two, three, both] = ['one', 'two', 'three', 'both'].map(name => payloadOf('out', name))
    expect(two?.depends).toBe(one?.buildId)
    expect(three?.depends).toBe(two?.buildId)
    expect(both?.depends).toBe(one?.depends)
    expect(functionsOf('out', 'two').sort()).toEqual(['allowed', 'give_back'])
    expect(functionsOf('out', 'three').sort()).toEqual(['allowed', 'give_back', 'left'])
    expect(functionsOf('out', 'both').sort()).toEqual(['allowed', 'give_back'])
    expect(cellOf(index, 'all').text).toContain('quota.c#left#asked, which three has brought')
  }, 60_000)

  test('nothing is done again; what changes below is, and what stands on it only where it came out otherwise', async () => {
    const first = await run('out')
    expect(first.begun).toEqual([])
    // Other words in the patch, the same code.
    const { one, ...rest } = EDITS
    writePatches({ one: [one?.[0] ?? '', 'amount  <= 39'], ...rest, undo: ['amount  <= 39', 'amount <= 40'] })
    const second = await run('out')
    expect(second.begun).toContain('one')
    expect(cellOf(second.index, 'two').outcome).toBe('built')
    writePatches(EDITS)
    const back = await run('out')
    expect(back).toMatchObject({ index: first.index, begun: [] })
  }, 60_000)

  test('what no cell has any more can be taken away; what they have stays', async () => {
    const first = await run('out')
    writePatches({ ...EDITS, one: ['amount <= 40', 'amount <= 38'], undo: ['amount <= 38', 'amount <= 40'] })
    const changed = await run('out', undefined, {}, folder => folder.prune())
    expect(cellOf(changed.index, 'one').payload?.sha256).not.toBe(cellOf(first.index, 'one').payload?.sha256)
    expect(await run('out')).toMatchObject({ index: changed.index, begun: [] })
    writePatches(EDITS)
    const back = await run('out')
    expect(back).toMatchObject({ index: first.index, begun: expect.arrayContaining(['one', 'two', 'three', 'both']) })
  }, 60_000)

  test('what is asked for brings what it stands on', async () => {
    const { index, begun } = await run('part', BASES + FIXES, { isWanted: ({ fix }) => fix === 'two' })
    expect(begun).toEqual(['one', 'two'])
    expect(cellOf(index, 'two').outcome).toBe('built')
    expect(cellOf(index, 'three').outcome).toBe('not-done')
  }, 60_000)

  test('the same index, byte for byte, however it was come by', async () => {
    await run('again', BASES + FIXES, { jobs: 1 })
    expect(readFileSync(at('again/index.json'))).toEqual(readFileSync(at('out/index.json')))
  }, 60_000)

  test('what is left out below is not stood on; what failed there stops those upon it', async () => {
    const fixes = FIXES.replace('[two.patch], on: one', '[two.patch], on: one, not-affected: { plain: no such code }')
    const { index } = await run('other', BASES + fixes, { isWanted: ({ fix }) => fix === 'three' || fix === 'two' })
    expect(cellOf(index, 'three')).toMatchObject({ outcome: 'built', upon: ['one'], includes: ['one', 'three'] })
    const broken = await run('other', BASES + FIXES.replace('[one.patch]', '[two.patch]'))
    expect(cellOf(broken.index, 'one').outcome).toBe('does-not-apply')
    expect(cellOf(broken.index, 'two').text).toContain('one, which it stands on, has no payload here')
    expect(cellOf(broken.index, 'three')).toMatchObject({
      outcome: 'below-missing',
      asExpected: false,
      text: expect.stringContaining('one, which it stands on, has no payload here'),
    })
  }, 60_000)

  test('data that goes with a payload is lost where somebody has said so', async () => {
    const said = "cumulative: [three], loses: [{ variables: ['quota.c#left#asked'], reason: a statistic, who: us }]"
    const { index } = await run('out', BASES + FIXES.replace('cumulative: [three]', said))
    expect(cellOf(index, 'all')).toMatchObject({ outcome: 'built', includes: ['one', 'two', 'three'] })
    // The one that it replaces is there still when it comes: it must not have its names.
    const theirs = payloadOf('out', 'three').newSymbols
    expect(theirs).toContain('quota.c#left#asked')
    expect(payloadOf('out', 'all').newSymbols.filter(name => theirs.includes(name))).toEqual([])
  }, 60_000)

  test('a payload that was there before: its patches are said, or its functions are left alone', async () => {
    await run('out')
    const on = (applied: string) => BASES.replace('target: process', `target: process, on: [${applied}]`)
    const file = at('out/cells/plain/one/one.livepatch')
    const only = (fixes: string) => `fixes:\n${fixes}`
    const again = only('  - { name: one, patches: [one.patch] }\n')
    const other = only('  - { name: other, patches: [undone.patch] }\n  - { name: in-place, cumulative: [other] }\n')
    const after = SOURCE.replace('return 40', 'return 41')
    writeFileSync(at('undone.patch'), createTwoFilesPatch('a/quota.c', 'b/quota.c', SOURCE, after, '', ''))
    const codes = async (text: string) =>
      (await run('applied', text)).index.cells.map(cell => [cell.outcome, ...cell.codes].join(' '))
    expect(await codes(on(file) + again)).toEqual(['refused replaced-below'])
    // A payload of another function is no one's concern, but its change would go in a replace.
    expect(await codes(on(file) + other)).toEqual(['built', 'refused replaced-below'])
    const told = `{ payload: ${file}, patches: [one.patch] }`
    expect(await codes(on(told) + other)).toEqual(['built', 'built'])
    expect(functionsOf('applied', 'other').sort()).toEqual(['allowed', 'left'])
    expect(functionsOf('applied', 'in-place').sort()).toEqual(['allowed', 'left'])
    // What the base says is depended on, and what it says is applied, are not one.
    const elsewhere = on(told).replace('target: process', `target: process, depends: ${'ab'.repeat(20)}`)
    const upon = (await run('applied', elsewhere + only('  - { name: upon, patches: [undone.patch] }\n'))).index
    expect(cellOf(upon, 'upon')).toMatchObject({
      outcome: 'error',
      asExpected: false,
      payload: null,
      text: expect.stringContaining(`depends on ${'ab'.repeat(20)}, and is to go upon one`),
    })
  }, 60_000)

  test('hooks of a payload below would run again, unless they are beside its patch; one payload of all has them once', async () => {
    const two = EDITS.two ?? ['', '']
    writePatches({ one: ['int left(', `${hook('load', 'static void')}int left(`], two }, 'hooked-')
    // The name tells no file then.
    writePatches({ one: ['int left(', `${hook('load', 'void')}int left(`], two }, 'global-')
    writeFileSync(at('beside.c'), `#include "hotsplice.h"\n${hook('load', 'static void').replace('used[0] = 0;', '')}`)
    const { index } = await run(
      'hooks',
      `${BASES}fixes:
  - { name: one, patches: [hooked-one.patch] }
  - { name: two, patches: [hooked-two.patch], on: one }
  - { name: all, cumulative: [two] }
  - { name: global-one, patches: [global-one.patch] }
  - { name: global-two, patches: [global-two.patch], on: global-one }
  - { name: first, patches: [one.patch], options: { with: [beside.c] } }
  - { name: second, patches: [two.patch], on: first }
`,
    )
    expect(outcomesOf(index)).toEqual({
      one: 'built',
      two: 'refused hook-below',
      all: 'built',
      'global-one': 'built',
      'global-two': 'refused hook-below',
      first: 'built',
      second: 'built',
    })
    expect(cellOf(index, 'two')).toMatchObject({
      payload: null,
      asExpected: false,
      text: 'one has hooks, and this one, in .livepatch.hooks.load, may be one of them: it would run once more on what that one did',
    })
    expect(cellOf(index, 'all').includes).toEqual(['one', 'two'])
    expect(payloadOf('hooks', 'all').hooks).toHaveLength(1)
    expect(payloadOf('hooks', 'second').hooks).toEqual([])
  }, 60_000)

  test('a hook that can say no is in no payload that takes the place of others, nor in those', async () => {
    const veto = `${hook('preapply', 'static int').replace('used[0] = 0;', 'return used[0] > 9;')}int left(`
    writePatches({ one: EDITS.one ?? ['', ''], two: ['int left(', veto] }, 'veto-')
    const { index } = await run(
      'vetoes',
      `${BASES}fixes:
  - { name: one, patches: [veto-one.patch] }
  - { name: two, patches: [veto-two.patch], on: one }
  - { name: first, cumulative: [one] }
  - { name: all, cumulative: [two] }
`,
    )
    expect(outcomesOf(index)).toEqual({ one: 'built', two: 'built', first: 'built', all: 'refused replace-vetoed' })
    expect(cellOf(index, 'all')).toMatchObject({
      payload: null,
      text: expect.stringContaining('has a hook in .livepatch.hooks.preapply, which can say no'),
    })
  }, 60_000)
})

const hook = (kind: string, type: string) =>
  `${type} forget(void) { used[0] = 0; }
static typeof(&forget) const hook __attribute__((used, section(".livepatch.hooks.${kind}"))) = forget;
`
