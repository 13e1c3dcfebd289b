/** More drawn programs that are patched while they run, where the sample takes a few (tests/run/judged-programs.test.ts). */
import { describe, expect, test } from 'vitest'
import { runJudge } from '../judge/run-judge.ts'
import { hasGcc } from '../support/gcc.ts'

const possible = hasGcc && process.arch === 'x64' && process.platform === 'linux'
const COUNT = 60

describe.skipIf(!possible)('programs that are patched while they run (need gcc on x86-64 Linux)', () => {
  test.for([22])(`${COUNT} drawn ones say what they must, or are refused (seed %i)`, async seed => {
    const { counts, faults } = await runJudge({ seed, from: 0, count: COUNT })
    expect(faults).toEqual([])
    expect(counts.get('ok')).toBeGreaterThan(0)
  })
})
