/** The lock of a process, held and waited for by the tool's own code, on processes that need no agent for it. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { takeLock } from './lock.ts'
import { isProc, memoryFiles } from './memory-files.ts'
import { ProcessMemory } from './proc.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const isLinux = process.platform === 'linux'
const CONTAINED = ['--pid', '--fork', '--kill-child', '--mount-proc']
const canContain = spawnSync('unshare', [...CONTAINED, 'true']).status === 0

const started: ChildProcess[] = []
const opened: ProcessMemory[] = []
afterEach(() => {
  for (const memory of opened.splice(0)) memory.close()
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

function start(words: readonly string[]): ChildProcess {
  const [program = '', ...rest] = words
  const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
  started.push(child)
  return child
}

function target(words: readonly string[] = ['sleep', '100']): number {
  return start(words).pid ?? 0
}

function memoryOf(pid: number): ProcessMemory {
  const memory = ProcessMemory.open(pid)
  opened.push(memory)
  return memory
}

/** A tool of its own that takes the lock, says so, and keeps it until it is killed. */
async function holder(pid: number, before: readonly string[] = []): Promise<ChildProcess> {
  const script = `
    import { takeLock } from ${JSON.stringify(`${here}lock.ts`)}
    import { ProcessMemory } from ${JSON.stringify(`${here}proc.ts`)}
    const lock = await takeLock(ProcessMemory.open(${pid}), 5000)
    process.stdout.write(lock === undefined ? 'busy' : 'held')
    setInterval(() => lock, 1000)`
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '--eval', script]
  const child = start([...before, ...node])
  const [said] = await once(child.stdout ?? child, 'data')
  expect(String(said)).toBe('held')
  return child
}

const isHeld = async (pid: number) => {
  const lock = await takeLock(memoryOf(pid), 0)
  lock?.release()
  return lock === undefined
}

describe.skipIf(!isLinux)('the lock of a process (needs Linux)', () => {
  test('is one’s alone, within one tool too, and free when it is given back', async () => {
    const pid = target()
    const first = await takeLock(memoryOf(pid), 0)
    expect(await isHeld(pid)).toBe(true)
    expect(await isHeld(target())).toBe(false)
    first?.release()
    expect(await isHeld(pid)).toBe(false)
  })

  test('is waited for', async () => {
    const pid = target()
    const first = await takeLock(memoryOf(pid), 0)
    const waiting = takeLock(memoryOf(pid), 60_000)
    await sleep(50)
    first?.release()
    expect(await waiting).toBeDefined()
  })

  test('ends with its holder, also by SIGKILL', async () => {
    const pid = target()
    const child = await holder(pid)
    expect(await isHeld(pid)).toBe(true)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await isHeld(pid)).toBe(false)
  })

  test.for([
    { padded: 'as they are', pad: 0 },
    { padded: 'filled up to their length', pad: 108 },
  ])('is nobody’s by sockets that are called after the process, $padded', async ({ pad }) => {
    const memory = memoryOf(target())
    const { pid, started: start } = memory.identity
    const server = createServer().listen(`\0hotsplice-${pid}-${start}`.padEnd(pad, '\0'))
    await once(server, 'listening')
    const lock = await takeLock(memory, 0)
    server.close()
    expect(lock).toBeDefined()
  })

  test('is not for other users', async () => {
    const pid = target()
    const stranger = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--clear-groups'] : []
    const file = `/proc/${stranger.length > 0 ? pid : 1}/mem`
    const [program = '', ...rest] = [...stranger, 'flock', '--nonblock', file, 'true']
    const { status, stderr } = spawnSync(program, rest, { encoding: 'utf8' })
    expect([status === 0, stderr]).toEqual([false, expect.stringContaining('Permission denied')])
  })

  test('an interrupt ends the wait', async () => {
    const pid = target()
    const first = await takeLock(memoryOf(pid), 0)
    const controller = new AbortController()
    const waiting = takeLock(memoryOf(pid), 600_000, controller.signal)
    await sleep(20)
    controller.abort()
    await expect(waiting).rejects.toThrow()
    first?.release()
    expect(await isHeld(pid)).toBe(false)
  })

  test('a process that has ended has none', async () => {
    const child = start(['sleep', '100'])
    const memory = memoryOf(child.pid ?? 0)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await expect(takeLock(memory, 0)).rejects.toThrow(/cannot be opened|has ended/)
  })

  test('without the program flock there is an error that names it', async () => {
    const memory = memoryOf(target())
    const path = process.env.PATH
    process.env.PATH = '/nowhere'
    try {
      await expect(takeLock(memory, 0)).rejects.toMatchObject({ code: 'process/no-lock', hint: /util-linux/ })
    } finally {
      process.env.PATH = path
    }
    expect(await isHeld(memory.identity.pid)).toBe(false)
  })

  test('a thread’s number is none of a process', async () => {
    const child = start([process.execPath, '--eval', 'console.log(1); setInterval(() => 0, 1000)'])
    await once(child.stdout ?? child, 'data')
    const threads = execFileSync('ls', [`/proc/${child.pid}/task`], { encoding: 'utf8' })
      .trim()
      .split('\n')
    const thread = Number(threads.find(number => number !== String(child.pid)))
    expect(() => ProcessMemory.open(thread)).toThrow(`${thread} is a thread of process ${child.pid}`)
  })
})

describe.skipIf(!canContain)('between containers (needs root, and the right to make namespaces)', () => {
  /** A process in namespaces of its own, by its number here. */
  async function contained(): Promise<number> {
    const child = start(['unshare', ...CONTAINED, 'sh', '-c', 'echo; exec sleep 100'])
    await once(child.stdout ?? child, 'data')
    return Number(execFileSync('ps', ['--ppid', String(child.pid), '-o', 'pid='], { encoding: 'utf8' }))
  }

  test('a tool on the host and one inside exclude each other', async () => {
    const pid = await contained()
    const root = `/proc/${pid}/root`
    expect(memoryFiles(pid)).toEqual([`/proc/${pid}/mem`, `${root}/proc/1/mem`])
    const inside = await holder(1, ['nsenter', '--pid', '--mount', `--target=${pid}`, `--wd=${process.cwd()}`])
    expect(await isHeld(pid)).toBe(true)
    // nsenter forks for the new namespace of numbers: who holds the lock is its child.
    const child = execFileSync('ps', ['--ppid', String(inside.pid), '-o', 'pid='], { encoding: 'utf8' })
    process.kill(Number(child), 'SIGKILL')
    await once(inside, 'exit')
    expect(await isHeld(pid)).toBe(false)
  })

  test('two tools on one host, of which one has a /proc of its own', async () => {
    const pid = target()
    const inside = await holder(pid, [
      'unshare',

      '--mount',
      'sh',
      '-c',
      'mount -t proc proc /proc && exec "$@"',
      'sh',
    ])
    expect(await isHeld(pid)).toBe(true)
    inside.kill('SIGKILL')
    await once(inside, 'exit')
    expect(await isHeld(pid)).toBe(false)
  })
})

test.for([
  { name: 'a whole one', mounts: ['/ / - ext4', '/ /proc - proc'], is: true },
  { name: 'none', mounts: ['/ / - ext4'], is: false },
  { name: 'a folder of the process’s', mounts: ['/ /proc - fuse.mine'], is: false },
  { name: 'another file system upon it', mounts: ['/ /proc - proc', '/ /proc - tmpfs'], is: false },
  { name: 'a file upon the memory', mounts: ['/ /proc - proc', '/x /proc/7/mem - fuse.mine'], is: false },
  { name: 'something upon another process', mounts: ['/ /proc - proc', '/x /proc/70 - tmpfs'], is: true },
  { name: 'a part of another one', mounts: ['/7 /proc - proc'], is: false },
])('a /proc to meet at: $name', ({ mounts, is }) => {
  const lines = mounts.map(mount => {
    const [root, point, , kind] = mount.split(' ')
    return `36 35 98:0 ${root} ${point} rw,noatime shared:1 - ${kind} source rw`
  })
  expect(isProc(lines.join('\n'), '7')).toBe(is)
})
