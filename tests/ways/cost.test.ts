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
      const run = async (lines: Way, cache: string) => {
        const cacheFolder = join(work, cache)
        const options = { tree: join(work, 'tree'), target: 'process', jobs: 2, progress: quiet } as const
        const before = compilesIn(cacheFolder)
        const { units } = await createHotpatch({ ...options, cacheFolder, lines, patches: one.patches })
        return { compiles: compilesIn(cacheFolder) - before, units: units.length }
      }
      const least = await run('ignore', 'ignore')
      expect(least.compiles).toBeGreaterThan(0)
      for (const way of ['auto', 'mask', 'table'] as const) {
        const { compiles, units } = await run(way, way)
        expect(compiles, way).toBeGreaterThan(least.compiles)
        expect(compiles, way).toBeLessThanOrEqual(least.compiles + 2 * units)
        expect((await run(way, way)).compiles, `${way} again`).toBe(0)
      }
    } finally {
      rmSync(work, { recursive: true, force: true })
    }
  })
})
