/** Signals are heard whatever a command is doing, and leave nothing behind. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { emptyReport } from '../../src/report/model.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { runningProcess } from '../support/processes.ts'
import { sampled } from '../support/sampled.ts'
import { command } from '../xen/command.ts'
import { type Demo, makeDemo } from './support/demo.ts'

/** How long a thing may take on a machine with other work. */
const WAIT = { timeout: 30_000, interval: 50 } as const
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-interrupt-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ended {
  readonly status: number | null
  readonly by: NodeJS.Signals | null
  readonly stderr: string
}

function start(
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [command, ...args], { cwd: folder, env, stdio: ['pipe', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr?.on('data', chunk => {
    stderr += String(chunk)
  })
  const ended = once(child, 'close').then(([status, by]) => ({ status, by, stderr }))
  return { child, ended }
}

const BUSY = new URL('support/busy.mjs', import.meta.url).pathname

test.for([...sampled(SIGNALS)])(
  'a command that computes without a pause ends with 130, its JSON written (%s)',
  async signal => {
    const json = join(folder, `${signal}.json`)
    const busy = { ...process.env, NODE_OPTIONS: `--import ${BUSY}` }
    const { child, ended } = start(['neutralize', '--tree', folder, '--patch', 'no.patch', '--json', json], busy)
    await vi.waitFor(() => expect(runningProcess(child.pid ?? 0)?.ticks).toBeGreaterThan(100), WAIT)
    child.kill(signal)
    expect(await ended).toMatchObject({ status: 130, stderr: expect.stringContaining('interrupted') })
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({
      outcome: 'error',
      error: { code: 'cli/interrupted' },
    })
  },
)

test('a second signal ends it at once', async () => {
  const busy = { ...process.env, NODE_OPTIONS: `--import ${BUSY}` }
  const json = join(folder, 'second.json')
  const { child, ended } = start(['neutralize', '--tree', folder, '--patch', 'no.patch', '--json', json], busy)
  await vi.waitFor(() => expect(runningProcess(child.pid ?? 0)?.ticks).toBeGreaterThan(100), WAIT)
  child.kill('SIGINT')
  await new Promise(resolve => setTimeout(resolve, 100))
  child.kill('SIGTERM')
  expect(await ended).toMatchObject({ status: 130 })
  expect(existsSync(json)).toBe(false)
})

test.for(['verify', 'neutralize'])('%s, which waits for a pipe that nobody writes to', async name => {
  const pipe = join(folder, `pipe-${name}`)
  spawnSync('mkfifo', [pipe])
  const args = { verify: [pipe, '--symbols', pipe], neutralize: ['--tree', folder, '--patch', pipe] }
  const { child, ended } = start([name, ...args[name as keyof typeof args]])
  await vi.waitFor(() => expect(waitsIn(child.pid)).toMatch(/fifo|pipe|openat/), WAIT)
  child.kill('SIGTERM')
  const { status, by } = await ended
  expect(by ?? status).toBe('SIGTERM')
})

/** What the kernel says that some thread of a process waits in: its own function, or the number of the call. */
function waitsIn(pid: number | undefined): string {
  const { stdout } = spawnSync('sh', ['-c', `cat /proc/${pid}/task/*/wchan /proc/${pid}/task/*/syscall 2>/dev/null`], {
    encoding: 'utf8',
  })
  return /^257 /m.test(stdout) ? 'openat' : stdout
}

describe('translate', () => {
  let report = ''
  beforeAll(() => {
    report = join(folder, 'report.json')
    const payload = { file: 'fix.livepatch', size: 1, sha256: '00', buildId: '00' }
    writeFileSync(report, JSON.stringify({ ...emptyReport('build', '0'), outcome: 'built', payload }))
  })

  test.for([...sampled(SIGNALS)])(
    'while it waits for more of the log: 130, JSON, and what had come is written (%s)',
    async signal => {
      const json = join(folder, `log-${signal}.json`)
      const out = openSync(join(folder, `log-${signal}.txt`), 'w')
      const child = spawn(process.execPath, [command, 'translate', report, '--json', json], {
        stdio: ['pipe', out, 'pipe'],
      })
      child.stdin?.write('a line\n')
      await vi.waitFor(() => expect(readFileSync(join(folder, `log-${signal}.txt`), 'utf8')).toBe('a line\n'), WAIT)
      child.kill(signal)
      expect(await once(child, 'close')).toEqual([130, null])
      expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({
        outcome: 'error',
        error: { code: 'cli/interrupted' },
      })
    },
  )

  test('while it computes', async () => {
    const json = join(folder, 'computes.json')
    const busy = { ...process.env, NODE_OPTIONS: `--import ${BUSY}` }
    const { child, ended } = start(['translate', 'no.patch', '--json', json], busy)
    await vi.waitFor(() => expect(runningProcess(child.pid ?? 0)?.ticks).toBeGreaterThan(100), WAIT)
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({ status: 130, stderr: 'interrupted\n' })
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ error: { code: 'cli/interrupted' } })
  })

  test.for(['output', 'both'])('while nobody reads what it writes (%s)', async which => {
    const child = spawn(process.execPath, [command, 'translate', report], { stdio: ['pipe', 'pipe', 'pipe'] })
    child.stdin.on('error', () => undefined)
    const ended = once(child, 'exit')
    let hasMore = child.stdin.write('a line\n'.repeat(10_000))
    // Until all the pipes between are full.
    for (let idle = 0; idle < 10; idle++) {
      await new Promise(resolve => setTimeout(resolve, 100))
      while (hasMore) {
        idle = 0
        hasMore = child.stdin.write('a line\n'.repeat(10_000))
        await new Promise(resolve => setTimeout(resolve, 10))
      }
      if (child.stdin.writableLength === 0) hasMore = true
    }
    child.kill('SIGINT')
    if (which === 'both') setTimeout(() => child.kill('SIGTERM'), 100)
    const [status, by] = await ended
    expect(by ?? status).toBe(130)
    child.stdout.destroy()
  })
})

describe.skipIf(!hasGcc)(`with gcc${withoutGcc}`, () => {
  let demo: Demo
  beforeAll(() => {
    demo = makeDemo(join(folder, 'slow-gcc'))
    // Says that it has begun, and what it is, and does not end.
    writeFileSync(
      join(folder, 'slow-gcc'),
      `#!/bin/sh\ncase "$*" in *file1.c*) sleep 1000 & echo $! >> "${folder}/running"; wait;; esac\nexec gcc "$@"\n`,
    )
    chmodSync(join(folder, 'slow-gcc'), 0o755)
  })
  afterAll(() => rmSync(demo.folder, { recursive: true, force: true }))

  const running = () => (existsSync(join(folder, 'running')) ? readFileSync(join(folder, 'running'), 'utf8') : '')
  const isAlive = (pid: string) => spawnSync('ps', ['-p', pid, '-o', 'stat=']).stdout.toString().match(/^[^Z]/) !== null

  test.for([...sampled([...SIGNALS, 'SIGKILL'] as const)])('compilers and folders go with it (%s)', async signal => {
    rmSync(join(folder, 'running'), { force: true })
    const cache = join(folder, `cache-${signal}`)
    mkdirSync(cache, { mode: 0o700 })
    const args = ['build', '--target', 'process', '--tree', demo.tree, '--patch', demo.patch, '-o', join(folder, 'p')]
    const { child, ended } = start(args, { ...process.env, HOTSPLICE_CACHE: cache })
    await vi.waitFor(() => expect(running()).not.toBe(''), { timeout: 60_000, interval: 50 })
    child.kill(signal)
    const { status, by } = await ended
    expect(by ?? status).toBe(signal === 'SIGKILL' ? 'SIGKILL' : 130)
    const left = () => [...readdirSync(join(cache, 'private')), ...running().trim().split('\n').filter(isAlive)]
    // Who is killed outright cannot wait until it is gone.
    if (signal === 'SIGKILL') await vi.waitFor(() => expect(left()).toEqual([]), { timeout: 30_000 })
    expect(left()).toEqual([])
    expect(existsSync(join(folder, 'p'))).toBe(false)
  })
})
