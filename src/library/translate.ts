import type { RunReport } from '../report/model.ts'
import type { Translation } from '../report/translate/model.ts'
import { VERSION } from '../system/version.ts'
import { choice, type FileInput, type OneOrMore, readBytes, several } from './inputs.ts'

/** The report of a payload's build, and what the running system calls the payload. */
export interface AppliedReport {
  readonly name: string
  readonly report: RunReport
}

/** What `translate` takes. */
export interface TranslateOptions {
  /** The log's text. */
  readonly log: string
  /**
   * The reports of the payloads that were applied, in that order; with a name, where the log calls the payload by one that
   * its report does not have.
   */
  readonly reports: OneOrMore<RunReport | AppliedReport>
  /**
   * Whose source you read: the patched one, or the one before every patch.
   *
   * @default 'patched'
   */
  readonly source?: 'patched' | 'original' | undefined
  /**
   * Put the right place where the log's own was, instead of behind it.
   *
   * @default false
   */
  readonly replace?: boolean | undefined
  /**
   * Nothing is applied until the log says so.
   *
   * @default false: all payloads are, from the start
   */
  readonly fromLog?: boolean | undefined
  /**
   * The running image with debug information, for places in code that was not replaced.
   *
   * @default none: those places stay as they are
   */
  readonly symbols?: FileInput | undefined
}

/** What `translate` gives. */
export interface TranslateResult {
  /** Everything in the log that names a place in a touched file, with what it means. */
  readonly report: Translation
  /** The log with the right places. */
  readonly log: string
  /** What its reader should know besides. */
  readonly notes: readonly string[]
}

/**
 * Puts the right lines into a log, given which payloads were applied. What could be one of several places is given as all
 * of them.
 *
 * @param options the log, and the reports of the builds
 * @returns the log with the right places, and each of them as data
 * @throws {InputError} for the report of a build that made no payload
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { build, translate } from 'hotsplice'
 *
 * const { report } = await build({ tree: 'demo', patch: 'fix.patch' })
 * const { log } = await translate({ log: 'file1.c:12: the account is overdrawn\n', reports: report })
 * assert.equal(log, 'file1.c:12 {=file1.c:14}: the account is overdrawn\n')
 * ```
 */
export async function translate(options: TranslateOptions): Promise<TranslateResult> {
  const source = choice('source', options.source, ['patched', 'original'])
  const { replace = false, fromLog = false, symbols } = options
  const reports = several(options.reports).map(given => ('report' in given ? given : { report: given }))
  const flow = await import('../flows/translate.ts')
  const running = symbols === undefined ? {} : { running: await runningOf(symbols) }
  const { translator, report } = flow.translate({ reports, source, replace, fromLog, version: VERSION, ...running })
  // One character a byte, as everywhere that names of files are compared.
  const lines = Buffer.from(options.log, 'utf8').toString('latin1').split('\n')
  const last = lines.at(-1) === '' ? lines.pop() : undefined
  const translated = [...lines.flatMap(line => translator.push(line)), ...translator.end()]
  const text = [...translated, ...(last === undefined ? [] : [last])].join('\n')
  return {
    report: report(),
    log: Buffer.from(text, 'latin1').toString('utf8'),
    notes: translator.takeNotes(),
  }
}

async function runningOf(symbols: FileInput) {
  const { runningLines } = await import('../dwarf/function-lines.ts')
  return runningLines(await readBytes(symbols, 'the image'))
}
