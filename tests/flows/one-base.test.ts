/** Many builds share one base, one pool and one store, and each gives what it would have given alone. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { build } from '../../src/flows/build.ts'
import { type BuildResult, buildOne } from '../../src/flows/hotpatch/build-one.ts'
import { readReport } from '../../src/report/schema.ts'
import { type BaseOptions, createPool, openBase, type Pool, quiet, type Run } from '../../src/trees/index.ts'
import { writeFiles } from '../build/support.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'

const ONE = `#include "shared.h"
#include "report.h"
static int scale(int amount) { return amount * LIMIT; }
int one(int amount)
{
    if (amount < 0)
        report(__FILE__, __LINE__);
    return scale(amount) + 1;
}
`
const TWO = `#include "shared.h"
#include "report.h"
static const char *names[] = { "none", "some", "many" };
const char *two(int count)
{
    if (count > LIMIT)
        report(__FILE__, __LINE__);
    return names[count & 1];
}
`
const FILES = {
  'one.c': ONE,
  'two.c': TWO,
  'shared.h': '#define LIMIT 7\n',
  'report.h': 'void report(const char *file, int line);\n',
}

/** What each build changes: a function, another one, both by their header, and nothing. */
const EDITS = {
  first: ['one.c', '+ 1;', '+ 2;'],
  second: ['two.c', '    if (count > LIMIT)', '    count &= 1023;\n    if (count > LIMIT)'],
  both: ['shared.h', 'LIMIT 7', 'LIMIT 9'],
  idle: ['one.c', 'static int', '/* by how much */ static int'],
} as const
const NAMES = ['first', 'second', 'both', 'idle'] as const
type Name = (typeof NAMES)[number]

let folder = ''
const alone = new Map<Name, BuildResult>()

beforeAll(async () => {
  if (!hasGcc) return
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-one-base-'))
  const tree = join(folder, 'tree')
  const flags = ['-O2', '-fno-inline', '-ffunction-sections', '-fdata-sections']
  const entries = ['one', 'two'].map(name => ({
    directory: tree,
    file: `${name}.c`,
    arguments: ['gcc', ...flags, '-c', `${name}.c`, '-o', `${name}.o`],
  }))
  writeFiles(tree, { ...FILES, 'compile_commands.json': JSON.stringify(entries) })
  for (const name of NAMES) {
    const settings = { jobs: 1, progress: quiet }
    alone.set(name, await build({ ...baseOptions(`alone-${name}`), ...settings, ...optionsOf(name) }))
  }
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const baseOptions = (cache: string): BaseOptions => ({
  tree: join(folder, 'tree'),
  target: 'process',
  cacheFolder: join(folder, cache),
})

function optionsOf(name: Name) {
  const [file, from, to] = EDITS[name]
  const before = FILES[file].split('\n')
  const after = FILES[file].replace(from, () => to).split('\n')
  const removed = before.map(line => `-${line}`).slice(0, -1)
  const added = after.map(line => `+${line}`).slice(0, -1)
  const head = `--- a/${file}\n+++ b/${file}\n@@ -1,${removed.length} +1,${added.length} @@\n`
  const text = `${head}${[...removed, ...added].join('\n')}\n`
  return { patches: [{ name, text }], version: '1.2.3', output: `${name}.livepatch` }
}

/** What depends on time and on what the store has. */
function steady({ report, payload, places }: BuildResult) {
  const units = report.units.map(unit => ({ ...unit, cached: false, compileTime: 0 }))
  return { report: { ...report, units, timings: Object.keys(report.timings) }, payload, places }
}

interface Watched extends Pool {
  /** The most that were busy at once. */
  readonly most: () => number
  readonly works: () => number
}

function watched(pool: Pool): Watched {
  let [busy, most, works] = [0, 0, 0]
  return {
    size: pool.size,
    most: () => most,
    works: () => works,
    use: (wanted, work) =>
      pool.use(wanted, async () => {
        works++
        most = Math.max(most, ++busy)
        try {
          return await work()
        } finally {
          busy--
        }
      }),
  }
}

const runWith = (pool: Pool, signal?: AbortSignal): Run => ({ pool, progress: quiet, signal })

describe.skipIf(!hasGcc)(`builds on one base${withoutGcc}`, () => {
  test('are of every kind: payloads that differ, and nothing to do', () => {
    const outcomes = NAMES.map(name => alone.get(name)?.report.outcome)
    expect(outcomes).toEqual(['built', 'built', 'built', 'nothing-to-do'])
    expect(new Set(NAMES.map(name => alone.get(name)?.report.payload?.sha256)).size).toBe(4)
  })

  test.for([1, 2, 8])('at once, with a pool of %s: the bytes and reports of separate runs', async size => {
    const pool = watched(createPool(size))
    const base = await openBase(baseOptions(`shared-${size}`), runWith(pool))
    const results = await Promise.all(NAMES.map(name => buildOne(base, optionsOf(name), runWith(pool))))
    NAMES.forEach((name, at) => {
      const [mine, own] = [results[at], alone.get(name)]
      if (mine === undefined || own === undefined) throw new Error('each build has a result')
      expect(steady(mine)).toEqual(steady(own))
    })
    expect(pool.works()).toBeGreaterThan(8)
    expect(pool.most()).toBeLessThanOrEqual(size)
    // What one has compiled, all have.
    const again = await buildOne(base, optionsOf('both'), runWith(pool))
    expect(again.report.units.map(({ cached }) => cached)).toEqual([true, true])
  })

  test('give plain data, which can cross a thread', async () => {
    const run = runWith(createPool(2))
    const result = await buildOne(await openBase(baseOptions('plain'), run), optionsOf('first'), run)
    expect(structuredClone(result)).toEqual(result)
    expect(result.payload?.buffer.byteLength).toBe(result.payload?.length)
    expect(readReport(JSON.stringify(result.report), 'the report')).toEqual(result.report)
  })

  test('do not end with another that is stopped, whoever asks first', async () => {
    const pool = createPool(1)
    const stop = new AbortController()
    const base = await openBase(baseOptions('stopped'), runWith(pool))
    const stopped = buildOne(base, optionsOf('second'), runWith(pool, stop.signal))
    const other = buildOne(base, optionsOf('both'), runWith(pool))
    const last = buildOne(base, optionsOf('second'), runWith(pool))
    // The first is asking what each unit reads, and the others wait for its answer.
    setImmediate(() => stop.abort())
    await expect(stopped).rejects.toMatchObject({ code: 'build/interrupted' })
    expect((await other).payload).toEqual(alone.get('both')?.payload)
    expect((await last).payload).toEqual(alone.get('second')?.payload)
  })
})

describe.skipIf(!hasGcc)(`a base of a tree that changes${withoutGcc}`, () => {
  const shared = join('tree', 'shared.h')
  test.for([
    { name: 'another text of the same length', change: (path: string) => writeFileSync(path, '#define LIMIT 8\n') },
    { name: 'a text that is gone', change: (path: string) => rmSync(path) },
    {
      name: 'a folder in its place',
      change: (path: string) => {
        rmSync(path)
        mkdirSync(path)
      },
    },
  ])('builds nothing more: $name', async ({ change }) => {
    const run = runWith(createPool(2))
    const base = await openBase(baseOptions('changed'), run)
    const before = await buildOne(base, optionsOf('first'), run)
    try {
      change(join(folder, shared))
      await expect(buildOne(base, optionsOf('first'), run)).rejects.toMatchObject({
        code: 'build/tree-changed',
        message: expect.stringContaining(shared),
      })
    } finally {
      rmSync(join(folder, shared), { recursive: true, force: true })
      writeFileSync(join(folder, shared), FILES['shared.h'])
    }
    // The same text at another time is the same tree.
    expect((await buildOne(base, optionsOf('first'), run)).payload).toEqual(before.payload)
  })
})

describe.skipIf(!hasGcc)(`the store is pruned${withoutGcc}`, () => {
  const isPruned = (cache: string) => existsSync(join(folder, cache, '.pruned'))

  test('at the end of a run', () => expect(isPruned('alone-first')).toBe(true))

  test('not when a tree is opened, nor by a build on it', async () => {
    const run = runWith(createPool(1))
    await buildOne(await openBase(baseOptions('opened'), run), optionsOf('first'), run)
    expect(isPruned('opened')).toBe(false)
  })

  test('not by a run that was stopped', async () => {
    const stop = new AbortController()
    const progress = { ...quiet, step: () => stop.abort() }
    const settings = { jobs: 1, progress, signal: stop.signal }
    const stopped = build({ ...baseOptions('interrupted'), ...settings, ...optionsOf('first') })
    await expect(stopped).rejects.toMatchObject({ code: 'build/interrupted' })
    expect(isPruned('interrupted')).toBe(false)
  })
})
