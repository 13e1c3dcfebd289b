/** Verdicts in words. The codes are data, asserted by tests; this file is the only place that turns them into text. */
import type { Reason } from '../base/refusal.ts'
import type { Difference, Verdict } from '../compare/model.ts'

/** The reason behind a verdict, with the first difference's place and values. */
export function verdictReason(verdict: Verdict): Reason {
  switch (verdict.kind) {
    case 'same':
      return { code: 'same', text: 'the code, what it reaches and its special entries are the same' }
    case 'line-only': {
      const places = verdict.sites === 1 ? 'place' : 'places'
      return { code: 'line-only', text: `only embedded line numbers differ, at ${verdict.sites} ${places}` }
    }
    case 'new':
      return { code: 'new', text: 'it is not in the original object' }
    case 'gone':
      return { code: 'gone', text: 'it is no longer in the patched object' }
    case 'changed':
      return { code: differenceCode(verdict.because), text: differenceText(verdict.because) }
  }
}

function differenceCode(difference: Difference): string {
  switch (difference.what) {
    case 'entry':
      return difference.difference.what === 'line' ? 'line-number' : 'special-entry'
    case 'part':
      return typeof difference.difference === 'object' && difference.difference.what === 'line' ? 'line-number' : 'part'
    case 'line':
      return 'line-number'
    case 'callee':
      return 'promoted-caller'
    default:
      return difference.what
  }
}

/** What differs, with place and values. */
export function differenceText(difference: Difference): string {
  switch (difference.what) {
    case 'size':
      return `its size went from ${difference.original} to ${difference.patched} bytes`
    case 'byte':
      return `byte ${hex(difference.offset)} went from ${hex(difference.original)} to ${hex(difference.patched)}`
    case 'relocation':
      return `the relocation at ${hex(difference.offset)} differs: ${difference.text}`
    case 'reaches':
      return reachesText(difference)
    case 'line':
      return `a source line number at ${hex(difference.offset)} of its entry in ${difference.section} differs`
    case 'entry-count':
      return `it has ${difference.patched} entries in ${difference.section} where it had ${difference.original}`
    case 'entry':
      return `entry ${difference.index} of its entries in ${difference.section}: ${differenceText(difference.difference)}`
    case 'part':
      return typeof difference.difference === 'object'
        ? `its part ${difference.name}: ${differenceText(difference.difference)}`
        : `its part ${difference.name} is ${difference.difference}`
    case 'section':
      return `it moved from section ${difference.original} to ${difference.patched}`
    case 'place':
      return `it went from ${hex(difference.original)} to ${hex(difference.patched)} of ${difference.section}, where the order counts`
    case 'disagreement':
      return `two modes of line numbers disagree: neutral says ${verdictText(difference.neutral)}, mask says ${verdictText(difference.mask)}`
    case 'more-than-lines':
      return `more than a line number: the original with the patched source’s line numbers is ${verdictText(difference.verdict)} against it`
    case 'moved':
      return `it moved here from ${difference.from}`
    case 'callee':
      return `its own code is the same, and it calls ${difference.name}, which changed and is not replaced itself (${difference.why}): it is, so that it calls the new one`
    case 'alignment':
      return `its alignment went from ${difference.original} to ${difference.patched}`
  }
}

function reachesText({ offset, original, patched, within }: Extract<Difference, { what: 'reaches' }>): string {
  if (original !== patched) return `at ${hex(offset)} it reaches ${patched} where it reached ${original}`
  // One name on both sides: what differs is the content, or which of several things of that name it is.
  return within === undefined
    ? `at ${hex(offset)} it reaches another ${patched} than before`
    : `at ${hex(offset)} it reaches ${patched}, which is not the same: ${differenceText(within)}`
}

function verdictText(verdict: Verdict): string {
  return verdict.kind === 'changed' ? `changed (${differenceText(verdict.because)})` : verdict.kind
}

function hex(value: number): string {
  return `0x${value.toString(16)}`
}
