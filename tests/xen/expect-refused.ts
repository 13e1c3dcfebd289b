import { expect } from 'vitest'
import type { Built } from './command.ts'

/** A run that ended with these refusals and no others, each told with its way out, and without a payload. */
export function expectRefused({ status, report, payload, stdout }: Built, refusals: readonly string[]): void {
  const said = report.refusals.map(({ code, unit, symbol }) => `${code} ${unit} ${symbol}`).sort()
  expect({ said, outcome: report.outcome }).toEqual({
    said: [...refusals].sort().map(start => expect.stringMatching(new RegExp(`^${escaped(start)}([ .]|$)`))),
    outcome: 'refused',
  })
  expect(status).toBe(2)
  expect(payload).toBeUndefined()
  for (const { code, text, hint } of report.refusals) {
    expect(text).not.toBe('')
    expect(hint).not.toBe('')
    expect(stdout).toContain(code)
    expect(stdout).toContain(hint)
  }
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
