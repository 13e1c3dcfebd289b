/** The tool dies at any moment, or two work at once: the process goes on, patched as a whole or not at all. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openProcess } from '../../src/hosts/process/process-host.ts'
import { hasGcc } from '../support/gcc.ts'
import { draws } from '../support/harmless.ts'
import { type BuiltDaemon, buildDaemon, RunningDaemon } from './process-daemon.ts'
import { settledState, spawnTool, startTool, writeTool } from './process-tool.ts'

const possible = hasGcc && process.arch === 'x64' && process.platform === 'linux'
const KILLS = Number(process.env.HOTSPLICE_KILLS ?? 40)
const SEED = Number(process.env.HOTSPLICE_SEED ?? 40)
const ROUNDS = 40

let daemon: BuiltDaemon

describe.skipIf(!possible)('a tool that dies, and tools at once (need gcc on x86-64 Linux)', () => {
  beforeAll(async () => {
    daemon = buildDaemon()
    const greeting = ['"hello %lu", n', '"good day %lu of %s", n, "new"'] as const
    const answer = ['x * 2', 'x * 3'] as const
    const payloads = { fix: [greeting, answer], one: [greeting], two: [answer] }
    for (const [name, exchanges] of Object.entries(payloads)) {
      writeFileSync(join(daemon.folder, `${name}.livepatch`), await daemon.patched(name, ...exchanges))
    }
  })
  afterAll(() => daemon?.remove())

  test(`killed at ${KILLS} moments drawn from seed ${SEED}: the daemon goes on, both functions are old or both new`, async () => {
    const running = new RunningDaemon(daemon)
    await running.ask('s')
    const script = writeTool(daemon.folder)
    const seen = new Set<string>()
    const draw = draws(SEED)
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        const tool = await startTool(script, running.pid, 'fix')
        await sleep(draw(300))
        tool.kill('SIGKILL')
        await once(tool, 'exit')
        const host = openProcess({ pid: running.pid })
        const state = await settledState(host, 'fix')
        const answer = await running.ask('b')
        seen.add(state)
        expect([state, answer]).toEqual([state, state === 'APPLIED' ? 'good day 1 of new 9' : 'hello 1 6'])
        // The next tool takes up from there.
        if (state === 'APPLIED') expect((await host.act({ action: 'revert', name: 'fix' })).result).toBe(0)
        if (state !== 'absent') expect((await host.act({ action: 'unload', name: 'fix' })).result).toBe(0)
        expect(await running.ask('b')).toBe('hello 1 6')
        await host.close()
      }
      // Else the kills were all at the same point, and showed nothing.
      expect(seen.size).toBeGreaterThan(1)
    } finally {
      running.stop()
    }
  })

  test('two tools at once each get what they ask for, one after the other', async () => {
    const running = new RunningDaemon(daemon)
    await running.ask('s')
    const script = writeTool(daemon.folder)
    const tools = ['one', 'two'].map(name => spawnTool(script, running.pid, name, ROUNDS))
    try {
      const outputs = await Promise.all(
        tools.map(async tool => {
          let text = ''
          tool.stdout?.on('data', chunk => {
            text += chunk
          })
          await once(tool, 'exit')
          return text
        }),
      )
      // Busy (-16) is all that one may be told because of the other: its payload is on top, or its action under way.
      for (const text of outputs) {
        const results: Record<string, number> = JSON.parse(text.split('\n')[1] ?? '')
        expect(Object.keys(results).filter(result => !['0', '-16'].includes(result))).toEqual([])
        expect(results['0']).toBe(4 * ROUNDS)
      }
      const host = openProcess({ pid: running.pid })
      expect((await host.list()).payloads).toEqual([])
      expect(await running.ask('b')).toBe('hello 1 6')
      await host.close()
    } finally {
      for (const tool of tools) tool.kill('SIGKILL')
      running.stop()
    }
  })
})
