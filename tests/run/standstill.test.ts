/** The one who drives a rehearsed machine stands still, with the machine or for ever. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runningProcess, runningProcesses } from '../support/processes.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from '../xen/tree.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const HOST = join(ROOT, 'src/hosts/rehearsal/xen/rehearsal-host.ts')
const PROCESSES = join(ROOT, 'tests/support/processes.ts')
/** After this time the dom0 takes a silent driver for gone; a minute, where nothing is said. */
const PATIENCE_MS = 4000
const STANDSTILL_MS = 7000

/** Says `machine PID` when it runs, and for every line on its input how many payloads there are, or what is wrong. */
const DRIVER = `
  import { createInterface } from 'node:readline'
  import { openRehearsal } from ${JSON.stringify(HOST)}
  import { runningProcesses } from ${JSON.stringify(PROCESSES)}
  const host = await openRehearsal({ hypervisor: process.argv[2], cpus: 2, cacheFolder: undefined, patienceMs: ${PATIENCE_MS} })
  const lists = async () => {
    try {
      return (await host.list()).payloads.length + ' payloads'
    } catch (error) {
      return error.message
    }
  }
  await lists()
  const machine = runningProcesses().find(({ name, parent }) => name.startsWith('qemu') && parent === process.pid)
  console.log('machine ' + machine?.pid)
  for await (const line of createInterface({ input: process.stdin })) console.log(await lists())
  await host.close()
`

describe.skipIf(missing !== '')(`a driver that stands still ${missing}`, () => {
  let folder: string
  let script: string
  let hypervisor: string
  const drivers: ChildProcess[] = []
  const machines: number[] = []

  beforeAll(() => {
    hypervisor = join(xenTree('release'), 'xen/xen')
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-standstill-'))
    script = join(folder, 'driver.mts')
    writeFileSync(script, DRIVER)
  })
  afterAll(() => {
    for (const driver of drivers) driver.kill('SIGKILL')
    for (const machine of machines)
      if (runningProcess(machine)?.name.startsWith('qemu')) process.kill(machine, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  const nextLine = async (lines: Interface): Promise<string> => String((await once(lines, 'line'))[0])

  async function drive(): Promise<{ driver: ChildProcess; lines: Interface; machine: number }> {
    const driver = spawn(process.execPath, ['--import', 'tsx', script, hypervisor], {
      cwd: ROOT,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    drivers.push(driver)
    if (driver.stdout === null) throw new Error('no pipe')
    const lines = createInterface({ input: driver.stdout })
    const machine = Number(/^machine (\d+)$/.exec(await nextLine(lines))?.[1])
    expect(runningProcess(machine)?.name).toMatch(/^qemu/)
    machines.push(machine)
    return { driver, lines, machine }
  }

  test.concurrent('a host that was suspended: machine and driver go on where they were', async () => {
    const { driver, lines, machine } = await drive()
    const answer = nextLine(lines)
    const pid = driver.pid ?? 0
    process.kill(pid, 'SIGSTOP')
    process.kill(machine, 'SIGSTOP')
    await sleep(STANDSTILL_MS)
    process.kill(machine, 'SIGCONT')
    await sleep(300) // the worse order: the machine looks for its driver before that one has moved
    process.kill(pid, 'SIGCONT')
    driver.stdin?.write('list\n')
    expect(await answer).toBe('0 payloads')
    driver.stdin?.end()
    await once(driver, 'exit')
    expect(runningProcess(machine)).toBeUndefined()
  })

  test.concurrent('a driver that was killed: who clears up after it stops the machine', async () => {
    const { driver, machine } = await drive()
    driver.kill('SIGKILL')
    await gone(machine, PATIENCE_MS * 15)
  })

  test.concurrent('a driver that was killed, and who clears up after it: the machine ends itself', async () => {
    const { driver, machine } = await drive()
    const undertaker = undertakerOf(driver.pid ?? 0)
    process.kill(undertaker, 'SIGKILL')
    await gone(undertaker, PATIENCE_MS)
    driver.kill('SIGKILL')
    await gone(machine, PATIENCE_MS * 15)
  })
})

async function gone(pid: number, patienceMs: number): Promise<void> {
  for (let waited = 0; runningProcess(pid) !== undefined && waited < patienceMs; waited += 200) await sleep(200)
  expect(runningProcess(pid)).toBeUndefined()
}

/** The shell that waits for the end of a driver (src/system/undertaker.ts). */
function undertakerOf(driver: number): number {
  const found = runningProcesses().filter(({ name, parent }) => name === 'sh' && parent === driver)
  expect(found).toHaveLength(1)
  return found[0]?.pid ?? 0
}
