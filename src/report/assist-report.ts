/** The report of `hotsplice assist`, as plain data, and its text. */
import type { Refusal } from '../base/refusal.ts'

/** The JSON of `hotsplice assist`. */
export interface AssistReport {
  readonly schema: 1
  readonly command: 'assist'
  /** Of hotsplice. */
  readonly version: string
  /** `refused`: none of the refusals has a way out that can be written. */
  readonly outcome: 'written' | 'nothing-to-do' | 'refused'
  /** Each refusal that the source takes care of. */
  readonly ways: readonly WayOut[]
  /** What stays refused. */
  readonly remaining: readonly Refusal[]
  /** What has no way out that could be written, though others of its kind have, and why. */
  readonly unwritten: readonly Unwritten[]
  /** Lines of the source that do not compile until somebody has filled them in. */
  readonly fill: readonly LineToFill[]
  /** `FILE@UNIT`, for `build --with`; null where nothing was written. */
  readonly with: string | null
  /** What the build takes besides, upon the patch; null where the patch can stay as it is. */
  readonly patch: PatchUpon | null
  /** The source, read as UTF-8; empty where nothing was written. */
  readonly source: string
}

/** What the source does about a refusal. */
export interface WayOut {
  /** Of the refusal. */
  readonly code: string
  readonly unit: string
  readonly symbol: string
  readonly text: string
}

/** What nothing was written for. */
export interface Unwritten {
  /** Empty where it is about all that was written. */
  readonly symbol: string
  readonly why: string
}

/** A patch that comes upon the user's own. */
export interface PatchUpon {
  /** What it will be called: beside the source. */
  readonly file: string
  /** Read as UTF-8. */
  readonly text: string
}

/** A line for a person to fill in. */
export interface LineToFill {
  readonly line: number
  readonly text: string
}

export function assistText(report: AssistReport, file: string): string {
  const { outcome, ways, remaining, unwritten, fill, with: own, patch } = report
  if (outcome === 'nothing-to-do')
    return 'nothing of the patch is refused: hotsplice build makes a payload of it, or says that it changes no code'
  const rest = [
    ...unwritten.map(({ symbol, why }) => `nothing is written for ${symbol === '' ? 'all of it' : symbol}: ${why}`),
    ...(remaining.length === 0 ? [] : ['', `refused all the same: ${remaining.length}`]),
    ...remaining.map(({ code, unit, text, hint }) => `  ${unit}: ${text} [${code}]\n    way out: ${hint}`),
  ]
  if (outcome === 'refused')
    return ['there is nothing to write: no refusal has a way out that a source could be', ...rest].join('\n')
  return [
    ...ways.map(({ unit, text }) => `${unit}: ${text}`),
    '',
    ...(fill.length === 0 ? [] : ['to fill in:', ...fill.map(({ line, text }) => `  ${file}:${line}: ${text}`)]),
    `then: hotsplice build …${patch === null ? '' : ` --patch ${patch.file}`} --with ${own}`,
    ...rest,
  ].join('\n')
}
