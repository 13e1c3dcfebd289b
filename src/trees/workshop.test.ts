import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createPool } from './pool.ts'
import { TreeTexts } from './texts.ts'
import { quiet } from './whole-run.ts'
import { Workshop } from './workshop.ts'

const work = mkdtempSync(join(tmpdir(), 'hotsplice-workshop-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

const tree = join(work, 'tree')
const FILES = {
  'main.c': '#include "dir/one.h"\n',
  'dir/one.h': '#include "named.h"\n',
  'dir/deep/found.h': 'int found;\n',
}
for (const [path, text] of Object.entries(FILES)) {
  mkdirSync(join(tree, dirname(path)), { recursive: true })
  writeFileSync(join(tree, path), text)
}

/** Whether units of the tree with these texts are compiled in a mirror of all of its files. */
async function isWhole(texts: Readonly<Record<string, string | null>>): Promise<boolean> {
  const layout = { base: tree, sourceFolder: tree, buildFolder: tree, prefix: '' }
  const shop = new Workshop(
    {
      facts: {
        kind: 'compile-commands',
        base: tree,
        sourceFolder: tree,
        buildFolder: tree,
        compiler: 'gcc',
        version: undefined,
        config: new Map(),
        symbols: undefined,
        tableUse: undefined,
      },
      layout,
      units: [],
      responseFiles: new Set(),
      texts: new TreeTexts(layout),
      reader: new TreeTexts(layout),
      target: 'process',
      cacheFolder: join(work, 'cache'),
      openTime: 0,
      notices: [],
      dependents: () => Promise.resolve([]),
      namesakes: () => Promise.resolve([]),
      leavingFolders: () => [],
      run: { pool: createPool(1), progress: quiet, signal: undefined },
    },
    [],
  )
  try {
    return shop.mirror(new Map(Object.entries(texts)), 'lean').full
  } finally {
    await shop.close()
  }
}

describe('files that a patch brings', () => {
  it.each([
    ['a header that only the patch names', { 'dir/new.h': '', 'main.c': '#include "dir/new.h"\n' }],
    ['a source that nothing names', { 'dir/new.c': '' }],
    ['no file at all', { 'main.c': '#include "dir/one.h"\nint a;\n' }],
  ])('%s: the mirror has links to whole folders', async (_, texts) => {
    expect(await isWhole(texts)).toBe(false)
  })

  it.each([
    ['a header that a text of the tree names', { 'dir/named.h': '', 'main.c': '#include "dir/named.h"\n' }],
    ['one of a name that another one has', { 'dir/found.h': '', 'main.c': '#include "dir/found.h"\n' }],
    ['one that the patch asks for by way of another folder', { 'new.h': '', 'main.c': '#include "dir/../new.h"\n' }],
    ['one that a macro of the patch’s asks for', { 'new.h': '', 'main.c': '#define FILE <new.h>x\n// new.h\n' }],
    ['a header that goes', { 'dir/one.h': null, 'main.c': '' }],
    ['a file of another kind', { 'dir/new.inc': '', 'main.c': '#include "dir/new.inc"\n' }],
  ])('%s: the mirror has all files', async (_, texts) => {
    expect(await isWhole(texts)).toBe(true)
  })
})
