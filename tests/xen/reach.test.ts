/** Units that are left out of drawn edits of Xen's headers: gcc makes the same object of both texts (scripts/reach.ts). */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tryCompile } from '../../src/trees/compile.ts'
import { quiet, type Tree } from '../../src/trees/index.ts'
import { compilesIn } from '../support/compiles.ts'
import { createHotpatch, openTree } from '../support/opened.ts'
import { reachCase } from '../support/reach-edits.ts'
import { sampled } from '../support/sampled.ts'
import { missingFor, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen)
/** Of seed 1: numbers, comments, prototypes that come, a body and an attribute, in headers that few or nearly all units read. */
const NUMBERS = [28, 21, 20, 23, 12, 73, 119]

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

  test('a prototype that comes, and that nobody uses: no unit is compiled, and would be the same', async () => {
    const path = 'xen/include/xen/sched.h'
    const before = tree.reader.read(path) ?? ''
    const known = 'void domain_destroy(struct domain *d);'
    const after = before.replace(known, `${known} int no_body(const struct domain *d, int n);`)
    const text = createTwoFilesPatch(`a/${path}`, `b/${path}`, before, after, '', '')
    const asked = compilesIn(cacheFolder)
    const options = { tree: xenTree('release'), target: 'xen', cacheFolder, jobs: 2, progress: quiet } as const
    const run = await createHotpatch({ ...options, signal: undefined, lines: 'ignore', patches: [{ name: 'p', text }] })
    expect(run.leftOut.length).toBeGreaterThan(200)
    expect(run.affected.affected).toEqual([])
    // What asm-offsets.h would become.
    expect(compilesIn(cacheFolder) - asked).toBeLessThan(2)
    // It has the name as a string, and in a comment.
    const unit = tree.units.find(each => each.unit === 'arch/x86/mm.o')
    const texts = [new Map<string, string | null>(), new Map<string, string | null>([[path, after]])]
    const requests = unit ? texts.map(overlay => ({ unit, overlay, label: 'patched', extraFlags: ['-g0'] })) : []
    const [one, other] = (await tryCompile(tree, requests, 'object')).map(({ done }) => Buffer.from(done?.object ?? []))
    expect(one?.length).toBeGreaterThan(0)
    expect(one?.equals(other ?? Buffer.of())).toBe(true)
  })

  test('a unit that is left out by mistake is found', async () => {
    const found = await reachCase(tree, { seed: 1, number: 25, most: 9, control: true })
    expect(found?.wrong).not.toEqual([])
  })
})
