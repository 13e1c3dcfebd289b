/** A Redis of the tests' own: on this machine only, with a port and a folder that nobody else has, and nothing left of it. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const hasRedis = spawnSync('redis-server', ['--version']).status === 0
/** For names of tests that are skipped where there is none. */
export const withoutRedis = hasRedis ? '' : ' (skipped: redis-server was not found; Debian’s package is redis-server)'

export interface OwnRedis {
  readonly url: string
  /** Ends it as a fall of the machine would, and what it had with it. */
  readonly kill: () => Promise<void>
  /** On the same port: empty, or as it was when `keep` was called. */
  readonly start: (from?: 'empty' | 'kept') => Promise<void>
  readonly keep: () => void
  /** What it says to a command. */
  readonly ask: (...words: string[]) => string
  readonly remove: () => Promise<void>
}

export async function ownRedis(password?: string): Promise<OwnRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-redis-'))
  const [dump, kept] = [join(folder, 'dump.rdb'), join(folder, 'kept.rdb')]
  const port = await freePort()
  let server: ChildProcess | undefined
  const secret = password === undefined ? [] : ['--requirepass', password]
  const login = password === undefined ? [] : ['--no-auth-warning', '-a', password]
  const ask = (...words: string[]) =>
    execFileSync('redis-cli', ['-h', '127.0.0.1', '-p', String(port), ...login, ...words], { encoding: 'utf8' }).trim()
  const kill = async () => {
    const ended = server && once(server, 'exit')
    server?.kill('SIGKILL')
    await ended
    server = undefined
  }
  const start = async (from: 'empty' | 'kept' = 'empty') => {
    rmSync(dump, { force: true })
    if (from === 'kept') copyFileSync(kept, dump)
    const where = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
    const args = [...where, '--save', '', '--appendonly', 'no', ...secret]
    server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    await new Promise<void>((resolve, reject) => {
      server?.on('exit', () => reject(new Error(`redis-server ended: ${said}`)))
      server?.stdout?.on('data', text => {
        said += String(text)
        if (said.includes('Ready to accept connections')) resolve()
      })
    })
  }
  process.once('exit', () => void server?.kill('SIGKILL'))
  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    ...{ kill, start, ask },
    keep: () => {
      ask('save')
      if (!existsSync(dump)) throw new Error('nothing was saved')
      copyFileSync(dump, kept)
    },
    remove: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}
