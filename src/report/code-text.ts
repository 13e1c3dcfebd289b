/** Both versions of a function for a terminal: what differs, with a few rows around it. */

import type { Ink } from './ink.ts'
import type { Listing, RunReport } from './model.ts'
import { codeForm, FORM_WORDS } from './shown/code-form.ts'
import { type CodeCell, codeView } from './shown/code-rows.ts'

/** Rows that say the same and are shown beside one that differs. */
const AROUND = 2

export function codeText(listing: Listing, report: RunReport, ink: Ink): readonly string[] {
  const { rows, differing, sites } = codeView(listing, report)
  const marks = `- before, + after${sites === 0 ? '' : ', # embeds a line number'}`
  const head = `  instructions of ${listing.symbol}, of which ${differing} of ${rows.length} rows differ (${marks}):`
  const shown = new Set<number>()
  for (const [at, { differs, original }] of rows.entries()) {
    if (differs || original?.hasSite) for (let near = at - AROUND; near <= at + AROUND; near++) shown.add(near)
  }
  const form = FORM_WORDS[codeForm(listing)]
  const text: string[] = [head, ...(form === '' ? [] : [`  ${form}`])]
  let last = -1
  for (const [at, { original, patched, differs }] of rows.entries()) {
    if (!shown.has(at)) continue
    if (at !== last + 1) text.push('    …')
    last = at
    if (!differs && patched !== undefined) text.push(lineOf(' ', patched, ink))
    if (differs && original !== undefined) text.push(lineOf('-', original, ink))
    if (differs && patched !== undefined) text.push(lineOf('+', patched, ink))
  }
  if (last !== rows.length - 1) text.push('    …')
  return text
}

function lineOf(sign: ' ' | '-' | '+', { offset, segments, hasSite }: CodeCell, ink: Ink): string {
  const words = segments.map(({ text, kind, differs }) => {
    if (kind === 'line') return ink.faint(`  ${text}`)
    if (kind === 'site') return ink.warn(`  ${text}`)
    if (differs) return sign === '-' ? ink.bad(text) : ink.good(text)
    return kind === 'name' ? ink.strong(text) : text
  })
  return `    ${sign}${hasSite ? '#' : ' '} ${offset.toString(16).padStart(4)}  ${words.join('')}`
}
