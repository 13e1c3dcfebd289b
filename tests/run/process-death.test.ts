/** The tool dies at any moment, or two work at once: the process goes on, patched as a whole or not at all. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openProcess } from '../../src/apply/process/process-host.ts'
import { hasGcc } from '../support/gcc.ts'
import { type BuiltDaemon, buildDaemon, RunningDaemon } from './process-daemon.ts'

const possible = hasGcc && process.arch === 'x64' && process.platform === 'linux'
const HOST = fileURLToPath(new URL('../../src/apply/process/process-host.ts', import.meta.url))
const KILLS = 60
const ROUNDS = 40

let daemon: BuiltDaemon

/** A tool that uploads, applies, reverts and unloads again and again; what is busy it asks for again. */
function toolScript(): string {
  const file = join(daemon.folder, 'tool.mts')
  writeFileSync(
    file,
    `import { readFileSync } from 'node:fs'
     import { openProcess } from ${JSON.stringify(HOST)}
     const [, , pid, name, rounds] = process.argv
     const host = openProcess({ pid: Number(pid), lockMs: 5000 })
     const payload = new Uint8Array(readFileSync(${JSON.stringify(daemon.folder)} + '/' + name + '.livepatch'))
     const results = {}
     const note = ({ result }) => {
       results[result] = (results[result] ?? 0) + 1
       return result === -16
     }
     process.stdout.write('ready\\n')
     for (let round = 0; round < Number(rounds); round++) {
       note(await host.upload({ name, payload }))
       for (const action of ['apply', 'revert', 'unload']) {
         while (note(await host.act({ action, name, nodeps: true, timeoutMs: 5000 })));
       }
     }
     process.stdout.write(JSON.stringify(results) + '\\n')
     await host.close()`,
  )
  return file
}

const startTool = (script: string, ...words: string[]): ChildProcess =>
  spawn(process.execPath, ['--import', 'tsx', script, ...words], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  })

async function firstWords(tool: ChildProcess): Promise<string> {
  const [chunk] = await once(tool.stdout ?? tool, 'data')
  return String(chunk)
}

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

  test(`killed at ${KILLS} random moments: the daemon goes on, both functions are old or both new`, async () => {
    const running = new RunningDaemon(daemon)
    await running.ask('s')
    const script = toolScript()
    const seen = new Set<string>()
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        const tool = startTool(script, String(running.pid), 'fix', '1000000')
        await firstWords(tool)
        await sleep(Math.random() * 40)
        tool.kill('SIGKILL')
        await once(tool, 'exit')
        const host = openProcess({ pid: running.pid })
        for (let wait = 0; wait < 1000; wait++) {
          const [only] = (await host.list()).payloads
          if (only?.rc !== -11) break
          await sleep(5)
        }
        const answer = await running.ask('b')
        const [found] = (await host.list()).payloads
        const state = found?.state ?? 'absent'
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
    const script = toolScript()
    const tools = ['one', 'two'].map(name => startTool(script, String(running.pid), name, String(ROUNDS)))
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
