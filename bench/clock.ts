/** Times of processes, and how the table shows them: as ratios against what was measured in the same run. */
import { type SpawnOptions, spawn } from 'node:child_process'

export interface Spent {
  /** Milliseconds, from start to end of the process. */
  readonly time: number
  /** Milliseconds of processor time, of the process and all that it started. */
  readonly cpu: number
}

export interface Timed extends Spent {
  readonly status: number | null
  readonly output: string
}

/** The shell knows the processor time of what it ran; the last line of its errors says so. */
const MEASURE = 'TIMEFORMAT="%3R %3U %3S"; time "$@"'

/** Runs a program to its end. */
export function timed(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<Timed> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', MEASURE, 'bench', program, ...args], {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [output, errors] = ['', '']
    child.stdout?.setEncoding('utf8').on('data', text => (output += text))
    child.stderr?.setEncoding('utf8').on('data', text => (errors += text))
    child.on('error', reject)
    child.on('close', status => {
      const lines = errors.trimEnd().split('\n')
      const [time = 0, user = 0, system = 0] = (lines.pop() ?? '').split(' ').map(word => Number(word) * 1000)
      resolve({ time, cpu: user + system, status, output: [output, ...lines].join('\n').trim() })
    })
  })
}

export interface Pairs {
  /** Medians of the first and of the second. */
  readonly first: Spent
  readonly second: Spent
  /** The median of first / second, pair by pair: it holds when the machine's speed drifts. */
  readonly ratio: number
  /** The median of first - second, pair by pair. */
  readonly more: Spent
}

/** Runs two things in turn, so many times; the first turn, which fills the machine's file cache, does not count. */
export async function inTurn(runs: number, one: () => Promise<Spent>, other: () => Promise<Spent>): Promise<Pairs> {
  const pairs: { a: Spent; b: Spent }[] = []
  for (let count = 0; count <= runs; count++) {
    const pair = { a: await one(), b: await other() }
    if (count > 0) pairs.push(pair)
  }
  return {
    first: medianOf(pairs.map(({ a }) => a)),
    second: medianOf(pairs.map(({ b }) => b)),
    ratio: median(pairs.map(({ a, b }) => a.time / b.time)),
    more: medianOf(pairs.map(({ a, b }) => ({ time: a.time - b.time, cpu: a.cpu - b.cpu }))),
  }
}

export function medianOf(all: readonly Spent[]): Spent {
  return { time: median(all.map(({ time }) => time)), cpu: median(all.map(({ cpu }) => cpu)) }
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

export interface Row {
  readonly what: string
  readonly spent: Spent
  /** A compile of the same run, or what else the time is held against, and how often it goes into it. */
  readonly against: readonly { readonly what: string; readonly spent: Spent; readonly ratio: number }[]
  readonly more?: string
  /** What the project aims at, in words. */
  readonly aim: string
}

export function printRow({ what, spent, against, more, aim }: Row): void {
  console.log(`${what}: ${said(spent)}`)
  for (const { what: other, spent: theirs, ratio } of against)
    console.log(`    = ${ratio.toFixed(2)} × ${other}, ${said(theirs)}`)
  if (more !== undefined) console.log(`    ${more}`)
  console.log(`    aim: ${aim}`)
}

/** A difference between two turns may be below nothing on a busy machine. */
export const said = ({ time, cpu }: Spent) => `${seconds(time)} (${seconds(cpu)} of processor time)`

export const seconds = (milliseconds: number) =>
  Math.abs(milliseconds) < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(2)} s`
