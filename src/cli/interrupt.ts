/**
 * Signals are heard while a command computes: it runs in a thread of its own, and this one does nothing but listen.
 *
 * The first signal asks the command to stop and tidy up. One that does not hear it, because it computes without a pause,
 * is stopped where it stands; what it had made is taken away by the undertaker (system/undertaker.ts), and the JSON that
 * was asked for is written here. The second signal ends the process at once.
 */
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
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
  /** Whether the command reads standard input as it comes: a thread that reads it itself could not be stopped. */
  readonly readsInput: boolean
  /** Says and writes what an interrupted command has to; for one that no longer can. */
  readonly failed: (signal: AbortSignal) => Promise<number>
}

type StreamName = 'stdin' | 'stdout' | 'stderr'

/** What the main thread has to tell a command: that it is to stop, or that one of the streams has failed. */
type Message = 'stop' | { readonly stream: StreamName; readonly code: string | undefined; readonly text: string }

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

/** Ends when all that was said until now has gone out, or never will. */
async function allWritten(): Promise<void> {
  const written = (output: NodeJS.WriteStream) => new Promise(resolve => output.write('', resolve))
  await Promise.all([written(process.stdout), written(process.stderr)])
}

function within(patience: number, done: Promise<unknown>): Promise<boolean> {
  return Promise.race([done.then(() => true), setTimeout(patience, false, { ref: false })])
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

/**
 * What the thread of a command does: `run` gets a signal that aborts when the process is asked to stop. The thread ends
 * when `run` does, whatever it has left open: its end of standard input would keep it for as long as the other lives.
 */
export async function commandThread(
  port: MessagePort,
  terminal: Readonly<Record<'stdout' | 'stderr', Terminal>>,
  run: (signal: AbortSignal) => Promise<number>,
): Promise<void> {
  const controller = new AbortController()
  port.on('message', (message: Message) => {
    if (message !== 'stop') return failStream(message)
    port.postMessage('heard')
    controller.abort(interruption())
  })
  port.unref()
  Object.assign(process.stdout, terminal.stdout)
  Object.assign(process.stderr, terminal.stderr)
  for (const stream of [process.stdin, process.stdout, process.stderr]) stream.on('error', () => undefined)
  const code = await run(controller.signal)
  const isWritten = await Promise.race([allWritten().then(() => true), noMorePatience(controller.signal)])
  process.exit(isWritten ? code : exitCode('interrupted'))
}

/** For a reader that does not read there is time without end, until the command is to stop. */
async function noMorePatience(signal: AbortSignal): Promise<false> {
  if (!signal.aborted) await once(signal, 'abort')
  await setTimeout(PATIENCE_MS)
  return false
}

/** A stream of the process that has failed fails here too. */
function failStream({ stream, code, text }: Exclude<Message, 'stop'>): void {
  process[stream].destroy(
    code === 'EPIPE' ? Object.assign(new Error('nobody reads what is written'), { code }) : streamError(stream, text),
  )
}

/** What is wrong with a standard stream, in words. */
export function streamError(stream: StreamName, reason: string): InputError {
  if (stream === 'stdin') return new InputError('cli/cannot-read', `standard input cannot be read: ${reason}`)
  const name = stream === 'stdout' ? 'output' : 'error'
  return new InputError('cli/cannot-write', `standard ${name} cannot be written: ${reason}`)
}
