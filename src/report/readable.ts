/** A report whose names may be shown, and those of its texts and code too. */
import { shownText, withShownNames } from '../base/printable.ts'
import type { RunReport } from './model.ts'

/** Characters that turn the order of others around, or stand nowhere, are spelled out; lines of patches stay lines. */
export function readable(report: RunReport): RunReport {
  const { details, ...rest } = report
  const shown = { ...withShownNames(rest), details: null }
  if (details === null) return shown
  const { patches, neutral, ...others } = details
  return {
    ...shown,
    details: {
      ...withShownNames(others),
      patches: patches.map(shownText),
      neutral: neutral === null ? null : shownText(neutral),
    },
  }
}
