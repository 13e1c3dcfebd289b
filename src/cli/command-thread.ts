/**
 * The command's side of the two threads of a process, and what it says to the other (interrupt.ts).
 */
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import type { MessagePort } from 'node:worker_threads'
import { InputError } from '../base/errors.ts'
import { exitCode } from './exit-code.ts'
import { type StreamName, streamError } from './stream-error.ts'

/** A thread that waits for the system (a pipe that nobody writes to) cannot be stopped within this. */
export const PATIENCE_MS = 500

/** What the main thread has to tell a command: that it is to stop, or that one of the streams has failed. */
export type Message = 'stop' | { readonly stream: StreamName; readonly code: string | undefined; readonly text: string }

export interface Terminal {
  readonly isTTY: boolean
  readonly columns: number | undefined
}

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

/** Ends when all that was said until now has gone out, or never will. */
export async function allWritten(): Promise<void> {
  const written = (output: NodeJS.WriteStream) => new Promise(resolve => output.write('', resolve))
  await Promise.all([written(process.stdout), written(process.stderr)])
}

export const interruption = () => new InputError('cli/interrupted', 'interrupted before it was done')
