/** The judge of pairs of objects: what it sees, and that it would see what is missed. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { diffObjects } from '../../src/flows/diff.ts'
import { missingTool, run } from '../oracle/binutils.ts'
import { judgePairs } from './object-pairs.ts'
import { functionTexts, plainName, withoutNumbers } from './object-texts.ts'

const BEFORE = `
int puts(const char *); int other(int);
int line(void) { return other(__LINE__); }
int words(void) { return puts("as it was, at some length"); }
int same(void) { return puts("the same, and no more"); }
`
const AFTER = BEFORE.replace('int other(int);', 'int other(int);\n').replace('as it was', 'as it is!')

test.each([
  ['do_gettimeofday.constprop.3', 'do_gettimeofday.constprop'],
  ['copy_process.isra.5.part.12', 'copy_process.isra.part'],
  ['raid1_sync_request.cold.7', 'raid1_sync_request'],
  ['f.cold', 'f'],
  ['count.12', 'count'],
  ['sha256_init2', 'sha256_init2'],
])('%s is %s to the judge', (name, plain) => {
  expect(plainName(name)).toBe(plain)
})

describe.skipIf(process.arch !== 'x64' || missingTool !== undefined)('pairs (need gcc and binutils on x86-64)', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hotsplice-pairs-'))
    for (const [name, text] of [
      ['one.ORIG.o', BEFORE],
      ['one.PATCHED.o', AFTER],
    ] as const) {
      writeFileSync(join(folder, 'unit.c'), text)
      run('gcc', ['-O2', '-ffunction-sections', '-c', join(folder, 'unit.c'), '-o', join(folder, name)])
    }
    writeFileSync(join(folder, 'alone.ORIG.o'), '')
    writeFileSync(join(folder, 'foreign.ORIG.o'), 'this is no object')
    copyFileSync(join(folder, 'foreign.ORIG.o'), join(folder, 'foreign.PATCHED.FAIL.o'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('each function’s text has what it reaches, and no address', () => {
    const [before, after] = ['one.ORIG.o', 'one.PATCHED.o'].map(name => functionTexts(join(folder, name), 'objdump'))
    expect([...(before?.keys() ?? [])]).toEqual(['line', 'words', 'same'])
    expect(after?.get('same')).toBe(before?.get('same'))
    expect(before?.get('words')).toContain('"as it was, at some length"')
    expect(after?.get('line')).not.toBe(before?.get('line'))
    expect(withoutNumbers(after?.get('line') ?? '')).toBe(withoutNumbers(before?.get('line') ?? ''))
    expect(withoutNumbers(after?.get('words') ?? '')).not.toBe(withoutNumbers(before?.get('words') ?? ''))
  })

  test('pairs are counted by machine, and what is no object is told', () => {
    const { counts, faults, notes } = judgePairs(folder)
    expect(faults).toEqual([])
    expect(notes).toEqual([expect.stringMatching(/^foreign: /)])
    expect(counts.get('unreadable')).toMatchObject({ pairs: 1, unreadable: 1 })
    expect(counts.get('x86-64')).toEqual({
      pairs: 1,
      unreadable: 0,
      unlikeThemselves: 0,
      judged: 1,
      functions: 3,
      differ: 2,
      differByMore: 1,
      missed: 0,
      false: 0,
    })
  })

  test('what is called the same and is not, and what is not itself, is a fault', () => {
    const blind = judgePairs(folder, original => diffObjects({ original, patched: original, target: 'process' }))
    expect(blind.faults).toEqual(['one: line is missed', 'one: words is missed'])
    const patched = readFileSync(join(folder, 'one.PATCHED.o'))
    const { faults, counts } = judgePairs(folder, original => diffObjects({ original, patched, target: 'process' }))
    expect(faults).toEqual([expect.stringMatching(/^one: the original is not itself: line: /)])
    expect(counts.get('x86-64')).toMatchObject({ unlikeThemselves: 1, missed: 0 })
  })
})
