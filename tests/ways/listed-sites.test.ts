/** `hotsplice lines` where the code grows with the number: what one shift hides, the other shows. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { listLineSites } from '../../src/flows/list-lines.ts'
import { lowerLines } from '../../src/lines/shift.ts'
import { quiet } from '../../src/trees/index.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { openTree } from '../support/opened.ts'
import { makeTree, readCases } from './read.ts'

describe.skipIf(!hasGcc)(`the sites of one-byte numbers${withoutGcc}`, () => {
  test('lines 123 to 129 are all found', async () => {
    const work = mkdtempSync(join(tmpdir(), 'hotsplice-listed-'))
    try {
      const one = readCases().find(({ name }) => name === 'one-byte')
      if (one === undefined) throw new Error('no case one-byte')
      makeTree(one, join(work, 'tree'))
      const options = { target: 'process', jobs: 2, progress: quiet, cacheFolder: join(work, 'cache') } as const
      const tree = await openTree({ tree: join(work, 'tree'), ...options })
      const [listed] = await listLineSites(tree, 'unit.c')
      expect(listed?.unexplained).toEqual([])
      expect(listed?.sites.map(site => [site.function, site.line, site.bits]).sort()).toEqual([
        ['at_123', 123, 8],
        ['at_125', 125, 8],
        ['at_126', 126, 8],
        ['at_127', 127, 8],
        ['at_128', 128, 32],
        ['at_129', 129, 32],
      ])
      expect(listed?.sites[0]?.calls).toEqual(['at_123', 'check'])
    } finally {
      rmSync(work, { recursive: true, force: true })
    }
  })
})

describe('lines lowered by three', () => {
  const lines = (count: number) => Array.from({ length: count }, (_, index) => `int v${index};\n`).join('')

  test('from the fourth on', () => {
    expect(lowerLines(lines(5), 3)).toBe(`${lines(3)}#line 1\nint v3;\nint v4;\n`)
  })
  test('behind a group, and inside one that holds all', () => {
    expect(lowerLines(`#ifdef A\n${lines(4)}#endif\nint last;\n`, 3)).toContain('#endif\n#line 4\nint last;')
    expect(lowerLines(`#ifndef H\n${lines(6)}#endif\n`, 3)).toContain('int v1;\n#line 1\nint v2;')
  })
  test('not at all where there is no place', () => {
    expect(lowerLines(lines(2), 3)).toBeUndefined()
    expect(lowerLines('f(\n1,\n2,\n3,\n4,\n5', 3)).toBeUndefined()
  })
})
