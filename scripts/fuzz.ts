/**
 * Gives every reader wrong inputs: `make fuzz [SEED=1] [COUNT=5000] [OFFSET=0] [ONLY=patches:17]`
 *
 * Each must end with 0 to 3, within 10 s of processor time and with less than 500 MB. Prints the seed, the counts for each
 * reader, and the worst time and memory, each with the case; ends with 1 where one did not hold. A long run goes on where
 * another ended with OFFSET; ONLY repeats one case and shows what it said.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Asked, Told } from '../tests/fuzz/child.ts'
import { READER_NAMES, type Reader } from '../tests/fuzz/wrong-inputs.ts'

const MOST_TIME = 10_000
const MOST_MEMORY = 500e6
/** A process of its own for so many, so that what one took is not another's for long. */
const CASES_A_PROCESS = 200

const number = { type: 'string' } as const
const { values } = parseArgs({ options: { seed: number, count: number, offset: number, only: number, jobs: number } })
const seed = Number(values.seed || 1)
const count = Number(values.count || 5000)
const offset = Number(values.offset || 0)
const work = mkdtempSync(join(tmpdir(), 'hotsplice-fuzz-'))

class Runner {
  readonly #folder: string
  #child: ChildProcess | undefined
  #left = 0

  constructor(name: string) {
    this.#folder = join(work, name)
  }

  async carryOut(asked: Asked): Promise<Told> {
    if (this.#child === undefined || this.#left === 0) await this.#start()
    this.#left--
    const told = await this.#answer(() => this.#child?.connected === true && this.#child.send(asked))
    if (told !== 'ready' && 'status' in told && told.status !== -1) return told
    this.stop()
    return told === 'ready' ? { status: -1, said: 'it began again', time: 0, memory: 0 } : told
  }

  stop(): void {
    if (this.#child?.connected === true) this.#child.disconnect()
    this.#child = undefined
  }

  async #start(): Promise<void> {
    this.stop()
    const environment = {
      ...process.env,
      HOTSPLICE_CACHE: join(this.#folder, 'cache'),
      HOTSPLICE_AUDIT: join(this.#folder, 'audit'),
    }
    this.#child = fork(fileURLToPath(new URL('../tests/fuzz/child.ts', import.meta.url)), [this.#folder], {
      execArgv: ['--import', import.meta.resolve('tsx'), '--max-old-space-size=440'],
      env: environment,
      cwd: work,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    this.#left = CASES_A_PROCESS
    await this.#answer(() => undefined, 60_000)
  }

  #answer(ask: () => unknown, patience = 12 * MOST_TIME): Promise<Told | 'ready'> {
    const child = this.#child
    return new Promise(resolve => {
      const done = (told: Told | 'ready') => {
        clearTimeout(late)
        child?.off('message', heard).off('exit', ended)
        resolve(told)
      }
      const heard = (told: unknown) => done(told as Told | 'ready')
      const ended = (code: number | null, signal: string | null) =>
        done({ status: -1, said: `the process ended (${signal ?? code})`, time: 0, memory: 0 })
      const late = setTimeout(() => {
        child?.kill('SIGKILL')
        done({ status: -1, said: `it did not end within ${patience / 1000} s`, time: patience, memory: 0 })
      }, patience)
      child?.on('message', heard).on('exit', ended)
      ask()
    })
  }
}

interface Worst {
  value: number
  case: string
}

const statuses = new Map<Reader, Map<number, number>>(READER_NAMES.map(reader => [reader, new Map()]))
const [slowest, largest]: readonly Worst[] = [
  { value: 0, case: 'none' },
  { value: 0, case: 'none' },
]
const wrong: string[] = []

/** One case, and once more by itself where it looks too slow or too large: another may have been. */
async function judged(runner: Runner, asked: Asked): Promise<Told> {
  const told = await runner.carryOut(asked)
  if (told.status >= 0 && told.time <= MOST_TIME && told.memory <= MOST_MEMORY) return told
  const alone = new Runner(`alone-${asked.reader}-${asked.number}`)
  const again = await alone.carryOut(asked)
  alone.stop()
  runner.stop()
  return again
}

function note(asked: Asked, { status, said, time, memory }: Told): void {
  const name = `${asked.reader}:${asked.number}`
  const own = statuses.get(asked.reader)
  own?.set(status, (own.get(status) ?? 0) + 1)
  if (slowest !== undefined && time > slowest.value) Object.assign(slowest, { value: time, case: name })
  if (largest !== undefined && memory > largest.value) Object.assign(largest, { value: memory, case: name })
  if (status >= 0 && status <= 3 && time <= MOST_TIME && memory <= MOST_MEMORY) return
  wrong.push(name)
  console.log(
    `${name}: exit ${status}, ${Math.round(time)} ms, ${Math.round(memory / 1e6)} MB\n${said.replace(/^/gm, '  ').slice(0, 600)}`,
  )
}

async function all(): Promise<void> {
  let next = offset
  const jobs = Array.from({ length: Number(values.jobs || 2) }, async (_, index) => {
    const runner = new Runner(String(index))
    for (let at = next++; at < offset + count; at = next++) {
      const reader = READER_NAMES[at % READER_NAMES.length] ?? 'objects'
      const asked = { reader, seed, number: at }
      note(asked, await judged(runner, asked))
      if ((at + 1 - offset) % 500 === 0) console.log(`… ${at + 1 - offset} of ${count}`)
    }
    runner.stop()
  })
  await Promise.all(jobs)
}

async function only(name: string): Promise<void> {
  const [reader, at] = name.split(':')
  const known = READER_NAMES.find(each => each === reader)
  if (known === undefined) throw new Error(`there is no reader ${reader}: ${READER_NAMES.join(', ')}`)
  const runner = new Runner('only')
  const asked = { reader: known, seed, number: Number(at) }
  const told = await runner.carryOut(asked)
  runner.stop()
  console.log(told.said)
  note(asked, told)
}

try {
  console.log(`seed ${seed}, ${values.only ? `case ${values.only}` : `cases ${offset} to ${offset + count - 1}`}`)
  await (values.only ? only(values.only) : all())
  for (const [reader, own] of statuses) {
    const told = [...own].sort(([a], [b]) => a - b).map(([status, times]) => `${times} × exit ${status}`)
    if (told.length > 0) console.log(`${reader.padEnd(9)} ${told.join(', ')}`)
  }
  console.log(
    `slowest ${((slowest?.value ?? 0) / 1000).toFixed(2)} s (${slowest?.case}), most memory ${Math.round((largest?.value ?? 0) / 1e6)} MB (up to ${largest?.case})`,
  )
  console.log(
    wrong.length === 0 ? 'all ended as they must' : `${wrong.length} did not end as they must: ${wrong.join(' ')}`,
  )
  process.exitCode = wrong.length === 0 ? 0 : 1
} finally {
  rmSync(work, { recursive: true, force: true })
}
