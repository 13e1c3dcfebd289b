/** What a way costs: compiles beyond those of `ignore`, and none that the cache holds. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Way } from '../../src/lines/way.ts'
import { quiet } from '../../src/trees/index.ts'
import { compilesIn } from '../support/compiles.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { createHotpatch } from '../support/opened.ts'
import { makeTree, readCases } from './read.ts'

const CASES = readCases().filter(({ name }) => ['header-inline', 'line-plus-constant'].includes(name))

describe.skipIf(!hasGcc)(`compiles of each way${withoutGcc}`, () => {
  test('both cases are there', () => expect(CASES).toHaveLength(2))

  test.for(CASES)('$name', { timeout: 60_000 }, async one => {
    const work = mkdtempSync(join(tmpdir(), 'hotsplice-cost-'))
    try {
      makeTree(one, join(work, 'tree'))
      for (const way of ['auto', 'mask', 'table'] as const) {
        const cacheFolder = join(work, way)
        const run = async (lines: Way) => {
          const options = { tree: join(work, 'tree'), target: 'process', jobs: 2, progress: quiet } as const
          const before = compilesIn(cacheFolder)
          const { units } = await createHotpatch({ ...options, cacheFolder, lines, patches: one.patches })
          return { compiles: compilesIn(cacheFolder) - before, units: units.length }
        }
        expect((await run('ignore')).compiles).toBeGreaterThan(0)
        const first = await run(way)
        expect(first.compiles, way).toBeGreaterThan(0)
        expect(first.compiles, way).toBeLessThanOrEqual(2 * first.units)
        expect((await run(way)).compiles, `${way} again`).toBe(0)
      }
    } finally {
      rmSync(work, { recursive: true, force: true })
    }
  })
})
