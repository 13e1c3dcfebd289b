/** A fleet of small programs: what comes of each cell, and what a further run does again. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { build } from '../../src/flows/build.ts'
import { checkApart } from '../../src/flows/fleet/check-apart.ts'
import { buildFleet, type FleetRequest } from '../../src/flows/fleet/fleet.ts'
import type { CellName } from '../../src/flows/fleet/job.ts'
import { readFleet } from '../../src/flows/fleet/read-fleet.ts'
import type { FleetWorld, PlannedCell } from '../../src/flows/fleet/world.ts'
import type { FleetIndex } from '../../src/report/fleet-index.ts'
import { openFleetFolder } from '../../src/services/fleet-folder.ts'
import { quiet } from '../../src/trees/index.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { makeSmallFleet, type SmallFleet } from '../support/small-fleet.ts'

let fleet: SmallFleet
/** The run that all others follow. */
let first: Ran
beforeAll(async () => {
  fleet = makeSmallFleet(mkdtempSync(join(tmpdir(), 'hotsplice-fleet-')))
  if (!hasGcc) return
  first = await run()
  renameSync(at('out'), at('first'))
}, 60_000)
beforeEach(() => {
  fleet.restore()
  rmSync(at('out'), { recursive: true, force: true })
  if (hasGcc) cpSync(at('first'), at('out'), { recursive: true, verbatimSymlinks: true })
})
afterAll(() => rmSync(fleet.folder, { recursive: true, force: true }))

const at = (path: string) => join(fleet.folder, path)

/** In the fleet's file. */
function rewrite(from: string, to: string): void {
  writeFileSync(fleet.file, readFileSync(fleet.file, 'utf8').replace(from, to))
}

interface Ran {
  readonly index: FleetIndex
  /** What was begun, and how often the compiler was called. */
  readonly begun: readonly string[]
  readonly compiles: number
  readonly why: Readonly<Record<string, string>>
}

async function run(request: Partial<FleetRequest> = {}, world: Partial<FleetWorld> = {}): Promise<Ran> {
  const folder = openFleetFolder(at('out'), writeFileSync)
  const before = fleet.compiles()
  const begun: string[] = []
  let planned: readonly PlannedCell[] = []
  try {
    const { index } = await buildFleet(
      {
        ...{ fleet: readFleet(readFileSync(fleet.file, 'utf8'), fleet.file), version: '1.2.3', today: '2026-11-30' },
        ...{ isWanted: () => true, dryRun: false, jobs: 2, signal: undefined },
        ...request,
      },
      {
        readFile: path => readFileSync(path),
        folder,
        rehearse: () => Promise.reject(new Error('no program is rehearsed')),
        page: ({ report }) => `<p>${JSON.parse(Buffer.from(report).toString('utf8')).outcome}`,
        cacheFolder: at('cache'),
        watch: {
          planned: cells => {
            planned = cells
          },
          began: ({ base, fix }, step) => begun.push(`${base}/${fix} ${step}`),
          ended: () => undefined,
        },
        ...world,
      },
    )
    const why = Object.fromEntries(planned.map(cell => [`${cell.base}/${cell.fix}`, cell.why]))
    return { index, begun: begun.sort(), compiles: fleet.compiles() - before, why }
  } finally {
    folder.release()
  }
}

/** Writes a file as soon as a cell's build has begun to compile, or to read its tree. */
function changing(cell: string, path: string, text: string): Partial<FleetWorld> {
  return {
    watch: {
      planned: () => undefined,
      began: ({ base, fix }) => {
        if (`${base}/${fix}` === cell) setTimeout(() => writeFileSync(path, text), 0)
      },
      ended: () => undefined,
    },
  }
}

const outcomes = ({ cells }: FleetIndex) =>
  Object.fromEntries(cells.map(({ base, fix, outcome }) => [`${base}/${fix}`, outcome]))
const cellOf = ({ cells }: FleetIndex, base: string, fix: string) => {
  const found = cells.find(cell => cell.base === base && cell.fix === fix)
  if (found === undefined) throw new Error(`there is no cell ${base}/${fix}`)
  return found
}

const MATRIX = {
  'early/code': 'does-not-apply',
  'early/constant': 'expected-refusal',
  'early/words': 'nothing-to-do',
  'late/code': 'built',
  'late/constant': 'refused',
  'late/words': 'nothing-to-do',
}

describe.skipIf(!hasGcc)(`a fleet of programs${withoutGcc}`, () => {
  test('each cell is what it is; what was expected is as expected, and makes no payload', () => {
    const { index } = first
    expect(outcomes(index)).toEqual(MATRIX)
    expect(index.outcome).toBe('failed')
    expect(cellOf(index, 'early', 'constant')).toMatchObject({
      asExpected: true,
      codes: ['changed-constant'],
      payload: null,
      text: 'it is read once, says the release team',
    })
    expect(cellOf(index, 'late', 'constant')).toMatchObject({
      asExpected: false,
      codes: ['changed-constant'],
      payload: null,
    })
    expect(cellOf(index, 'early', 'code').error?.code).toBe('source/hunk-failed')
    const page = cellOf(index, 'late', 'code').page?.file ?? ''
    expect(readFileSync(at(`out/${page}`), 'utf8')).toBe('<p>built')
    expect(JSON.parse(readFileSync(at('out/index.json'), 'utf8'))).toEqual(index)
  })

  test('the payload is the one that `build` makes alone, and has a name', async () => {
    const { index } = first
    const alone = await build({
      ...{ tree: at('late'), target: 'process', cacheFolder: at('other'), jobs: 1, progress: quiet },
      ...{ version: '1.2.3', output: 'code.livepatch' },
      patches: [{ name: 'fixes/code.patch', text: readFileSync(at('fixes/code.patch'), 'latin1') }],
    })
    const bytes = readFileSync(at('out/cells/late/code/code.livepatch'))
    expect(new Uint8Array(bytes)).toEqual(alone.payload)
    expect(cellOf(index, 'late', 'code').payload).toMatchObject({
      sha256: alone.report.payload?.sha256,
      buildId: alone.report.payload?.buildId,
      size: bytes.length,
    })
  })

  test('a second run does nothing, and says the same, whether there is a cache or not', async () => {
    expect(first.compiles).toBeGreaterThan(4)
    expect(first.why['late/code']).toBe('it is new')
    const second = await run()
    expect(second).toMatchObject({ index: first.index, begun: [], compiles: 0 })
    expect(second.why['late/code']).toBe('nothing changed')
    expect(await run({}, { cacheFolder: at('empty') })).toMatchObject({ index: first.index, begun: [], compiles: 0 })
  })

  test('the same fleet gives the same index, byte for byte', async () => {
    rmSync(at('out'), { recursive: true })
    const again = await run({ jobs: 1 }, { cacheFolder: at('another') })
    expect(again.compiles).toBeGreaterThan(4)
    expect(readFileSync(at('out/index.json'))).toEqual(readFileSync(at('first/index.json')))
  })

  test('one fix changed: only its column is built', async () => {
    const { index } = first
    fleet.edit('code', 'used[who] -= amount > 1 ? amount : 0')
    const second = await run()
    expect(second.begun).toEqual(['early/code building', 'late/code building'])
    expect(second.why).toMatchObject({ 'late/code': 'the patch changed', 'late/words': 'nothing changed' })
    expect(outcomes(second.index)).toEqual(MATRIX)
    expect(cellOf(second.index, 'late', 'code').payload?.sha256).not.toBe(cellOf(index, 'late', 'code').payload?.sha256)
    expect(cellOf(second.index, 'late', 'constant')).toEqual(cellOf(index, 'late', 'constant'))
    // What was is known still.
    fleet.edit('code', 'used[who] -= amount > 0 ? amount : 0')
    expect(await run()).toMatchObject({ index, begun: [] })
  })

  const column = (name: string) => (cell: CellName) => cell.fix === name
  interface Change {
    readonly name: string
    readonly change: () => void
    readonly isWanted?: FleetRequest['isWanted']
    readonly begun: readonly string[]
    readonly why: string
  }
  test.for<Change>([
    {
      name: 'a tree',
      change: () => writeFileSync(at('late/notes'), 'anything'),
      ...{ isWanted: column('words'), begun: ['late/words building'], why: 'the tree changed' },
    },
    {
      name: 'a header that the tree does not hold',
      change: () => writeFileSync(at('include/shared.h'), '#define SHARED 2\n'),
      isWanted: column('words'),
      ...{ begun: ['early/words building', 'late/words building'], why: 'shared.h changed, which was read' },
    },
    {
      name: 'the compiler',
      change: () => writeFileSync(at('cc'), `${readFileSync(at('cc'), 'utf8')}\n`),
      isWanted: column('words'),
      ...{ begun: ['early/words building', 'late/words building'], why: 'cc changed, which was read' },
    },
    {
      name: 'a header that comes before one that was read',
      change: () => writeFileSync(at('first-include/shared.h'), '#define SHARED 2\n'),
      isWanted: column('words'),
      ...{ begun: ['early/words building', 'late/words building'], why: 'first-include changed, which was read' },
    },
    {
      name: 'an object that lies beside the tree',
      change: () => {
        mkdirSync(at('objects'))
        execFileSync('gcc', ['-O2', `-I${at('include')}`, '-c', at('late/quota.c'), '-o', at('objects/late.o')])
      },
      ...{ isWanted: column('words'), begun: ['late/words building'], why: 'objects/late.o changed, which was read' },
    },
    {
      name: 'what a link leads to in .git',
      change: () => writeFileSync(at('late/.git/kept.h'), '#define KEPT 2\n'),
      ...{ isWanted: column('words'), begun: ['late/words building'], why: 'the tree changed' },
    },
    {
      name: 'the options of a fix',
      change: () => rewrite('patches: [fixes/words', 'options: { lines: mask }\n    patches: [fixes/words'),
      ...{ begun: ['early/words building', 'late/words building'], why: 'the options of the fix changed' },
    },
    {
      name: 'a report in the folder',
      change: () => writeFileSync(at('out/cells/late/words/report.json'), '{}'),
      ...{ begun: ['late/words building'], why: 'is damaged or gone' },
    },
  ])('$name changed: what was made from it is built again', async ({ change, begun, why, isWanted = () => true }) => {
    change()
    const second = await run({ isWanted })
    expect(second.begun).toEqual(begun)
    expect(second.why['late/words']).toContain(why)
    expect(cellOf(second.index, 'late', 'words').outcome).toBe('nothing-to-do')
    expect((await run({ isWanted })).begun).toEqual([])
  })

  test('what changes while it is built is not known by what was there before', async () => {
    const whole = readFileSync(at('late/quota.c'), 'utf8')
    const meanwhile = (path: string, text: string) =>
      run({ isWanted: column('code'), jobs: 1 }, changing('late/code', at(path), text))
    fleet.edit('code', 'used[who] -= amount > 2 ? amount : 0')
    const changed = await meanwhile('late/notes', 'anything')
    expect(cellOf(changed.index, 'late', 'code').error?.code).toBe('fleet/tree-changed')
    rmSync(at('late/notes'))
    expect((await run({ isWanted: column('code') })).begun).toEqual(['late/code building'])
    // Nor is it known that a patch does not apply.
    fleet.edit('code', 'used[who] -= amount > 3 ? amount : 0')
    const other = await meanwhile('late/quota.c', 'int other;\n')
    expect(cellOf(other.index, 'late', 'code').outcome).toBe('error')
    writeFileSync(at('late/quota.c'), whole)
    expect(outcomes((await run({ isWanted: column('code') })).index)).toMatchObject({ 'late/code': 'built' })
  })

  test.each(['/proc/out/in', '/dev/null/out'])('%s cannot be made, which is told as such', folder => {
    expect(() => openFleetFolder(folder, writeFileSync)).toThrow(
      expect.objectContaining({ code: 'fleet/bad-folder', hint: expect.stringContaining('-o') }),
    )
  })

  test('what a run writes lies outside of the trees', () => {
    const { bases, fixes } = readFleet(readFileSync(fleet.file, 'utf8'), fleet.file)
    const check = (output: string, cache: string) =>
      checkApart({ bases, fixes }, { output: at(output), cache: at(cache) })
    expect(() => check('out', 'cache')).not.toThrow()
    expect(() => check('late/out', 'cache')).toThrow('lies in the tree of base late')
    expect(() => check('out', 'early')).toThrow('the cache lies in the tree of base early')
  })

  test('a refusal that was expected and did not happen is told', async () => {
    writeFileSync(
      fleet.file,
      readFileSync(fleet.file, 'utf8')
        .replace('base: early', 'base: late')
        .replace('[changed-constant]', '[changed-constant, changed-data]'),
    )
    fleet.edit('constant', '40 + 0')
    const { index } = await run({ isWanted: ({ fix }) => fix === 'constant' })
    expect(cellOf(index, 'late', 'constant')).toMatchObject({
      outcome: 'nothing-to-do',
      asExpected: false,
      text: 'no code changes; it was to be refused (changed-constant, changed-data), says the release team',
    })
    expect(index.outcome).toBe('not-as-expected')
    // What was not asked for is told as it is known.
    expect(cellOf(index, 'late', 'code').outcome).toBe('built')
  })

  test('a refusal that was expected of another symbol is a surprise', async () => {
    const expecting = (symbols: string) =>
      readFileSync(fleet.file, 'utf8').replace(
        'codes: [changed-constant]',
        `codes: [changed-constant], symbols: [${symbols}]`,
      )
    const text = readFileSync(fleet.file, 'utf8')
    const outcomeWith = async (symbols: string) => {
      writeFileSync(fleet.file, expecting(symbols))
      const { index } = await run({ isWanted: ({ fix }) => fix === 'constant' })
      writeFileSync(fleet.file, text)
      return cellOf(index, 'early', 'constant').outcome
    }
    expect(await outcomeWith('limits')).toBe('expected-refusal')
    expect(await outcomeWith('others')).toBe('refused')
  })

  test('a base by another build-id than it is said to have gets no payload', async () => {
    writeFileSync(
      fleet.file,
      readFileSync(fleet.file, 'utf8').replace('late, tree: late', 'late, build-id: 3fa4, tree: late'),
    )
    const { index } = await run({ isWanted: ({ base }) => base === 'late' })
    expect(cellOf(index, 'late', 'code')).toMatchObject({
      outcome: 'error',
      payload: null,
      error: { code: 'fleet/other-build-id' },
    })
  })

  test('nothing is built for a base whose life has ended, nor for one that is not there', async () => {
    const text = readFileSync(fleet.file, 'utf8')
    writeFileSync(
      fleet.file,
      text
        .replace('early, tree: early', 'early, tree: gone')
        .replace('late, tree: late', 'late, end-of-life: 2026-11-30, tree: late'),
    )
    const last = await run()
    expect(outcomes(last.index)).toMatchObject({ 'late/code': 'built', 'early/code': 'error' })
    expect(cellOf(last.index, 'early', 'code').error?.code).toBe('build/no-tree')
    const after = await run({ today: '2026-12-01' })
    expect(outcomes(after.index)).toMatchObject({ 'late/code': 'end-of-life' })
    expect(cellOf(after.index, 'late', 'code').payload).toBeNull()
    expect(after.begun).toEqual([])
  })

  test('a dry run says what would be done, and leaves everything as it was', async () => {
    rmSync(at('out'), { recursive: true })
    const dry = await run({ dryRun: true })
    expect(dry).toMatchObject({ begun: [], compiles: 0, index: { outcome: 'not-done' } })
    expect(dry.why['late/code']).toBe('it is new')
    expect((await run()).begun).toHaveLength(6)
  })

  test('a run that is stopped has kept what it had done, and the index says what that is', async () => {
    rmSync(at('out'), { recursive: true })
    const stop = new AbortController()
    const ended = run(
      { jobs: 1, signal: stop.signal },
      {
        watch: {
          planned: () => undefined,
          began: () => undefined,
          ended: ({ fix }) => fix === 'constant' && stop.abort(new Error('stopped')),
        },
      },
    )
    await expect(ended).rejects.toThrow()
    const written: FleetIndex = JSON.parse(readFileSync(at('out/index.json'), 'utf8'))
    expect(written.outcome).toBe('not-done')
    expect(outcomes(written)).toMatchObject({ 'early/constant': 'expected-refusal', 'late/constant': 'not-done' })
    const rest = await run()
    expect(rest.begun).toEqual([
      'early/words building',
      'late/code building',
      'late/constant building',
      'late/words building',
    ])
    expect(outcomes(rest.index)).toEqual(MATRIX)
  })
})
