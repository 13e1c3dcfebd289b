/** Sources of the user's own beside a patch: compiled as those of a folder, and part of the payload like any new code. */
import { describe, expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { sampled } from '../support/sampled.ts'
import { patchProgram, type SmallProgram } from '../support/small-program.ts'

const BEFORE = 'int f(int a) { return a * 7 + (a >> 3) / 5; }\n'
const AFTER = 'int helper(int);\nint f(int a) { return helper(a); }\n'
const OTHER = 'int g(int a) { return a + 2; }\n'
const FILES = {
  'lib/f.c': BEFORE,
  'lib/more.c': OTHER,
  'lib/last.c': OTHER.replace('g', 'k'),
  'main.c': OTHER.replace('g', 'h'),
}
const HELPER = '#include "h.h"\nstatic int calls;\nint helper(int a) { return a * FACTOR + calls++; }\n'

const RENAMED = `diff --git a/lib/f.c b/lib/f2.c
similarity index 50%
rename from lib/f.c
rename to lib/f2.c
--- a/lib/f.c
+++ b/lib/f2.c
@@ -1 +1,2 @@
-${BEFORE}+${AFTER.replace('\n', '\n+')}`

const beside = (own: SmallProgram['own'], files: SmallProgram['files'] = FILES): SmallProgram => ({
  files: { 'lib/h.h': '#define FACTOR 3\n', ...files },
  ...(own === undefined ? {} : { own }),
})

describe.skipIf(!hasGcc)(`a source of one's own${withoutGcc}`, () => {
  test.for([
    ...sampled([
      { how: 'in the folder that the patch touches', own: { name: 'mine/helper.c', text: HELPER } },
      { how: 'in the folder of an object', own: { name: 'helper.c', text: HELPER, beside: 'lib/more.o' } },
      { how: 'in the folder of a source', own: { name: 'helper.c', text: HELPER.trimEnd(), beside: 'lib/more.c' } },
    ]),
  ])('$how', async ({ own }) => {
    const { error, refused, replaced, run } = await patchProgram(beside([own]), { 'lib/f.c': AFTER })
    expect([error, refused, replaced]).toEqual([undefined, [], ['f']])
    const names = run?.selection.pieces.map(({ role, piece }) => `${role} ${piece.name}`)
    expect(names).toEqual(expect.arrayContaining(['new-function helper', 'new-data calls']))
    expect(run?.affected.affected.map(({ unit, kind }) => `${kind} ${unit.source}`)).toContain('new lib/helper.c')
  })

  test('without it the patch needs what nobody has', async () => {
    const { refused } = await patchProgram({ ...beside(undefined), link: ['-shared'] }, { 'lib/f.c': AFTER })
    expect(refused).toEqual(['symbol-not-found f', 'shared-library f'])
  })

  test.for([
    ...sampled([
      { how: 'a name that the tree has', own: { name: 'more.c', text: HELPER }, code: 'build/with-taken' },
      {
        how: 'a unit that is not there',
        own: { name: 'a.c', text: HELPER, beside: 'lib/no.o' },
        code: 'build/with-unit',
      },
      { how: 'no folder, where the patch touches two', own: { name: 'a.c', text: HELPER }, code: 'build/with-where' },
    ]),
  ])('$how', async ({ own, code }) => {
    const two = code === 'build/with-where' ? { 'main.c': OTHER.replace('g', 'h').replace('2', '3') } : {}
    expect((await patchProgram(beside([own]), { 'lib/f.c': AFTER, ...two })).error).toBe(code)
  })

  test.for([
    ...sampled([
      { how: 'an object that another source has', source: 'lib/g.S', text: '.globl k2\nk2: ret\n' },
      { how: 'the same behind a patch that edits it', source: 'app/helper.c', text: OTHER },
    ]),
  ])('$how: refused', async ({ source, text }) => {
    const own = { name: source.endsWith('.S') ? 'g.c' : 'helper.c', text: HELPER, beside: 'lib/more.c' }
    const files = { ...FILES, [source]: text }
    const flat = { ...beside([own], files), listed: Object.keys(files), objects: 'flat' as const }
    const { refused } = await patchProgram(flat, {
      'lib/f.c': AFTER,
      ...(source.endsWith('.c') ? { [source]: text.replace('2', '3') } : {}),
    })
    expect(refused).toContain('new-unit')
  })

  test('is compiled as the unit that is named, not as most are', async () => {
    const own = { name: 'helper.c', text: 'int helper(int a) { return a * ODD; }\n', beside: 'lib/more.c' }
    const program = { ...beside([own]), options: { 'lib/more.c': ['-DODD=5'] } }
    expect((await patchProgram(program, { 'lib/f.c': AFTER })).replaced).toEqual(['f'])
  })

  test('has a name with a space, and is in the folder that a renamed source goes to', async () => {
    const own = { name: 'my helper.c', text: HELPER }
    const { error, refused } = await patchProgram(beside([own]), RENAMED)
    expect([error, refused]).toEqual([undefined, []])
  })

  test('two of one name', async () => {
    const own = { name: 'helper.c', text: HELPER }
    expect((await patchProgram(beside([own, own]), { 'lib/f.c': AFTER })).error).toBe('build/with-taken')
  })

  test('words of the compiler are about it', async () => {
    const own = { name: 'helper.c', text: 'int helper(int a) { retrun a; }\n' }
    expect((await patchProgram(beside([own]), { 'lib/f.c': AFTER })).error).toBe('build/compile-failed')
  })
})
