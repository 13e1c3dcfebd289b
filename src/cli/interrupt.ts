/**
 * Signals are heard while a command computes: it runs in a thread of its own, and this one does nothing but listen.
 *
 * The first signal asks the command to stop and tidy up. One that does not hear it, because it computes without a pause,
 * is stopped where it stands; what it had made is taken away by the undertaker (system/undertaker.ts), and the JSON that
 * was asked for is written here. The second signal ends the process at once.
 */
import type { WriteStream } from 'node:tty'
import { type MessagePort, Worker } from 'node:worker_threads'
import { InputError } from '../base/errors.ts'
import { exitCode } from './exit-code.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** How often a command that is to stop is asked whether it hears. */
const ASKING_MS = 100
/** After so many questions without an answer it does not. */
const MOST_QUESTIONS = 20
/** A thread that waits for the system (a pipe that nobody writes to) cannot be stopped within this. */
const PATIENCE_MS = 500

export interface Supervised {
  /** The module that calls `commandThread`. */
  readonly module: URL
  readonly args: readonly string[]
  /** Whether the command reads standard input as it comes. */
  readonly readsInput: boolean
  /** Says and writes what an interrupted command has to; for one that no longer can. */
  readonly failed: (signal: AbortSignal) => Promise<number>
}

/** Runs the command in a thread, and returns its exit code. */
export function supervise({ module, args, readsInput, failed }: Supervised): Promise<number> {
  const terminal = { stdout: sizeOf(process.stdout), stderr: sizeOf(process.stderr) }
  const worker = new Worker(module, { argv: [...args], stdin: readsInput, workerData: terminal })
  if (readsInput && worker.stdin !== null) process.stdin.on('error', () => undefined).pipe(worker.stdin)
  // A reader that has seen enough: the command must know, or it would write for ever.
  process.stdout.on('error', error => worker.postMessage({ closed: 'code' in error ? error.code : undefined }))
  return new Promise((resolve, reject) => {
    let questions = 0
    let asking: NodeJS.Timeout | undefined
    let isOver = false
    const end = (code: number) => {
      isOver = true
      clearInterval(asking)
      if (readsInput) process.stdin.destroy()
      resolve(code)
    }
    const force = async (signal: NodeJS.Signals) => {
      isOver = true
      clearInterval(asking)
      if (!(await isStopped(worker))) return endBy(signal)
      const controller = new AbortController()
      controller.abort(interruption())
      end(await failed(controller.signal))
    }
    const stop = (signal: NodeJS.Signals) => {
      if (isOver) return
      if (asking !== undefined) return void endAtOnce(worker, signal)
      const ask = () => {
        if (questions++ < MOST_QUESTIONS) worker.postMessage('stop')
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
      if (!isOver) end(code)
    })
  })
}

async function endAtOnce(worker: Worker, signal: NodeJS.Signals): Promise<void> {
  if (await isStopped(worker)) process.exit(exitCode('interrupted'))
  endBy(signal)
}

function isStopped(worker: Worker): Promise<boolean> {
  const late = new Promise<false>(resolve => setTimeout(() => resolve(false), PATIENCE_MS))
  return Promise.race([worker.terminate().then(() => true), late])
}

/** As if nobody handled it: the system ends the process, whatever its threads wait for. */
function endBy(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
}

const interruption = () => new InputError('cli/interrupted', 'interrupted before it was done')

interface Terminal {
  readonly isTTY: boolean
  readonly columns: number | undefined
}

const sizeOf = ({ isTTY, columns }: WriteStream): Terminal => ({ isTTY: isTTY === true, columns })

/** What the thread of a command does: `run` gets a signal that aborts when the process is asked to stop. */
export async function commandThread(
  port: MessagePort,
  terminal: Readonly<Record<'stdout' | 'stderr', Terminal>>,
  run: (signal: AbortSignal) => Promise<number>,
): Promise<void> {
  const controller = new AbortController()
  port.on('message', (message: 'stop' | { readonly closed: string | undefined }) => {
    if (message !== 'stop') {
      process.stdout.destroy(Object.assign(new Error('nobody reads what is written'), { code: message.closed }))
      return
    }
    port.postMessage('heard')
    controller.abort(interruption())
  })
  port.unref()
  Object.assign(process.stdout, terminal.stdout)
  Object.assign(process.stderr, terminal.stderr)
  process.stdout.on('error', () => undefined)
  process.exitCode = await run(controller.signal)
}
