/**
 * Runs what a command does, and sees to its end whatever happens: the JSON that was asked for is written also when the
 * command failed, errors become words, and what the command had already written is taken back where its JSON cannot be.
 */
import { describe, InputError } from '../base/errors.ts'
import { failureReport, reportedError } from '../report/error-report.ts'
import type { ReportedError } from '../report/model.ts'
import type { Host } from './command-host.ts'
import { type Console, openConsole } from './console.ts'
import type { Ending } from './exit-code.ts'
import { isFreeForJson, STANDARD } from './files.ts'
import { fullPlaces } from './full-places.ts'
import { VERSION } from './version.ts'

/** What a command that came to its end has to say. */
export interface Finished {
  readonly ending: Ending
  /** Empty where everything was said already. */
  readonly text: string
  readonly json?: unknown
  /** Writes what else was asked for. */
  readonly also?: () => void
  /** Takes back what was written. */
  readonly undo?: () => void
}

export interface Task {
  /** What `--json` was given. */
  readonly json?: string | undefined
  /** Decides which form the JSON of a failed run has. */
  readonly command: string | undefined
  readonly host: Pick<Host, 'signal' | 'isVerbose'>
  readonly work: (console: Console) => Finished | Promise<Finished>
  /** Writes what else was asked for where the work failed. */
  readonly failed?: (error: ReportedError, ending: Ending) => Promise<void>
}

export async function attempt(task: Task): Promise<Ending> {
  const { signal } = task.host
  const console = openConsole(task.json, task.host.isVerbose)
  try {
    const finished = await task.work(console)
    console.progress.end()
    if (signal.aborted) {
      finished.undo?.()
      throw signal.reason
    }
    writeJson(console, finished)
    if (finished.text !== '') console.result(finished.text)
    return finished.ending
  } catch (error) {
    console.progress.end()
    return await failedWith(task, console, signal.aborted ? signal.reason : error)
  }
}

function writeJson(console: Console, { json, also, undo }: Finished): void {
  try {
    if (json !== undefined) console.json(json)
    also?.()
  } catch (error) {
    undo?.()
    throw error
  }
}

async function failedWith(task: Task, console: Console, error: unknown): Promise<Ending> {
  const plain = reportedError(error)
  const reported = { ...plain, text: plain.text + fullPlaces(error) }
  const ending = task.host.signal.aborted ? 'interrupted' : isOurs(reported) ? 'internal' : 'bad-input'
  try {
    // What was wrong may be just that: the file is one of the inputs, be it that it holds JSON itself.
    const isSurelyFree = (file: string) => plain.code !== 'cli/same-file' && isFreeForJson(file)
    if (task.json === undefined || task.json === STANDARD || isSurelyFree(task.json)) {
      console.json(failureReport(task.command, VERSION, reported))
    }
    await task.failed?.(reported, ending)
  } catch (second) {
    // The first failure is what matters; where it was the JSON's own, it is told once.
    if (!(second instanceof InputError)) throw second
    if (second.message !== reported.text) console.trouble(describe(second))
  }
  // What fails of standard output is told where it is heard of (main.ts).
  if (error !== process.stdout.errored) {
    console.trouble(ending === 'interrupted' ? 'interrupted' : failureWords(error, reported, console))
  }
  return ending
}

const isOurs = ({ code }: ReportedError) => code === 'internal/bug'

function failureWords(error: unknown, reported: ReportedError, { ink }: Console): string {
  if (error instanceof InputError) return `${ink.bad('error:')} ${describe(error)}`
  if (!isOurs(reported)) {
    const hint = reported.hint === null ? '' : `\n  hint: ${reported.hint}`
    return `${ink.bad('error:')} ${reported.text} [${reported.code}]${hint}`
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return [
    `${ink.bad('internal error:')} ${reported.text}`,
    '  This is a bug in hotsplice; please report it, with the command line, the input where you may share it, and what',
    '  follows.',
    `  hotsplice ${VERSION}, Node ${process.version}, ${process.platform} ${process.arch}`,
    trace.replace(/^/gm, '  '),
  ].join('\n')
}
