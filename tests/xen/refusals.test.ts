/** What cannot become a payload is refused with its code and a way out; what changes no code is nothing to do. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { idleCases, refusedCases } from './cases/refused.ts'
import { type Built, buildPayload } from './command.ts'
import { type Edit, patchText } from './edits.ts'
import { type Configuration, missingFor, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen)

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-refused-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function build(edits: readonly Edit[], tree: Configuration = 'release'): Promise<Built> {
  const patch = join(folder, 'fix.patch')
  writeFileSync(patch, patchText(xenTree('source'), edits), 'latin1')
  return await buildPayload({ tree: xenTree(tree), patch, folder })
}

describe.skipIf(missing !== '')(`refused ${missing}`, () => {
  test.for([...refusedCases])('$name', async ({ edits, tree, refusals }) => {
    const { status, report, payload, stdout } = await build(edits, tree)
    const said = report.refusals.map(({ code, unit, symbol }) => `${code} ${unit} ${symbol}`).sort()
    expect({ said, outcome: report.outcome }).toEqual({
      said: [...refusals].sort().map(start => expect.stringMatching(new RegExp(`^${escaped(start)}([ .]|$)`))),
      outcome: 'refused',
    })
    expect(status).toBe(2)
    expect(payload).toBeUndefined()
    expect(readdirSync(folder).sort()).toEqual(['fix.json', 'fix.patch'])
    for (const { code, text, hint } of report.refusals) {
      expect(text).not.toBe('')
      expect(hint).not.toBe('')
      expect(stdout).toContain(code)
      expect(stdout).toContain(hint)
    }
  })
})

describe.skipIf(missing !== '')(`nothing to do ${missing}`, () => {
  test.for([...idleCases])('$name', async ({ edits }) => {
    const { status, report, payload } = await build(edits)
    expect(report).toMatchObject({ outcome: 'nothing-to-do', functions: [], data: [], refusals: [] })
    expect(status).toBe(3)
    expect(payload).toBeUndefined()
  })
})

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
