/** A tool that works on a process until it is killed, and what the process is found as then. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Host } from '../../src/hosts/host.ts'

const HOST = fileURLToPath(new URL('../../src/hosts/process/process-host.ts', import.meta.url))
const FOREVER = 1_000_000
const EAGAIN = -11

/**
 * A tool that uploads `folder`/NAME.livepatch, applies, reverts and unloads it again and again; what is busy it asks for
 * again. It says `ready` when it begins, and how often it got which result in the end.
 */
export function writeTool(folder: string): string {
  const file = join(folder, 'tool.mts')
  writeFileSync(
    file,
    `import { readFileSync } from 'node:fs'
     import { openProcess } from ${JSON.stringify(HOST)}
     const [, , pid, name, rounds] = process.argv
     const host = openProcess({ pid: Number(pid), lockMs: 5000 })
     const payload = new Uint8Array(readFileSync(${JSON.stringify(folder)} + '/' + name + '.livepatch'))
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

export const spawnTool = (script: string, pid: number, name: string, rounds: number): ChildProcess =>
  spawn(process.execPath, ['--import', 'tsx', script, String(pid), name, String(rounds)], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  })

/** One that works until it is killed; returns when it has begun. */
export async function startTool(script: string, pid: number, name: string): Promise<ChildProcess> {
  const tool = spawnTool(script, pid, name, FOREVER)
  await once(tool.stdout ?? tool, 'data')
  return tool
}

/** The payload's state once nothing is under way any more. */
export async function settledState(host: Host, name: string): Promise<string> {
  for (let wait = 0; ; wait++) {
    const found = (await host.list()).payloads.find(payload => payload.name === name)
    if (found?.rc !== EAGAIN) return found?.state ?? 'absent'
    if (wait === 1000) throw new Error('an action without a tool does not come to its end')
    await sleep(5)
  }
}
