/**
 * Kills builds at random moments (the seed says which), and says of each next run whether its payload is right and
 * whether it left anything: below the cache's private folder, half-built trees, parts beside the output, programs.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

export interface KillsOptions {
  /** The command's own words: `bin/hotsplice`. */
  readonly command: string
  readonly tree: string
  readonly patch: string
  /** Empty; outputs and caches go here. */
  readonly folder: string
  readonly count: number
  readonly seed: number
}

export interface KillsResult {
  readonly right: number
  /** Runs that were done sooner than they could be killed; they do not count. */
  readonly missed: number
  readonly wrong: readonly string[]
}

export async function killBuilds(options: KillsOptions): Promise<KillsResult> {
  const { folder, count, seed } = options
  const random = generator(seed)
  const out = join(folder, 'out')
  mkdirSync(out)
  const cacheOf = (number: number) => join(folder, `cache-${number}`)
  const started = performance.now()
  await build(options, out, cacheOf(-1))
  let time = performance.now() - started
  const payload = readFileSync(join(out, 'fix.livepatch'))
  const wrong: string[] = []
  let missed = 0
  for (let number = 0; number < count; number++) {
    // Every fourth cache is used on: what was kept in it when its run was killed must be right too.
    const cache = cacheOf(number - (number % 4))
    let delay = random() * time
    while ((await build(options, out, cache, delay)) !== 'SIGKILL') {
      missed++
      time *= SHORTER
      delay = random() * time
    }
    time *= LONGER
    rmSync(join(out, 'fix.livepatch'), { force: true })
    const status = await build(options, out, cache)
    const made = existsSync(join(out, 'fix.livepatch')) ? readFileSync(join(out, 'fix.livepatch')) : Buffer.of()
    const left = leftIn(out, cache, options.tree)
    if (status === 0 && made.equals(payload) && left.length === 0) continue
    wrong.push(
      `${number} (killed after ${Math.round(delay)} ms): ended with ${status}, left ${left.join(' ') || 'nothing'}`,
    )
  }
  return { right: count - wrong.length, missed, wrong }
}

/** How long a run takes is not the same on a machine that others use too: so that about a quarter is missed. */
const SHORTER = 0.8
const LONGER = 1.08

function leftIn(out: string, cache: string, tree: string): string[] {
  const inCache = ['private', 'trees'].flatMap(name =>
    existsSync(join(cache, name)) ? readdirSync(join(cache, name)) : [],
  )
  const kept = ['objects', 'lists'].flatMap(name =>
    existsSync(join(cache, name)) ? readdirSync(join(cache, name), { recursive: true, encoding: 'utf8' }) : [],
  )
  const begun = kept.filter(name => name.includes('.'))
  const beside = readdirSync(out).filter(name => !['fix.livepatch', 'fix.json'].includes(name))
  const running = spawnSync('pgrep', ['-f', `${tree}/|${cache}/`], { encoding: 'utf8' })
    .stdout.trim()
    .split('\n')
  return [...inCache, ...begun, ...beside, ...running].filter(name => name !== '' && !name.endsWith('.built'))
}

async function build(
  { command, tree, patch }: KillsOptions,
  out: string,
  cache: string,
  killedAfter?: number,
): Promise<number | NodeJS.Signals> {
  const output = ['-o', join(out, 'fix.livepatch'), '--json', join(out, 'fix.json')]
  const args = [command, 'build', '--target', 'process', '--tree', tree, '--patch', patch, ...output]
  const child = spawn(process.execPath, args, { env: { ...process.env, HOTSPLICE_CACHE: cache }, stdio: 'ignore' })
  const timer = killedAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killedAfter)
  const [status, signal] = await once(child, 'exit')
  clearTimeout(timer)
  return signal ?? status
}

/** Numbers from 0 to 1, the same for each seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
