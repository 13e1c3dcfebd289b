/** `hotsplice translate`: a log read with the reports of the payloads that were applied while it was written. */
import { basename } from 'node:path'
import { InputError } from '../base/errors.ts'
import { moduleNameFor } from '../loaders/linux/module-name.ts'
import type { RunReport } from '../report/model.ts'
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
