/**
 * Small jobs through workers over a queue, through the pool of one process, and one process for each: how many a second, and what
 * a job costs in processor time.
 *
 *   npx tsx bench/queue.ts [JOBS] [WORKERS]     500 and 4 unless given; the command is the one of dist/
 *
 * Processor time is the figure to compare: it is the same on a machine with other work, and a core does as many jobs as it has seconds.
 * A process for each job makes what a job of a fleet makes (payload, report with details, page), with a cache that has compiled
 * each tree as it was. It is measured on a tenth of them, in as many at once as there are workers.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTwoFilesPatch } from 'diff'
import { openStore } from '../src/services/content-store.ts'
import { hasRedis, ownRedis, withoutRedis } from '../tests/support/redis.ts'

const COMMAND = fileURLToPath(new URL('../bin/hotsplice', import.meta.url))
const BASES = 5

interface Spent {
  /** Seconds. */
  readonly wall: number
  readonly processor: number
  readonly jobs: number
}

const [jobs, workers] = [Number(process.argv[2] ?? 500), Number(process.argv[3] ?? 4)]
if (hasRedis) await main()
else console.log(`queue${withoutRedis}`)

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hotsplice-bench-queue-'))
  try {
    makeFleet(folder, Math.ceil(jobs / BASES))
    const pool = await inOneProcess(folder)
    tell('the pool of one process', pool, pool)
    const queue = await overQueue(folder)
    tell(`${workers} workers over a queue`, queue, pool)
    tell('a process for each job', await oneByOne(folder), queue)
    const same = readFileSync(join(folder, 'pool/index.json')).equals(readFileSync(join(folder, 'queue/index.json')))
    console.log(same ? 'both indexes are the same, byte for byte' : 'THE INDEXES DIFFER')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** `than` is what it is compared with. */
function tell(what: string, spent: Spent, than: Spent): void {
  const cost = (each: Spent) => each.processor / each.jobs
  const rate = (each: Spent) => each.jobs / each.wall
  const ratio = (value: number) => value.toFixed(2)
  console.log(
    `${what}: ${spent.jobs} jobs in ${spent.wall.toFixed(1)} s, ${rate(spent).toFixed(1)} a second, ${(cost(spent) * 1000).toFixed(0)} ms of processor each; ` +
      `${ratio(cost(than) / cost(spent))} as many for a core, ${ratio(rate(spent) / rate(than))} as many a second`,
  )
}

function makeFleet(folder: string, fixes: number): void {
  const functions = Array.from(
    { length: fixes },
    (_, at) => `int f${at}(int x)\n{\n    return x * ${1000 + at} + 7;\n}\n`,
  )
  const text = functions.join('\n')
  mkdirSync(join(folder, 'fixes'))
  for (const [at, before] of functions.entries()) {
    const after = before.replace('x *', 'x + 1 +')
    const patch = createTwoFilesPatch('a/f.c', 'b/f.c', text, text.replace(before, after), '', '')
    writeFileSync(join(folder, `fixes/f${at}.patch`), patch)
  }
  const names = Array.from({ length: BASES }, (_, at) => `base${at}`)
  for (const [at, name] of names.entries()) {
    const tree = join(folder, name)
    mkdirSync(tree)
    writeFileSync(join(tree, 'f.c'), text)
    const words = ['gcc', '-O2', `-DBASE=${at}`, '-c', 'f.c', '-o', 'f.o']
    writeFileSync(
      join(tree, 'compile_commands.json'),
      JSON.stringify([{ directory: tree, file: 'f.c', arguments: words }]),
    )
  }
  const lines = [
    'bases:',
    ...names.map(name => `  - { name: ${name}, tree: ${name}, target: process }`),
    'fixes:',
    ...functions.map((_, at) => `  - { name: f${at}, patches: [fixes/f${at}.patch] }`),
  ]
  writeFileSync(join(folder, 'FLEET.yaml'), `${lines.join('\n')}\n`)
}

async function inOneProcess(folder: string): Promise<Spent> {
  const begun = performance.now()
  const processor = await timed(['fleet', 'build', 'FLEET.yaml', '-o', 'pool', '-j', String(workers)], folder, 'pool')
    .ended
  return { wall: (performance.now() - begun) / 1000, processor, jobs }
}

async function overQueue(folder: string): Promise<Spent> {
  const redis = await ownRedis()
  try {
    const store = join(folder, 'store')
    await openStore(store, { write: writeFileSync, isMade: true })
    const started = Array.from({ length: workers }, (_, at) =>
      timed(['fleet', 'worker', redis.url, '--store', store, '-j', '1'], folder, `worker${at}`),
    )
    for (const { said } of started) await said('takes jobs')
    const begun = performance.now()
    const args = [
      'fleet',
      'build',
      'FLEET.yaml',
      '-o',
      'queue',
      '--queue',
      redis.url,
      '--store',
      store,
      '--check-every',
      '0',
    ]
    const coordinator = await timed(args, folder, 'queue').ended
    const wall = (performance.now() - begun) / 1000
    for (const { child } of started) if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT')
    const spent = await Promise.all(started.map(({ ended }) => ended))
    return { wall, processor: spent.reduce((sum, each) => sum + each, coordinator), jobs }
  } finally {
    await redis.remove()
  }
}

async function oneByOne(folder: string): Promise<Spent> {
  const count = Math.ceil(jobs / 10)
  let [next, processor] = [0, 0]
  const buildOf = (at: number, name: string) => {
    const [tree, patch] = [`base${at % BASES}`, `fixes/f${Math.floor(at / BASES)}.patch`]
    const asked = ['build', '--tree', tree, '--target', 'process', '--patch', patch, '-j', '1']
    const made = ['-o', `${name}.livepatch`, '--details', '--json', `${name}.json`, '--html', `${name}.html`]
    return timed([...asked, ...made], folder, 'one').ended
  }
  const slot = async () => {
    for (let at = next++; at < count; at = next++) {
      // Others add to the sum while this one is waited for.
      const spent = await buildOf(at, `one${at}`)
      processor += spent
    }
  }
  // From the end: fixes that are not measured.
  for (let base = 0; base < BASES; base++) await buildOf(jobs - BASES + base, `warm${base}`)
  const begun = performance.now()
  await Promise.all(Array.from({ length: workers }, slot))
  return { wall: (performance.now() - begun) / 1000, processor, jobs: count }
}

interface Timed {
  readonly child: ChildProcess
  /** Seconds of processor time, with all that it started. */
  readonly ended: Promise<number>
  readonly said: (words: string) => Promise<void>
}

function timed(args: readonly string[], folder: string, cache: string): Timed {
  const script = 'trap : INT; "$@" > /dev/null; ended=$?; times; exit $ended'
  const child = spawn('sh', ['-c', script, 'sh', process.execPath, COMMAND, ...args], {
    ...{ cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    env: { ...process.env, HOTSPLICE_CACHE: join(folder, `cache-${cache}`) },
  })
  let [output, errors] = ['', '']
  child.stdout?.on('data', text => (output += String(text)))
  child.stderr?.on('data', text => (errors += String(text)))
  const ended = once(child, 'close').then(([status]) => {
    // A worker is interrupted when all is done.
    if (status !== 0 && status !== 130) throw new Error(`${args.join(' ')} ended with ${status}: ${errors}`)
    const last = output.trim().split('\n').at(-1) ?? ''
    const [user, system] = [...last.matchAll(/(\d+)m([\d.]+)s/g)].map(
      ([, minutes, rest]) => Number(minutes) * 60 + Number(rest),
    )
    if (user === undefined || system === undefined) throw new Error(`no times: ${output}${errors}`)
    return user + system
  })
  const said = async (words: string) => {
    while (!errors.includes(words)) await Promise.race([once(child.stderr ?? child, 'data'), ended])
  }
  return { child, ended, said }
}
