/** An entry that a table of the linker gains, loses or has elsewhere is refused: nothing walks these tables again. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { linkerSetCases } from './cases/linker-sets.ts'
import { buildPayload } from './command.ts'
import { patchText } from './edits.ts'
import { expectRefused } from './expect-refused.ts'
import { missingFor, toBuildArm64Xen, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen)
const arm64 = missingFor(...toBuildArm64Xen)

describe.skipIf(missing !== '')(`tables that the linker gathers ${missing || arm64}`, () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-sets-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test.for(linkerSetCases.filter(({ tree }) => tree === undefined || arm64 === ''))('$name', async one => {
    const { edits, refusals, tree = 'release' } = one
    const patch = join(folder, 'fix.patch')
    writeFileSync(patch, patchText(xenTree('source'), edits), 'latin1')
    expectRefused(await buildPayload({ tree: xenTree(tree), patch, folder }), refusals)
  })
})
