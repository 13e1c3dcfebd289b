import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { killBuilds } from '../support/kills.ts'
import { command } from '../xen/command.ts'
import { makeDemo } from './support/demo.ts'

/** The long form is scripts/kills.ts. */
const COUNT = 8
const SEED = 19

test.skipIf(!hasGcc)(`after a run that was killed the next is right, and leaves nothing${withoutGcc}`, async () => {
  const demo = makeDemo()
  try {
    const { wrong, right } = await killBuilds({ ...demo, command, count: COUNT, seed: SEED })
    expect(wrong, `seed ${SEED}`).toEqual([])
    expect(right).toBe(COUNT)
  } finally {
    rmSync(demo.folder, { recursive: true, force: true })
  }
})
