/** What a refused patch would be without the hunks that are to blame: on a real compiler, and round by round. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { build } from '../../src/flows/build.ts'
import { quiet } from '../../src/trees/index.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'

const BLANK = '\n'.repeat(12)
const FILES: Readonly<Record<string, string>> = {
  'one.h': `struct item { int id; int weight; };\nextern struct item *items;\nint heavy(struct item *item);\n${BLANK}#define LEAST 8\n`,
  'one.c': `#include "one.h"
struct item *items;
_Static_assert(sizeof(struct item) >= LEAST, "known");
int limit = 100;
${BLANK}int heavy(struct item *item) { return item->weight > limit ? item->id * 7 + limit : 0; }
${BLANK}int twice(int amount) { limit++; return amount * 2 + limit; }
${BLANK}int thrice(int amount) { limit--; return amount * 3 - limit; }
${BLANK}int lowest = 5;
`,
  'two.c': '#include "one.h"\nint first(void) { return heavy(items); }\n',
}

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-explained-'))
  if (!hasGcc) return
  for (const [file, text] of Object.entries(FILES)) writeFileSync(join(folder, file), text)
  const entries = ['one', 'two'].map(name => {
    const args = [
      'gcc',
      '-O2',
      '-fno-inline',
      '-Werror=implicit-function-declaration',
      '-c',
      `${name}.c`,
      '-o',
      `${name}.o`,
    ]
    execFileSync('gcc', args.slice(1), { cwd: folder })
    return { directory: folder, file: `${name}.c`, arguments: args }
  })
  writeFileSync(join(folder, 'compile_commands.json'), JSON.stringify(entries))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Edit = readonly [file: string, from: string, to: string]

const explained = (edits: readonly Edit[], explainRefusal = true) => explainedSeries([edits], explainRefusal)

/** A patch for each list, on top of those before. */
async function explainedSeries(series: readonly (readonly Edit[])[], explainRefusal = true) {
  const texts = new Map(Object.entries(FILES))
  const patches = series.map((edits, at) => {
    const before = new Map(texts)
    for (const [file, from, to] of edits) {
      expect(texts.get(file)).toContain(from)
      texts.set(file, (texts.get(file) ?? '').replace(from, to))
    }
    const changed = [...texts].filter(([file, now]) => now !== before.get(file))
    const parts = changed.map(([file, now]) =>
      createTwoFilesPatch(`a/${file}`, `b/${file}`, before.get(file) ?? '', now),
    )
    return { name: series.length === 1 ? 'fix.patch' : `${at + 1}.patch`, text: parts.join('') }
  })
  const { report, payload } = await build({
    tree: folder,
    target: 'process',
    lines: 'ignore',
    patches,
    output: 'fix.livepatch',
    version: '0',
    jobs: 2,
    progress: quiet,
    cacheFolder: join(folder, '.cache'),
    explainRefusal,
  })
  expect(payload).toBeUndefined()
  return report
}

const CODE: Edit = ['one.c', 'amount * 2', 'amount * 4']
const DATA: Edit = ['one.c', 'limit = 100', 'limit = 200']
const TYPE: Edit = ['one.h', 'int weight;', 'int weight; int price;']

describe.skipIf(!hasGcc)(`of a refused patch${withoutGcc}`, () => {
  test('the hunk that is to blame is named, and what the others would give', async () => {
    const { explanation, refusals } = await explained([DATA, CODE])
    expect(refusals.map(({ code }) => code)).toEqual(['changed-data'])
    expect(explanation).toMatchObject({
      leftOut: [{ file: 'one.c', hunk: 1, of: 2, patch: 'fix.patch', patchLine: 4, codes: ['changed-data'] }],
      outcome: 'built',
      functions: [{ unit: 'one.o', name: 'twice' }],
      remaining: [],
    })
    expect(explanation?.text).toBe(
      'without hunk 1 of 2 of one.c (changed-data), 1 function would be built (twice); whether that still closes the hole is for a person to judge',
    )
  })

  test('hunks of several files, each with its own reason', async () => {
    const { explanation } = await explained([DATA, CODE, TYPE, ['one.c', 'weight > limit', 'weight >= limit']])
    expect(explanation?.leftOut.map(({ file, hunk, codes }) => `${file} ${hunk} ${codes.join()}`).sort()).toEqual([
      'one.c 1 changed-data',
      'one.h 1 shape-changed',
    ])
    expect(explanation?.functions.map(({ name }) => name)).toEqual(['heavy', 'twice'])
  })

  test('what needs what was left out is left out, too', async () => {
    const { explanation } = await explained([TYPE, CODE, ['one.c', 'weight > limit', 'price > limit']])
    expect(explanation?.leftOut.map(({ file, hunk, codes }) => `${file} ${hunk} ${codes.join()}`).sort()).toEqual([
      'one.c 1 build/compile-failed',
      'one.h 1 shape-changed',
    ])
    expect(explanation).toMatchObject({ outcome: 'built', functions: [{ unit: 'one.o', name: 'twice' }] })
    expect(explanation?.text).toBe(
      'without the hunk of one.h (shape-changed), and 1 hunk that does not compile without that, 1 function would be built (twice); whether that still closes the hole is for a person to judge',
    )
  })

  test('where a line that nobody changed needs what was left out, the rest fails, in one line', async () => {
    const { explanation } = await explained([TYPE, CODE, ['one.h', 'LEAST 8', 'LEAST 12']])
    expect(explanation).toMatchObject({ outcome: 'error', functions: [], leftOut: [{ file: 'one.h', hunk: 1, of: 2 }] })
    expect(explanation?.text).toMatch(
      /^without hunk 1 of 2 of one\.h \(shape-changed\), the rest fails: [^\n]*one\.c:\d+:\d+: error: [^\n]*$/,
    )
  })

  test('what needs what needs what was left out, round by round', async () => {
    const { explanation } = await explained([
      TYPE,
      [
        'one.c',
        'int heavy(struct item *item) {',
        'static int costly(struct item *item) { return item->price; }\nint heavy(struct item *item) {',
      ],
      ['one.c', 'amount * 2', 'amount * 2 + costly(items)'],
      ['one.c', 'amount * 3', 'amount * 4'],
    ])
    expect(explanation?.leftOut.map(({ file, hunk }) => `${file} ${hunk}`)).toEqual(['one.c 1', 'one.c 2', 'one.h 1'])
    expect(explanation?.functions.map(({ name }) => name)).toEqual(['thrice'])
  })

  test.for<{ readonly what: string; readonly series: readonly (readonly Edit[])[]; readonly hunks: readonly string[] }>(
    [
      {
        what: 'an upper hunk comes later',
        series: [
          [
            ['one.c', 'lowest = 5', 'lowest = 6'],
            ['one.c', 'amount * 3', 'amount * 5'],
          ],
          [CODE],
        ],
        hunks: ['1.patch 2'],
      },
      {
        what: 'a patch before has moved its lines',
        series: [
          [['one.c', 'int twice', '/*\n\n\n\n\n\n\n\n\n\n\n\n\n\n*/\nint twice'], CODE],
          [
            ['one.c', 'amount * 3', 'amount * 5'],
            ['one.c', 'lowest = 5', 'lowest = 6'],
          ],
        ],
        hunks: ['2.patch 4'],
      },
      {
        what: 'both patches have to do with it',
        series: [[['one.c', 'lowest = 5', 'lowest = 6'], CODE], [['one.c', 'lowest = 6', 'lowest = 7']]],
        hunks: ['1.patch 2', '2.patch 3'],
      },
    ],
  )('of several patches the right hunk, where $what', async ({ series, hunks }) => {
    const { explanation } = await explainedSeries(series)
    expect(explanation?.leftOut.map(({ patch, hunk }) => `${patch} ${hunk}`)).toEqual(hunks)
    expect(explanation?.outcome).toBe('built')
    expect(explanation?.functions.map(({ name }) => name)).toContain('twice')
  })

  test('where every hunk is to blame, nothing is left', async () => {
    const { explanation } = await explained([DATA])
    expect(explanation).toMatchObject({ outcome: 'refused', functions: [], remaining: ['changed-data'] })
    expect(explanation?.text).toContain('nothing would be left')
  })

  test('nobody is asked where nobody wanted to know', async () => {
    expect((await explained([DATA, CODE], false)).explanation).toBeNull()
  })
})
