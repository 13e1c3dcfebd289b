/** Emphasis in text views. Plain text is the default; the command line brings colours where a terminal shows them. */
export interface Ink {
  /** What the eye should find first. */
  readonly strong: (text: string) => string
  readonly faint: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly warn: (text: string) => string
}

const asItIs = (text: string) => text

/**
 * No emphasis: the text as it is.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { PLAIN, readReport, summary } from 'hotsplice/report'
 *
 * const report = readReport(await readFile('fix.json', 'utf8'), 'fix.json')
 * const marked = { ...PLAIN, strong: (text: string) => `=${text}=` }
 * assert.match(summary(report, marked), /=in the payload/)
 * ```
 */
export const PLAIN: Ink = { strong: asItIs, faint: asItIs, good: asItIs, bad: asItIs, warn: asItIs }
