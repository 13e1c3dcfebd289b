/** Two tools at one process, each a command of its own, by every two Nodes that there are (scripts/lock-races.ts: many). */
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { hasGcc } from '../support/gcc.ts'
import { race } from './support/races.ts'

const command = fileURLToPath(new URL('../../bin/hotsplice', import.meta.url))
const possible = hasGcc && process.arch === 'x64' && process.platform === 'linux'
const RACES = 5
/** HOTSPLICE_NODES=/a/node:/b/node adds others to the one that runs this. */
const others = (process.env.HOTSPLICE_NODES ?? '').split(':').filter(path => path !== '')

describe.skipIf(!possible)('two tools that upload at once (need gcc on x86-64 Linux)', () => {
  test.for([process.execPath, ...others])(`nothing gets lost in ${RACES} races beside %s`, async node => {
    const { done, busy, lost, other } = await race({ nodes: [process.execPath, node], command, count: RACES })
    expect({ all: done + busy, lost, other }).toEqual({ all: 2 * RACES, lost: 0, other: [] })
    expect(done).toBeGreaterThanOrEqual(RACES)
  })
})
