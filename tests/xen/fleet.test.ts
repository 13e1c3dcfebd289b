/** A fleet of the real Xen: two builds of it, three fixes, and each payload tried on the build that it is for. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FleetIndex } from '../../src/report/fleet-index.ts'
import { hotsplice } from './command.ts'
import { cellsOf, expectedCells, writeXenFix, writeXenFleet } from './fleet-fixes.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)
const BASES = ['release', 'debug'] as const
const FIXES = ['version', 'pages', 'boot'] as const

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-fleet-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Three bases and six fixes, with times: scripts/fleet-xen.ts. */
describe.skipIf(missing !== '')(`a fleet of Xen ${missing}`, () => {
  test('each fix is built for each build, rehearsed there, and not done again', async () => {
    writeXenFleet(folder, BASES, FIXES)
    const run = (...more: readonly string[]) =>
      hotsplice(['fleet', 'build', 'fleet.json', '-o', 'out', ...more], { cwd: folder })
    const first = await run()
    expect(first).toMatchObject({ status: 0 })
    const text = readFileSync(join(folder, 'out/index.json'), 'utf8')
    const index: FleetIndex = JSON.parse(text)
    expect(cellsOf(index)).toEqual(expectedCells(BASES, FIXES))
    const built = index.cells.filter(({ payload }) => payload !== null)
    expect(new Set(built.map(({ payload }) => payload?.sha256)).size).toBe(4)
    for (const { base, fix } of built) {
      const log = JSON.parse(readFileSync(join(folder, `out/cells/${base}/${fix}/rehearsal.json`), 'utf8'))
      expect(log).toMatchObject({ outcome: 'passed', payloads: [`${fix}.livepatch`] })
      expect(log.hypervisor.file).toBe(join(xenTree(base === 'debug' ? 'debug' : 'release'), 'xen/xen'))
    }
    const again = await run()
    expect(again).toMatchObject({ status: 0, stderr: '0 of 6 to be done\n' })
    expect(readFileSync(join(folder, 'out/index.json'), 'utf8')).toBe(text)
    // Of a fix that changed, its cells and no others.
    writeXenFix(folder, 'pages', '-EINVAL : 4 * PAGE_SIZE')
    const plan = (await run('--dry-run')).stdout.split('\n').filter(line => /: build: /.test(line))
    expect(plan.map(line => line.split(':')[0])).toEqual(BASES.map(base => `${base}/pages`))
  })
})
