/**
 * Drawn programs, patched while they run, and judged by what they say (tests/judge). A few of thousands:
 * scripts/judge-programs.ts draws as many as one wants.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { agentFile } from '../../src/hosts/process/agent-file.ts'
import { type Breach, type Judgement, judgeCase } from '../judge/judge-case.ts'
import { runJudge } from '../judge/run-judge.ts'
import { stackedCase, writtenCase } from '../judge/written-case.ts'
import { hasGcc } from '../support/gcc.ts'

const possible = hasGcc && process.arch === 'x64' && process.platform === 'linux'
const SEED = 21
const COUNT = 15

describe.skipIf(!possible)('programs that are patched while they run (need gcc on x86-64 Linux)', () => {
  test(`${COUNT} drawn ones say what they must, or are refused (seed ${SEED})`, async () => {
    const { counts, faults } = await runJudge({ seed: SEED, from: 0, count: COUNT, isSmall: true })
    expect(faults).toEqual([])
    expect(counts.get('ok')).toBeGreaterThan(0)
  })
})

/** A judge that cannot find anything finds nothing. */
describe.skipIf(!possible)('the judge itself (needs gcc on x86-64 Linux)', () => {
  let cache = ''
  let agent = ''
  beforeAll(() => {
    cache = mkdtempSync(join(tmpdir(), 'hotsplice-judge-cache-'))
    agent = agentFile(cache)
  })
  afterAll(() => rmSync(cache, { recursive: true, force: true }))

  test('finds nothing where nothing is wrong', async () => {
    expect(await judgeCase(writtenCase(), { agent, cache })).toEqual({ judgement: 'ok', words: '' })
  })

  test('finds nothing where a payload on top of another goes on with what that one brought', async () => {
    expect(await judgeCase(stackedCase(), { agent, cache })).toEqual({ judgement: 'ok', words: '' })
  })

  test.for<readonly [Breach, Judgement, string]>([
    ['other-payload', 'wrong', 'after apply 0: asked m3, it says'],
    ['unapplied', 'wrong', 'after apply 0: asked m3, it says'],
    ['other-state', 'wrong', 'after apply 0: asked m3, it says'],
    ['lost', 'false-nothing', 'asked m3, it says'],
    ['other-oracle', 'bad-case', 'version 0 started anew: asked m1, it says'],
  ])('sees a breach: %s', async ([breach, judgement, words]) => {
    const judged = await judgeCase(writtenCase(), { agent, cache, breach })
    expect(judged).toEqual({ judgement, words: expect.stringContaining(words) })
  })
})
