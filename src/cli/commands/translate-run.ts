/** What `hotsplice translate` does: reads reports, then the log as it comes, and writes each line as soon as it can. */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { Writable } from 'node:stream'
import { during, InputError } from '../../base/errors.ts'
import { shownName } from '../../base/printable.ts'
import { objectLines, type RunningLines, runningLines } from '../../dwarf/function-lines.ts'
import { type AppliedReport, translate } from '../../flows/translate.ts'
import { readDebugFile } from '../../loaders/debug-file.ts'
import { readReport } from '../../report/schema.ts'
import type { CodeLookup, Source } from '../../report/translate/model.ts'
import type { Translator } from '../../report/translate/translator.ts'
import type { Finished } from '../attempt.ts'
import { checkOutputs } from '../console.ts'
import { readInput, readText, STANDARD } from '../files.ts'
import { deliver, say } from '../terminal.ts'
import { VERSION } from '../version.ts'

export interface TranslateRequest {
  readonly reports: readonly string[]
  readonly source: Source
  readonly replace: boolean
  readonly fromLog: boolean
  readonly symbols?: string
  readonly debugFiles: readonly string[]
  readonly json?: string
  /** Whether the log is wanted beside JSON. */
  readonly isVerbose: boolean
}

const FILES = 'give reports and symbols as files'

/** Milliseconds without a new line after which lines that wait for more are written as they are. */
const PAUSE = 500

export async function runTranslate(
  request: TranslateRequest,
  input: NodeJS.ReadStream,
  signal: AbortSignal,
): Promise<Finished> {
  const { source, replace, fromLog, json } = request
  const named = request.reports.map(namedReport)
  const files = [
    ...named.map(({ file }) => file),
    ...request.debugFiles,
    ...(request.symbols === undefined ? [] : [request.symbols]),
  ]
  if (files.includes(STANDARD))
    throw new InputError('cli/usage', 'standard input is the log, and nothing besides', FILES)
  checkOutputs(files, [json])
  const reports = withDebugFiles(
    named.map(({ name, file }) => ({
      ...(name === undefined ? {} : { name }),
      file,
      report: readReport(readText(file, 'the report', 'utf8'), file),
    })),
    request.debugFiles,
  )
  const running = request.symbols === undefined ? {} : { running: lazily(request.symbols) }
  const { translator, report } = translate({ reports, source, replace, fromLog, version: VERSION, ...running })
  const beside = request.isVerbose ? process.stderr : nowhere()
  await copy(translator, input, { output: json === STANDARD ? beside : process.stdout, signal })
  return { ending: 'done', text: '', ...(json === undefined ? {} : { json: report() }) }
}

const nowhere = () => new Writable({ write: (_chunk, _encoding, written) => written() })

/** Each report with the debug file of its payload; one of no payload here is told. */
function withDebugFiles(reports: readonly AppliedReport[], files: readonly string[]): readonly AppliedReport[] {
  const lookups = new Map<string, CodeLookup>()
  for (const file of files) {
    const { buildId, elf } = readDebugFile(readInput(file, 'the debug file'), file)
    if (!reports.some(({ report }) => report.payload?.buildId === buildId)) {
      throw new InputError(
        'debug/other-payload',
        `${file} is of build-id ${buildId}, which none of the reports has`,
        'give the report of the same build',
      )
    }
    lookups.set(buildId, objectLines(elf))
  }
  return reports.map(one => {
    const debug = lookups.get(one.report.payload?.buildId ?? '')
    return debug === undefined ? one : { ...one, debug }
  })
}

/** The image is large: it is read when the first place in code comes. */
function lazily(file: string): RunningLines {
  const read = () => during(`reading ${file}`, () => runningLines(readInput(file, 'the image')))
  let lines: RunningLines | undefined
  return (name, offset) => {
    lines ??= read()
    return lines(name, offset)
  }
}

interface NamedReport {
  readonly name: string | undefined
  readonly file: string
}

/** `NAME=FILE`, unless there is a file of that whole name. */
function namedReport(argument: string): NamedReport {
  const equals = argument.indexOf('=')
  if (equals < 1 || existsSync(argument)) return { name: undefined, file: argument }
  return { name: argument.slice(0, equals), file: argument.slice(equals + 1) }
}

interface Copy {
  readonly output: NodeJS.WriteStream | Writable
  readonly signal: AbortSignal
}

/** Bytes that are no text stay as they are: one character a byte, in and out. */
async function copy(translator: Translator, input: NodeJS.ReadStream, { output, signal }: Copy): Promise<void> {
  input.setEncoding('latin1')
  const write = async (lines: readonly string[], end: string) => {
    for (const note of translator.takeNotes()) say(process.stderr, `note: ${shownName(note)}\n`)
    const text = lines.map(line => line + end).join('')
    if (text !== '' && !deliver(output, Buffer.from(text, 'latin1'))) await drained(output, signal)
  }
  let pause: NodeJS.Timeout | undefined
  // The log may go on without end, or without a word, when nobody wants it any more.
  const stop = (error: unknown) => input.destroy(error instanceof Error ? error : undefined)
  signal.addEventListener('abort', stop, { once: true })
  output.once('error', stop)
  // A line may come in many chunks.
  let rest: string[] = []
  try {
    for await (const chunk of input) {
      clearTimeout(pause)
      const [first = '', ...others] = String(chunk).split('\n')
      rest.push(first)
      const lines = others.length === 0 ? [] : [rest.join(''), ...others.slice(0, -1)]
      if (others.length > 0) rest = others.slice(-1)
      await write(
        lines.flatMap(line => translator.push(line)),
        '\n',
      )
      pause = setTimeout(() => void write(translator.end(), '\n').catch(stop), PAUSE)
    }
    clearTimeout(pause)
    const last = rest.join('')
    const all = [...(last === '' ? [] : translator.push(last)), ...translator.end()]
    await write(last === '' ? all : all.slice(0, -1), '\n')
    if (last !== '') await write(all.slice(-1), '')
  } catch (error) {
    if (!isClosed(error) && !signal.aborted) throw error
  } finally {
    clearTimeout(pause)
    signal.removeEventListener('abort', stop)
    output.removeListener('error', stop)
  }
}

/** Waits until more may be written. An output that has failed already says so no second time, and drains never. */
async function drained(output: Copy['output'], signal: AbortSignal): Promise<void> {
  if (output.errored !== null) throw output.errored
  await once(output, 'drain', { signal })
}

/** The reader of our output has seen enough (`| head`). */
const isClosed = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'EPIPE'
