/** More drawn programs that are patched while they run, where the sample takes a few (tests/run/judged-programs.test.ts). */
import { describe, expect, test } from 'vitest'
import { runJudge } from '../judge/run-judge.ts'
import { hasGcc } from '../support/gcc.ts'

const possible = hasGcc && process.arch === 'x64' && process.platform === 'linux'
/** Seed, cases, and whether they are small ones. */
const RUNS: readonly (readonly [seed: number, count: number, isSmall: boolean])[] = [
  [22, 20, false],
  [23, 40, true],
]

describe.skipIf(!possible)('programs that are patched while they run (need gcc on x86-64 Linux)', () => {
  test.for(RUNS)(
    'drawn ones say what they must, or are refused (seed %i, %i cases)',
    async ([seed, count, isSmall]) => {
      const { counts, faults } = await runJudge({ seed, from: 0, count, isSmall })
      expect(faults).toEqual([])
      expect(counts.get('ok')).toBeGreaterThan(0)
    },
  )
})
