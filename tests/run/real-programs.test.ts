/**
 * Lua 5.4, of Debian's source, patched while it runs: what it then says is what it says when it is built anew with the edit.
 * More edits, and of more programs: scripts/real-programs.ts (docs/judges.md).
 */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { cacheFolder } from '../../src/cli/cache-folder.ts'
import { judgeReal } from '../real/judge-real.ts'
import { LUA } from '../real/programs.ts'
import { hasGcc } from '../support/gcc.ts'

/** Fetched and built once. */
function canBeHad(): boolean {
  if (!hasGcc || process.arch !== 'x64' || spawnSync('apt-get', ['--version']).status !== 0) return false
  try {
    LUA.tree(cacheFolder())
    return true
  } catch {
    return false
  }
}

/** Of seed 1: one that is seen in the interpreter's answers, and one of a function beside its loop. */
const SEED = 1
const NUMBERS = [0, 1]

describe.skipIf(!canBeHad())('Lua, patched while it runs (needs gcc, and Debian’s source package to be had)', () => {
  test.for(NUMBERS)(`edit %i of seed ${SEED}: it says what the program says that is built anew`, async number => {
    const found = await judgeReal({ program: LUA, seed: SEED, number, cache: cacheFolder(), isFresh: true })
    expect(found).toMatchObject({ judgement: expect.stringMatching(/^right/), words: '' })
  })

  test('the judge sees a payload that is not applied', async () => {
    const found = await judgeReal({
      program: LUA,
      seed: SEED,
      number: 0,
      cache: cacheFolder(),
      isFresh: true,
      isApplied: false,
    })
    expect(found).toMatchObject({ judgement: 'wrong', words: expect.stringMatching(/^asked k\d+, it says/) })
  })
})
