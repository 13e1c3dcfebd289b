/** Times of processes, and how the table shows them: as ratios against a compile measured in the same run. */
import { type SpawnOptions, spawn } from 'node:child_process'

export interface Timed {
  /** Milliseconds, from start to end of the process. */
  readonly time: number
  readonly status: number | null
  readonly output: string
}

/** Runs a program to its end. */
export function timed(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<Timed> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', text => (output += text))
    child.on('error', reject)
    child.on('close', status => resolve({ time: performance.now() - start, status, output }))
  })
}

/** The median of several runs; the first, which fills the machine's file cache, does not count. */
export async function median(runs: number, run: () => Promise<number>): Promise<number> {
  await run()
  const times: number[] = []
  for (let count = 0; count < runs; count++) times.push(await run())
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? 0
}

export interface Row {
  readonly what: string
  /** Milliseconds. */
  readonly time: number
  /** A compile of the same run, or what else the time is held against. */
  readonly against: { readonly what: string; readonly time: number }
  /** What the project aims at, in words. */
  readonly aim: string
  readonly more?: string
}

export function printRow({ what, time, against, aim, more }: Row): void {
  const ratio =
    against.time === 0 ? '' : ` = ${(time / against.time).toFixed(2)} × ${against.what} (${seconds(against.time)})`
  console.log(`${what}: ${seconds(time)}${ratio}${more === undefined ? '' : `; ${more}`}; aim: ${aim}`)
}

export const seconds = (milliseconds: number) =>
  milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(2)} s`
