/**
 * What `xen-livepatch` prints, as data. Facts of its form, from Xen 4.17's own tool: a head of two lines, then rows
 * `name (padded to 40) | STATE`, with `(number, words)` where the last result was no success, then `    | metadata`.
 */
import { InputError } from '../../base/errors.ts'
import type { ListedPayload, PayloadState } from '../host.ts'

const ROW = /^(.*?) *\| (CHECKED|APPLIED|unknown)(?: \((\d+), [^|]*\))? *\| ?(.*)$/
const NOTHING = 'Nothing to list'

export function parseList(text: string): readonly ListedPayload[] {
  const lines = text.split('\n').filter(line => line.trim() !== '')
  if (lines[0]?.trim() === NOTHING || lines.length === 0) return []
  const head = lines.findIndex(line => /^-+\+-+\+-+$/.test(line.trim()))
  if (head === -1) throw odd(lines[0] ?? '')
  return lines.slice(head + 1).map(line => {
    const [, name, state, code, metadata] = ROW.exec(line) ?? []
    if (name === undefined || state === undefined) throw odd(line)
    return {
      name,
      state: stateOf(state),
      rc: code === undefined ? 0 : -Number(code),
      metadata: (metadata ?? '').trim(),
    }
  })
}

function stateOf(word: string): PayloadState {
  return word === 'CHECKED' || word === 'APPLIED' ? word : 'unknown (0)'
}

const odd = (line: string) =>
  new InputError(
    'xen/odd-answer',
    `xen-livepatch printed something unexpected: ${JSON.stringify(line.slice(0, 80))}`,
    'is it the tool of Xen 4.17 or later, in the C locale?',
  )

/** The errno in what it prints when an operation fails: `Error 22: Invalid argument`. */
export function parseFailure(text: string): number | undefined {
  const number = /^Error (\d+):/m.exec(text)?.[1]
  return number === undefined ? undefined : -Number(number)
}
