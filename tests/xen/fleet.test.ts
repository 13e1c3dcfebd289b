/** A fleet of the real Xen: two builds of it, two fixes, and each payload tried on the build that it is for. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FleetIndex } from '../../src/report/fleet-index.ts'
import { hotsplice } from './command.ts'
import { missingFor, toBootXen, toBuildXen, xenTree } from './tree.ts'

const missing = missingFor(...toBuildXen, ...toBootXen)
const BASES = ['release', 'debug'] as const
const FILE = 'xen/common/kernel.c'

/** By name: what the patch replaces. Both are in a function that every guest calls. */
const FIXES = {
  version: ['(xen_major_version() << 16)', '(xen_major_version() << 15)'],
  // A guest is told of larger pages than there are.
  pages: ['-EINVAL : PAGE_SIZE', '-EINVAL : 2 * PAGE_SIZE'],
} as const

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-fleet-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.skipIf(missing !== '')(`a fleet of Xen ${missing}`, () => {
  test('each fix is built for each build, rehearsed there, and not done again', async () => {
    const bases = BASES.map(name => ({ name, tree: xenTree(name), rehearse: true }))
    const before = readFileSync(join(xenTree('release'), FILE), 'latin1')
    mkdirSync(join(folder, 'fixes'))
    const fixes = Object.entries(FIXES).map(([name, [from, to]]) => {
      const patch = createTwoFilesPatch(`a/${FILE}`, `b/${FILE}`, before, before.replace(from, to), '', '')
      writeFileSync(join(folder, `fixes/${name}.patch`), patch, 'latin1')
      return { name, patches: [`fixes/${name}.patch`] }
    })
    writeFileSync(join(folder, 'fleet.json'), JSON.stringify({ bases, fixes }))
    const run = () => hotsplice(['fleet', 'build', 'fleet.json', '-o', 'out'], { cwd: folder })
    const first = await run()
    expect(first).toMatchObject({ status: 0 })
    const text = readFileSync(join(folder, 'out/index.json'), 'utf8')
    const index: FleetIndex = JSON.parse(text)
    expect(index.cells.map(({ base, fix, outcome }) => `${base}/${fix} ${outcome}`)).toEqual(
      BASES.flatMap(base => Object.keys(FIXES).map(fix => `${base}/${fix} built`)),
    )
    expect(new Set(index.cells.map(({ payload }) => payload?.sha256)).size).toBe(4)
    for (const { base, fix } of index.cells) {
      const log = JSON.parse(readFileSync(join(folder, `out/cells/${base}/${fix}/rehearsal.json`), 'utf8'))
      expect(log).toMatchObject({ outcome: 'passed', payloads: [`${fix}.livepatch`] })
      expect(log.hypervisor.file).toBe(join(xenTree(base === 'debug' ? 'debug' : 'release'), 'xen/xen'))
    }
    const again = await run()
    expect(again).toMatchObject({ status: 0, stderr: '0 of 4 to be done\n' })
    expect(readFileSync(join(folder, 'out/index.json'), 'utf8')).toBe(text)
  })
})
