/**
 * Line numbers on the real tree, in both configurations: a bounded sample of `scripts/harmless.ts`, and one real edit
 * among moved lines.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { createTwoFilesPatch } from 'diff'
import { expect, test } from 'vitest'
import { openTree, quiet } from '../../src/build/index.ts'
import { createHotpatch, type HotpatchOptions } from '../../src/pipeline.ts'
import { runHarmless } from '../support/run-harmless.ts'
import { missingFor, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen)
const without = missing === '' ? '' : ` (${missing})`
const EDITS = Number(process.env.HOTSPLICE_HARMLESS ?? 3)

test.skipIf(missing !== '').for(['release', 'debug'] as const)(
  `edits that change no code are nothing to do (%s)${without}`,
  async config => {
    const result = await runHarmless({ tree: xenTree(config), count: EDITS, seed: config === 'debug' ? 20 : 10 })
    expect(result.wrong).toEqual([])
    expect(result.edits).toBe(EDITS)
    console.log(`${config}: ${result.edits} harmless edits; ignore would have taken ${result.dragged} functions`)
  },
)

const PATH = 'xen/common/domain.c'

test.skipIf(missing !== '')(`one real edit among moved lines is one function${without}`, async () => {
  const cacheFolder = mkdtempSync(`${tmpdir()}/hotsplice-lines-`)
  try {
    const options = { tree: xenTree('debug'), target: 'xen', jobs: 2, progress: quiet, cacheFolder } as const
    const tree = await openTree(options)
    const before = tree.reader.read(PATH) ?? ''
    // Two lines more at the top, and a changed constant far below: get_domain_by_id(), which many frames follow.
    const moved = before.replace('\n\n', '\n\n/* one */\n/* two */\n')
    const after = moved.replace('DOMAIN_HASH(dom)])', 'DOMAIN_HASH(dom + 1)])')
    const changed = async (text: string, lines: NonNullable<HotpatchOptions['lines']>) => {
      const patch = createTwoFilesPatch(`a/${PATH}`, `b/${PATH}`, before, text, '', '')
      const run = await createHotpatch({ ...options, lines, patches: [{ name: 'edit', text: patch }] })
      return run.selection.replacements.map(({ runningName }) => runningName).sort()
    }
    // The oracle: the same edit without the moved lines, compared as it is.
    const alone = await changed(before.replace('DOMAIN_HASH(dom)])', 'DOMAIN_HASH(dom + 1)])'), 'ignore')
    expect(alone.length).toBeGreaterThan(0)
    for (const way of ['neutral', 'mask', 'table', 'auto'] as const) expect(await changed(after, way)).toEqual(alone)
    expect((await changed(after, 'ignore')).length).toBeGreaterThan(alone.length + 5)
  } finally {
    rmSync(cacheFolder, { recursive: true, force: true })
  }
})
