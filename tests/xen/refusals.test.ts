/** What cannot become a payload is refused with its code and a way out; what changes no code is nothing to do. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sampled } from '../support/sampled.ts'
import { idleCases, refusedCases } from './cases/refused.ts'
import { type Built, buildPayload } from './command.ts'
import { type Edit, patchText } from './edits.ts'
import { expectRefused } from './expect-refused.ts'
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
  test.for([...sampled(refusedCases)])('$name', async ({ edits, tree, refusals }) => {
    expectRefused(await build(edits, tree), refusals)
    expect(readdirSync(folder).sort()).toEqual(['fix.json', 'fix.patch'])
  })
})

describe.skipIf(missing !== '')(`nothing to do ${missing}`, () => {
  test.for([...sampled(idleCases)])('$name', async ({ edits }) => {
    const { status, report, payload } = await build(edits)
    expect(report).toMatchObject({ outcome: 'nothing-to-do', functions: [], data: [], refusals: [] })
    expect(status).toBe(3)
    expect(payload).toBeUndefined()
  })
})
