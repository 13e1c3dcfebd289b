/** Two builds on one opened tree of Debian's Xen, at once: the payloads of two runs of their own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { build } from '../../src/flows/build.ts'
import { buildOne } from '../../src/flows/hotpatch/build-one.ts'
import { createPool, openBase, quiet } from '../../src/trees/index.ts'
import { allCases } from './cases/all.ts'
import { patchText } from './edits.ts'
import { missingFor, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen)
const NAMES = ['global-function', 'static-function']

test.skipIf(missing !== '')(
  `two builds on one base of Xen (${missing || 'its tools are here'})`,
  { timeout: 600_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hotsplice-one-base-'))
    try {
      const options = (cache: string) =>
        ({ tree: xenTree('release'), target: 'xen', cacheFolder: join(folder, cache) }) as const
      const requests = allCases
        .filter(({ name }) => NAMES.includes(name))
        .map(({ name, edits }) => ({
          patches: [{ name, text: patchText(xenTree('source'), edits) }],
          version: '1.2.3',
          output: `${name}.livepatch`,
        }))
      const run = { pool: createPool(2), progress: quiet, signal: undefined }
      const base = await openBase(options('shared'), run)
      const together = await Promise.all(requests.map(request => buildOne(base, request, run)))
      expect(together.map(({ report }) => report.outcome)).toEqual(NAMES.map(() => 'built'))
      for (const [at, request] of requests.entries()) {
        const alone = await build({ ...options(`alone-${at}`), jobs: 2, progress: quiet, ...request })
        expect(together[at]?.payload).toEqual(alone.payload)
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
