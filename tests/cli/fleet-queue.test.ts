/** A fleet built by workers over a queue: whatever dies on the way, nothing is lost, nothing is there twice, and the index is the local one. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { laneOf } from '../../src/flows/fleet/queue/lane.ts'
import { openStore } from '../../src/services/content-store.ts'
import { serveQueue } from '../../src/services/redis-queue/serve.ts'
import { VERSION } from '../../src/system/version.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { hasRedis, type OwnRedis, ownRedis, withoutRedis } from '../support/redis.ts'
import { makeSmallFleet, type SmallFleet } from '../support/small-fleet.ts'
import { command, hotsplice } from '../xen/command.ts'

/** How long a thing may take on a machine with other work. */
const WAIT = { timeout: 60_000, interval: 50 } as const
const CELLS = ['early/code', 'early/constant', 'early/words', 'late/code', 'late/constant', 'late/words']

let fleet: SmallFleet
let redis: OwnRedis
let locally: Buffer
const running = new Set<ChildProcess>()
const words: (() => string)[] = []

beforeAll(async () => {
  fleet = makeSmallFleet(mkdtempSync(join(tmpdir(), 'hotsplice-queue-')))
  if (!hasGcc || !hasRedis) return
  redis = await ownRedis()
  // The block is not there: it does not stall.
  fleet.edit('constant', '80 /* stall */')
  await hotsplice(['fleet', 'build', 'FLEET.yaml', '-o', 'local', '-j', '1'], { cwd: fleet.folder, env: env('local') })
  locally = readFileSync(at('local/index.json'))
}, 60_000)
beforeEach(async () => {
  // What a worker has compiled for another test would not stall.
  for (const name of ['out', 'store', 'block', 'cache-a', 'cache-b']) rmSync(at(name), { recursive: true, force: true })
  await redis?.kill()
  await redis?.start()
})
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') for (const each of words) console.error(each())
  words.length = 0
  for (const child of running) child.kill('SIGKILL')
  await Promise.all([...running].map(child => child.exitCode ?? child.signalCode ?? once(child, 'exit')))
  running.clear()
})
afterAll(async () => {
  await redis?.remove()
  rmSync(fleet.folder, { recursive: true, force: true })
})

const at = (path: string) => join(fleet.folder, path)
const env = (cache: string) => ({ ...process.env, HOTSPLICE_CACHE: at(`cache-${cache}`) })
const indexNow = () => readFileSync(at('out/index.json'))

interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  readonly said: () => string
  /** Ends when it has said that. */
  readonly says: (words: string | RegExp) => Promise<void>
}

function start(args: readonly string[], cache: string): Started {
  const child = spawn(process.execPath, [command, ...args], {
    ...{ cwd: fleet.folder, env: env(cache) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  running.add(child)
  let said = ''
  child.stderr?.on('data', chunk => {
    said += String(chunk)
  })
  words.push(() => `--- ${args[1]} with cache-${cache} said:\n${said}`)
  const ended = once(child, 'close').then(([status]) => status)
  const says = (words: string | RegExp) => vi.waitFor(() => expect(said).toMatch(words), WAIT)
  return { child, ended, said: () => said, says }
}

const BUILD = ['fleet', 'build', 'FLEET.yaml', '-o', 'out', '-j', '1', '--store', 'store']
const build = (...more: string[]) => start([...BUILD, '--queue', redis.url, '--check-every', '0', ...more], 'build')
const worker = (name: string, lease = 1, more: readonly string[] = []) =>
  start(['fleet', 'worker', redis.url, '--store', 'store', '-j', '1', '--lease', String(lease), ...more], name)

/** Both have begun, and the worker has come to where its compiler stalls, with jobs behind and before it. */
async function stalled(lease?: number) {
  writeFileSync(fleet.block, '')
  const run = build()
  await run.says('no worker is there')
  const first = worker('a', lease)
  await first.says(/constant: building/)
  await run.says('late/code: built')
  return { run, first }
}

/** `trees` were sent too, a list each. */
async function endsAsLocally(run: Started, trees = 0): Promise<void> {
  expect(await run.ended).toBe(1)
  expect(indexNow()).toEqual(locally)
  // Each cell came to its end once, and each job has one result.
  const ends = [...run.said().matchAll(/^(\S+\/\S+): (?!building|error|what liar)/gm)].map(([, cell]) => cell)
  expect(ends.sort()).toEqual(CELLS)
  expect(resultsInStore()).toEqual(Array(CELLS.length + trees).fill(1))
}

const resultsInStore = () =>
  readdirSync(at('store/under'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isDirectory() && entry.name.length > 2)
    .map(entry => readdirSync(join(entry.parentPath, entry.name)).length)

describe.skipIf(!hasGcc || !hasRedis)(`a fleet built by workers${withoutGcc}${withoutRedis}`, () => {
  test('one is killed in the middle of a job: another one does it; what is of an advisory comes first', async () => {
    const { run, first } = await stalled()
    expect(
      [...first.said().matchAll(/^(\S+): building/gm)]
        .slice(0, 2)
        .map(([, cell]) => cell)
        .sort(),
    ).toEqual(['early/code', 'late/code'])
    const second = worker('b')
    await second.says('takes jobs')
    first.child.kill('SIGKILL')
    rmSync(fleet.block)
    await endsAsLocally(run)
    expect(second.said()).toMatch(/constant: building/)
  })

  test('Redis is killed in the middle of a run, and comes back with nothing', async () => {
    const { run, first } = await stalled()
    await redis.kill()
    await run.says('the queue cannot be reached, and is waited for')
    await redis.start()
    rmSync(fleet.block)
    await endsAsLocally(run)
    expect(first.said()).toContain('the queue cannot be reached')
  })

  test('Redis comes back as it was earlier: what is done twice is once in the end', async () => {
    const { run, first } = await stalled()
    redis.keep()
    rmSync(fleet.block)
    await run.says(/constant: (expected refusal|refused)/)
    await redis.kill()
    await redis.start('kept')
    await endsAsLocally(run)
    await first.says('known already')
    expect(resultsInStore()).toEqual(CELLS.map(() => 1))
  })

  test('what a worker answers counts only where its bytes are there', async () => {
    const store = await openStore(at('store'), { write: writeFileSync, isMade: true })
    const about = { version: VERSION, store: store.id, toolchain: '' }
    const stop = new AbortController()
    const liar = serveQueue(
      { url: redis.url, password: undefined },
      {
        card: { name: 'liar', ...about, lane: laneOf({ ...about, toolchainPath: [] }) },
        ...{ slots: 1, leaseMs: 1000, signal: stop.signal, ready: () => undefined, note: () => undefined },
        work: async text => {
          const { job, notBy } = JSON.parse(text)
          if (notBy.includes('liar')) return 'not-mine'
          const record = await store.put(Buffer.from(`{"job":"${job}"}`))
          const isDamaged = notBy.length === 0 && record < '8'
          if (isDamaged) writeFileSync(join(store.path, 'content', record.slice(0, 2), record.slice(2)), 'other bytes')
          return JSON.stringify({ by: 'liar', record })
        },
      },
    )
    try {
      const run = build()
      await run.says(/what liar answered is not in the store, or not what its digest says/)
      const honest = worker('b')
      await endsAsLocally(run)
      expect(honest.said()).toContain('late/code: built')
    } finally {
      stop.abort()
      await liar
    }
  })

  test('whoever is interrupted gives back what was begun; the next run goes on', async () => {
    // A lease that nobody lives to see the end of.
    const { run, first } = await stalled(600)
    const second = worker('b', 600)
    await second.says('takes jobs')
    first.child.kill('SIGINT')
    expect(await first.ended).toBe(130)
    await second.says(/constant: building/)
    run.child.kill('SIGINT')
    expect(await run.ended).toBe(130)
    expect(JSON.parse(String(indexNow())).outcome).toBe('not-done')
    // What nobody had begun is not in the queue any more.
    expect(
      redis
        .ask('--scan', '--pattern', 'hotsplice:*:job-*')
        .split('\n')
        .filter(key => !key.endsWith(':lock')),
    ).toHaveLength(1)
    rmSync(fleet.block)
    const next = build()
    expect(await next.ended).toBe(1)
    expect(indexNow()).toEqual(locally)
    expect(next.said()).toMatch(/^[1-4] of 6 to be done$/m)
  })

  test('a tree that a worker’s machine lacks comes out of the store, to its own place', async () => {
    const run = build('--send')
    await run.says('no worker is there')
    const [tree, away] = [at('late'), at('late-elsewhere')]
    renameSync(tree, away)
    const lacking = worker('a', 1, ['--place', tree])
    try {
      await endsAsLocally(run, 2)
      expect(lacking.said()).toContain('late/code: built')
      expect(readFileSync(at('late.placed'), 'utf8')).toMatch(/^[0-9a-f]{64}$/)
      expect(statSync(join(tree, 'quota.c')).mtimeMs).toBeCloseTo(statSync(join(away, 'quota.c')).mtimeMs, 0)
    } finally {
      for (const path of [tree, `${tree}.placed`]) rmSync(path, { recursive: true, force: true })
      renameSync(away, tree)
    }
  })

  test('every job is done by two workers where that is asked for, and both come to the same', async () => {
    await openStore(at('store'), { write: writeFileSync, isMade: true })
    const workers = ['a', 'b'].map(name => worker(name))
    for (const { says } of workers) await says('takes jobs')
    await endsAsLocally(build('--check-every', '1'))
    const built = workers.map(({ said }) => [...said().matchAll(/^(\S+): building/gm)].map(([, cell]) => cell).sort())
    expect(built).toEqual([CELLS, CELLS])
  })
})

describe.skipIf(!hasRedis)(`what is wrong with a queue or a store is told${withoutRedis}`, () => {
  const builds = (...more: string[]) => hotsplice([...BUILD, ...more], { cwd: fleet.folder, env: env('build') })

  test('no Redis, no password, a wrong one, and half of the options', async () => {
    const locked = await ownRedis('s3cret')
    try {
      const wrong = [
        {
          args: ['--queue', 'redis://127.0.0.1:1'],
          says: /there is no Redis at redis:\/\/127\.0\.0\.1:1.*ECONNREFUSED.*\[fleet\/no-queue\]/,
        },
        { args: ['--queue', locked.url], says: /does not let us in: NOAUTH.*\[fleet\/no-queue\]/ },
        {
          args: ['--queue', locked.url.replace('//', '//:no-s3cret@')],
          says: /does not let us in: WRONGPASS.*\[fleet\/no-queue\]/,
        },
        { args: ['--queue', 'http://127.0.0.1'], says: /not the URL of a Redis/ },
        { args: [], says: /--queue and --store go together/ },
      ]
      for (const { args, says } of wrong) {
        const { status, stderr } = await builds(...args)
        expect(stderr).toMatch(says)
        expect(stderr).not.toContain('s3cret')
        expect(status).toBe(1)
      }
    } finally {
      await locked.remove()
    }
  })

  test('a worker whose store is not there, and one that has another version or store', async () => {
    const { status, stderr } = await hotsplice(['fleet', 'worker', redis.url, '--store', 'store'], {
      cwd: fleet.folder,
    })
    expect(stderr).toContain('store is no store: it has no store.json [fleet/no-store]')
    expect(status).toBe(1)
    const run = build()
    await run.says('no worker is there')
    const { id } = JSON.parse(readFileSync(at('store/store.json'), 'utf8'))
    const card = (more: object) =>
      JSON.stringify({ name: 'w', version: VERSION, store: id, toolchain: '', lane: 'x', ...more })
    for (const [more, says] of [
      [{ version: '0.0.1' }, `w is hotsplice 0.0.1, and this is ${VERSION}`],
      [{ store: 'other' }, 'w has another store'],
      [{ toolchain: 'chroot /x' }, 'w takes jobs of the toolchain "chroot /x", and this one is without a toolchain'],
    ] as const) {
      redis.ask('set', 'hotsplice-worker:w', card(more))
      await run.says(says)
    }
    run.child.kill('SIGINT')
    expect(await run.ended).toBe(130)
    expect(existsSync(at('out/index.json'))).toBe(true)
  })
})
