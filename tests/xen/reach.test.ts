/** Units that are left out of drawn edits of Xen's headers: gcc makes the same object of both texts (scripts/reach.ts). */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { quiet, type Tree } from '../../src/trees/index.ts'
import { openTree } from '../support/opened.ts'
import { reachCase } from '../support/reach-edits.ts'
import { sampled } from '../support/sampled.ts'
import { missingFor, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen)
/** Of seed 1: bodies, numbers, attributes and comments in headers that few or nearly all units read. */
const NUMBERS = [5, 14, 20, 18, 27, 15]

describe.skipIf(missing !== '')(`drawn edits of headers ${missing}`, () => {
  let cacheFolder = ''
  let tree: Tree
  beforeAll(async () => {
    cacheFolder = mkdtempSync(join(tmpdir(), 'hotsplice-reach-'))
    tree = await openTree({
      tree: xenTree('release'),
      target: 'xen',
      cacheFolder,
      jobs: 2,
      progress: quiet,
      signal: undefined,
    })
  })
  afterAll(() => rmSync(cacheFolder, { recursive: true, force: true }))

  test.for([...sampled(NUMBERS)])('edit %i', async number => {
    const found = await reachCase(tree, { seed: 1, number, most: 4 })
    expect(found?.wrong).toEqual([])
    expect(found?.asked).toBeGreaterThan(0)
  })

  test('a unit that is left out by mistake is found', async () => {
    const found = await reachCase(tree, { seed: 1, number: 25, most: 9, control: true })
    expect(found?.wrong).not.toEqual([])
  })
})
