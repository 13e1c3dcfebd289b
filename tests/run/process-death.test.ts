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

let daemon: BuiltDaemon
let fix: Uint8Array

/** A tool that uploads, applies, reverts and unloads for ever; it says a word before each action. */
function toolScript(): string {
  const file = join(daemon.folder, 'tool.mts')
  const payload = join(daemon.folder, 'fix.livepatch')
  writeFileSync(payload, fix)
  writeFileSync(
    file,
    `import { readFileSync } from 'node:fs'
     import { openProcess } from ${JSON.stringify(HOST)}
     const host = openProcess({ pid: Number(process.argv[2]), lockMs: 5000 })
     const payload = new Uint8Array(readFileSync(${JSON.stringify(payload)}))
     const name = process.argv[3]
     const rounds = Number(process.argv[4])
     const results = []
     process.stdout.write('ready\\n')
     for (let round = 0; round < rounds; round++) {
       results.push((await host.upload({ name, payload })).result)
       for (const action of ['apply', 'revert', 'unload']) results.push((await host.act({ action, name, timeoutMs: 5000 })).result)
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
    fix = await daemon.patched('fix', ['"hello %lu", n', '"good day %lu of %s", n, "new"'], ['x * 2', 'x * 3'])
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
    const tools = ['one', 'two'].map(name => startTool(script, String(running.pid), name, '40'))
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
      // Both bring the same payload, so one may be told that it is there, or that it lies below the other's.
      for (const text of outputs) {
        const results: number[] = JSON.parse(text.split('\n')[1] ?? '')
        expect(results).toHaveLength(160)
        expect(results.filter(result => ![0, -2, -17].includes(result))).toEqual([])
        expect(results).toContain(0)
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
