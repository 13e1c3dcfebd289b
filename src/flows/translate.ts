/** `hotsplice translate`: a log read with the reports of the payloads that were applied while it was written. */
import { basename } from 'node:path'
import { InputError } from '../base/errors.ts'
import { moduleNameFor } from '../loaders/linux/module-name.ts'
import type { RunReport } from '../report/model.ts'
import { UNREAD_LOGS } from '../report/translate/events.ts'
import type { CodeLookup, Layer, Translation } from '../report/translate/model.ts'
import { type TranslateOptions, Translator } from '../report/translate/translator.ts'

/** The report of a payload that was applied. */
export interface AppliedReport {
  /** The payload's name on the host; that of its file unless given. */
  readonly name?: string
  /** Where the report is from; unless given, it goes by its payload's file. */
  readonly file?: string
  readonly report: RunReport
  readonly debug?: CodeLookup | undefined
}

export interface TranslateRequest extends TranslateOptions {
  /** In the order in which they were applied. */
  readonly reports: readonly AppliedReport[]
  /** Of hotsplice. */
  readonly version: string
}

export interface OpenTranslation {
  /** Takes the log line by line. */
  readonly translator: Translator
  /** What it found so far. */
  readonly report: () => Translation
}

/** Throws `InputError` for the report of a run without a payload. */
export function translate({ reports, version, ...options }: TranslateRequest): OpenTranslation {
  if (options.fromLog) for (const { report } of reports) refuseUntold(report)
  const layers = reports.map(layerOf)
  const translator = new Translator(layers, options)
  const payloads = layers.map(({ name, report }, at) => ({
    name,
    report: reports[at]?.file ?? report.payload?.file ?? '',
    buildId: report.payload?.buildId ?? null,
  }))
  const head = { schema: 1, command: 'translate', version, outcome: 'done', source: options.source } as const
  return { translator, report: () => ({ ...head, payloads, references: translator.references }) }
}

/** A log whose messages nobody here knows would leave every payload unapplied, and each line as that of the original. */
function refuseUntold({ target }: RunReport): void {
  if (target === null || !UNREAD_LOGS.has(target.name)) return
  throw new InputError(
    'translate/untold-log',
    `--from-log: which messages of ${target.name} say that a payload was applied or taken back is not known here`,
    'cut the log to the time in which all of these payloads were applied, and leave the option out',
  )
}

function layerOf({ name, file, report, debug }: AppliedReport): Layer {
  const { payload, command, outcome } = report
  if (payload === null) {
    const which = file === undefined ? '' : `${file} is `
    throw new InputError(
      'translate/no-payload',
      `${which}the report of a ${command} whose outcome is ${outcome}: there was no payload to apply`,
      'give the reports of `hotsplice build --json FILE` for the payloads that were applied',
    )
  }
  return { name: name ?? nameOnHost(payload.file), report, debug }
}

function nameOnHost(file: string): string {
  return file.endsWith('.ko') ? moduleNameFor(file) : basename(file).replace(/\.livepatch$/, '')
}
