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
  'one.h': 'struct item { int id; int weight; };\nextern struct item *items;\nint heavy(struct item *item);\n',
  'one.c': `#include "one.h"
struct item *items;
int limit = 100;
${BLANK}int heavy(struct item *item) { return item->weight > limit ? item->id * 7 + limit : 0; }
${BLANK}int twice(int amount) { limit++; return amount * 2 + limit; }
${BLANK}int thrice(int amount) { limit--; return amount * 3 - limit; }
`,
  'two.c': '#include "one.h"\nint first(void) { return heavy(items); }\n',
}

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-explained-'))
  if (!hasGcc) return
  for (const [file, text] of Object.entries(FILES)) writeFileSync(join(folder, file), text)
  const entries = ['one', 'two'].map(name => {
    const args = ['gcc', '-O2', '-fno-inline', '-c', `${name}.c`, '-o', `${name}.o`]
    execFileSync('gcc', args.slice(1), { cwd: folder })
    return { directory: folder, file: `${name}.c`, arguments: args }
  })
  writeFileSync(join(folder, 'compile_commands.json'), JSON.stringify(entries))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Edit = readonly [file: string, from: string, to: string]

async function explained(edits: readonly Edit[], explainRefusal = true) {
  const texts = new Map<string, string>()
  for (const [file, from, to] of edits) {
    const before = texts.get(file) ?? FILES[file] ?? ''
    expect(before).toContain(from)
    texts.set(file, before.replace(from, to))
  }
  const text = [...texts].map(([file, now]) => createTwoFilesPatch(`a/${file}`, `b/${file}`, FILES[file] ?? '', now))
  const { report, payload } = await build({
    tree: folder,
    target: 'process',
    lines: 'ignore',
    patches: [{ name: 'fix.patch', text: text.join('') }],
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

  test('where the rest needs what was left out, that is said', async () => {
    const { explanation } = await explained([TYPE, CODE, ['one.c', 'weight > limit', 'price > limit']])
    expect(explanation).toMatchObject({
      outcome: 'error',
      functions: [],
      text: expect.stringContaining('the rest fails'),
    })
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
