/**
 * What the `hotsplice` command does first. What makes nothing but its output runs right here, and no signal is handled:
 * the system ends it at once. What has folders, programs, a target or a log to see to runs in a thread, and is asked to
 * stop.
 */
import { describe } from '../base/errors.ts'
import { exitCode } from './exit-code.ts'
import { streamError } from './stream-error.ts'
import { say } from './terminal.ts'

const QUICK = ['help', 'diff', 'explain', 'inspect', 'dump', 'sign', 'completion', 'man']

const args = process.argv.slice(2)
const command = args.find(arg => !arg.startsWith('-'))
const isQuick = command === undefined || QUICK.includes(command) || args.includes('--help') || args.includes('-h')

void listened(isQuick ? here() : apart())

async function here(): Promise<number> {
  const { run } = await import('./run.ts')
  return run(args, new AbortController().signal)
}

async function apart(): Promise<number> {
  const { supervise } = await import('./interrupt.ts')
  const module = new URL('./thread.cjs', import.meta.url)
  const failed = async (signal: AbortSignal) => (await import('./run.ts')).interruptedRun(args, signal)
  return supervise({ module, args, readsInput: command === 'translate', failed })
}

/** Sets the exit code, and sees to what goes wrong with standard output and error before and after. */
async function listened(code: Promise<number>): Promise<void> {
  let lost: number | undefined
  process.stdout.on('error', error => {
    // A reader that has seen enough (`| head`) is no failure.
    if (lost !== undefined || ('code' in error && error.code === 'EPIPE')) return
    lost = exitCode('bad-input')
    say(process.stderr, `error: ${describe(streamError('stdout', error.message))}\n`)
    // What went wrong besides counts more.
    process.exitCode ||= lost
  })
  // Where words to the user go nowhere, nobody can be told.
  process.stderr.on('error', () => undefined)
  const ended = await code
  process.exitCode = ended || (lost ?? 0)
}
