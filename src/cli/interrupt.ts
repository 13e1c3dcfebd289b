/**
 * Signals are heard while a command computes: it runs in a thread of its own, and this one does nothing but listen.
 *
 * The first signal asks the command to stop and tidy up. One that does not hear it, because it computes without a pause,
 * is stopped where it stands; what it had made is taken away by the undertaker (system/undertaker.ts), and the JSON that
 * was asked for is written here. The second signal ends the process at once.
 */
import { setTimeout } from 'node:timers/promises'
import type { WriteStream } from 'node:tty'
import { Worker } from 'node:worker_threads'
import { allWritten, interruption, type Message, PATIENCE_MS, type Terminal } from './command-thread.ts'
import { exitCode } from './exit-code.ts'
import type { StreamName } from './stream-error.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** How often a command that is to stop is asked whether it hears. */
const ASKING_MS = 100
/** After so many questions without an answer it does not. */
const MOST_QUESTIONS = 20

export interface Supervised {
  /** The module that calls `commandThread`. */
  readonly module: URL
  readonly args: readonly string[]
  /** Whether the command reads standard input as it comes: a thread that reads it itself could not be stopped. */
  readonly readsInput: boolean
  /** Says and writes what an interrupted command has to; for one that no longer can. */
  readonly failed: (signal: AbortSignal) => Promise<number>
}

/** Runs the command in a thread, and returns its exit code. */
export function supervise({ module, args, readsInput, failed }: Supervised): Promise<number> {
  const terminal = { stdout: sizeOf(process.stdout), stderr: sizeOf(process.stderr) }
  const worker = new Worker(module, { argv: [...args], stdin: readsInput, workerData: terminal })
  passStreams(worker)
  return new Promise((resolve, reject) => {
    let questions = 0
    let asking: NodeJS.Timeout | undefined
    let isOver = false
    const end = async (code: number) => {
      isOver = true
      clearInterval(asking)
      if (readsInput) process.stdin.destroy()
      // Who was asked to stop does not wait for a reader that does not read.
      if (asking !== undefined && !(await within(PATIENCE_MS, allWritten()))) process.exit(code)
      resolve(code)
    }
    const force = async (signal: NodeJS.Signals) => {
      isOver = true
      clearInterval(asking)
      if (!(await isStopped(worker))) return endBy(signal)
      const controller = new AbortController()
      controller.abort(interruption())
      await end(await failed(controller.signal))
    }
    const stop = (signal: NodeJS.Signals) => {
      // What is left is to be written; who has no time for that does not get it.
      if (isOver) return endBy(signal)
      if (asking !== undefined) return void endAtOnce(worker, signal)
      const ask = () => {
        if (questions++ < MOST_QUESTIONS) worker.postMessage('stop' satisfies Message)
        else force(signal).catch(reject)
      }
      asking = setInterval(ask, ASKING_MS)
      ask()
    }
    for (const signal of SIGNALS) process.on(signal, stop)
    worker.on('message', () => {
      questions = 0
    })
    worker.on('error', reject)
    worker.on('exit', code => {
      if (!isOver) end(code).catch(reject)
    })
  })
}

/** Standard input goes to the command where it reads it; what fails of a stream, it must know, or it would go on for ever. */
function passStreams(worker: Worker): void {
  const tell = (stream: StreamName) => (error: Error) => {
    const code = 'code' in error ? String(error.code) : undefined
    worker.postMessage({ stream, code, text: error.message } satisfies Message)
  }
  process.stdout.on('error', tell('stdout'))
  process.stderr.on('error', tell('stderr'))
  if (worker.stdin !== null) process.stdin.on('error', tell('stdin')).pipe(worker.stdin)
}

async function endAtOnce(worker: Worker, signal: NodeJS.Signals): Promise<void> {
  if (await isStopped(worker)) process.exit(exitCode('interrupted'))
  endBy(signal)
}

function isStopped(worker: Worker): Promise<boolean> {
  return within(PATIENCE_MS, worker.terminate())
}

function within(patience: number, done: Promise<unknown>): Promise<boolean> {
  return Promise.race([done.then(() => true), setTimeout(patience, false, { ref: false })])
}

/** As if nobody handled it: the system ends the process, whatever its threads wait for. */
function endBy(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
}

const sizeOf = ({ isTTY, columns }: WriteStream): Terminal => ({ isTTY: isTTY === true, columns })
