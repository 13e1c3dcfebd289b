/** What changes from build to build without a change of the source: names of files, the clock, the counter. */
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { describe, expect, test } from 'vitest'
import { diffObjects } from '../../src/flows/diff.ts'
import { compileForWay, judgeUnits, requestOf } from '../../src/flows/hotpatch/judge.ts'
import type { Way } from '../../src/lines/way.ts'
import { XEN } from '../../src/loaders/xen/xen.ts'
import { verdictReason } from '../../src/select/words.ts'
import { applyPatches } from '../../src/source/apply-patches.ts'
import { affectedUnits, type Tree } from '../../src/trees/index.ts'
import { built, inFolder, open } from '../build/support.ts'
import { compileAnew, XEN_LIKE } from '../support/gcc.ts'
import { missingFor } from '../support/missing.ts'

const missing = missingFor('gcc', 'make', 'objcopy', 'ld')
const WAYS: readonly Way[] = ['neutral', 'mask', 'table', 'auto']

/** What a way says of a patch, as `unit name: verdict (reason)`, and the notices by their codes. */
async function judged(tree: Tree, patch: string, way: Way) {
  const change = applyPatches([{ name: 'p', text: patch }], tree.reader)
  const affected = await affectedUnits(tree, change)
  const { units, notices } = judgeUnits(await compileForWay(tree, await requestOf(tree, affected, change, way)), {
    loader: XEN,
  })
  const differing = units.flatMap(({ unit, verdicts }) =>
    verdicts.functions
      .filter(({ verdict }) => verdict.kind === 'changed' || verdict.kind === 'new' || verdict.kind === 'gone')
      .map(({ name, verdict }) => `${unit} ${name}: ${verdictReason(verdict).code}`),
  )
  const told = [...affected.notices, ...notices].filter(({ code }) => /clock|counter|renamed/.test(code))
  return { differing, told, refusals: affected.refusals.map(({ code }) => code) }
}

function patchOf(tree: Tree, path: string, edit: (text: string) => string): string {
  const before = tree.reader.read(path) ?? ''
  return createTwoFilesPatch(`a/${path}`, `b/${path}`, before, edit(before), '', '')
}

const FLAGS = [...XEN_LIKE, '-g']
const COMMON = 'xen/common/two.c'
const CLOCK = `#include "../include/shared.h"
extern int say(const char *, int);
int two(int x) { return say("two", x * SHARED); }
int built_on(void) { return say("built on " __DATE__, __LINE__); }
int built_at(void) { return say("built at " __TIME__ ", of " __TIMESTAMP__, __LINE__); }
`
const harmful = (text: string) => text.replace('extern', '\n/* words */\nextern').replace('x * SHARED', 'x - SHARED')

describe.skipIf(missing !== '')(`what differs from build to build${missing && ` (${missing})`}`, () => {
  test('__DATE__, __TIME__ and __TIMESTAMP__ are what they were when the tree was built', { timeout: 60_000 }, () =>
    inFolder(async folder => {
      const tree = await built(folder, { [COMMON]: CLOCK })
      for (const way of WAYS) {
        const { differing, told } = await judged(tree, patchOf(tree, COMMON, harmful), way)
        expect(differing, way).toEqual(['common/two.o two: byte'])
        expect(told).toMatchObject([{ code: 'clock-pinned' }])
        expect(told[0]?.text).toMatch(
          /^common\/two\.o: __DATE__ is “\w{3} [ \d]\d \d{4}”, __TIME__ is “[\d:]{8}”, __TIMESTAMP__ is “.{24}”, as in the tree’s own object$/,
        )
      }
    }),
  )

  test('what holds a time that cannot be found out counts as changed, and it is said', { timeout: 60_000 }, () =>
    inFolder(async folder => {
      // Of any two builds only those at the same second of the day are alike.
      const sum = [0, 1, 3, 4, 6, 7].map((at, power) => `__TIME__[${at}] * ${10 ** power}`).join(' + ')
      const own = CLOCK.replace('__TIME__ ", of " __TIMESTAMP__, __LINE__', `, ${sum}`)
      const tree = await built(folder, { [COMMON]: own })
      const { differing, told } = await judged(tree, patchOf(tree, COMMON, harmful), 'auto')
      expect(differing).toEqual([
        'common/two.o two: byte',
        'common/two.o built_on: reaches',
        'common/two.o built_at: byte',
      ])
      expect(told).toMatchObject([{ code: 'clock-not-pinned' }])
      expect(told[0]?.text).toContain('__DATE__ and __TIME__')
    }),
  )

  const counting = `#include "../include/shared.h"
extern int say(const char *, int);
int two(int x) { return say("two", x * SHARED); }
int first(void) { return say("first", __COUNTER__ + 40); }
int second(void) { return say("second", __COUNTER__ + 40); }
`

  test('__COUNTER__ is told, and what gets another value is changed', { timeout: 60_000 }, () =>
    inFolder(async folder => {
      const tree = await built(folder, { [COMMON]: counting })
      const as = await judged(tree, patchOf(tree, COMMON, harmful), 'auto')
      expect(as.differing).toEqual(['common/two.o two: byte'])
      expect(as.told).toMatchObject([{ code: 'counter-macro', text: expect.stringContaining('2 times, as before') }])
      const more = (text: string) => text.replace('"two", x', '"two", __COUNTER__ + 5 + x')
      for (const way of WAYS) {
        const { differing, told, refusals } = await judged(tree, patchOf(tree, COMMON, more), way)
        expect(differing.map(each => each.replace(/:.*/, '')).sort(), way).toEqual([
          'common/two.o first',
          'common/two.o second',
          'common/two.o two',
        ])
        expect(told).toMatchObject([
          { code: 'counter-macro', text: expect.stringContaining('3 times where it used it 2') },
        ])
        expect(refusals).toEqual([])
      }
    }),
  )

  test('another number of counted variables is refused: a name would be another variable’s', { timeout: 60_000 }, () =>
    inFolder(async folder => {
      const paste = '#define P_(a, b) a##b\n#define P(a, b) P_(a, b)\n'
      const own = `${paste}${counting}int P(kept_, __COUNTER__) = 5;\n`
      const tree = await built(folder, { [COMMON]: own })
      const more = (text: string) => text.replace('"two", x', '"two", __COUNTER__ + 5 + x')
      expect((await judged(tree, patchOf(tree, COMMON, more), 'auto')).refusals).toEqual(['counter-names'])
      expect((await judged(tree, patchOf(tree, COMMON, harmful), 'auto')).refusals).toEqual([])
    }),
  )

  test('a source that is renamed keeps its __FILE__ under every way', { timeout: 60_000 }, () =>
    inFolder(async folder => {
      const numbered =
        '\nextern int say(const char *, int);\n__attribute__((used)) static int failed(void) { return say(__FILE__, __LINE__); }\n'
      const one = `#include <shared.h>\n\nint one(int x)\n{\n    return x + SHARED;\n}\n${numbered}`
      const tree = await built(folder, { 'xen/common/one.c': one })
      const patch = [
        'diff --git a/xen/common/one.c b/xen/common/uno.c\nsimilarity index 90%\n',
        'rename from xen/common/one.c\nrename to xen/common/uno.c\n',
        '--- a/xen/common/one.c\n+++ b/xen/common/uno.c\n@@ -1,5 +1,7 @@\n #include <shared.h>\n \n+/* two lines */\n+\n int one(int x)\n {\n     return x + SHARED;\n',
        patchOf(tree, 'xen/common/Makefile', text => text.replace('+= one.o', '+= uno.o')),
        patchOf(tree, 'xen/common/compat/one.c', text => text.replace('../one.c', '../uno.c')),
      ].join('')
      for (const way of WAYS) {
        const { differing, told } = await judged(tree, patch, way)
        expect(differing, way).toEqual([])
        expect(told[0]?.text).toMatch(
          /^xen\/common\/uno\.c keeps its old name for __FILE__: common\/(compat\/\.\.\/)?one\.c$/,
        )
      }
    }),
  )

  test('a tree that was moved after it was built, and nothing else, is no difference', { timeout: 60_000 }, () =>
    inFolder(async folder => {
      const text = 'extern int say(const char *, int);\nint two(int x) { return say(__FILE__, x); }\n'
      await built(folder, { [COMMON]: text })
      renameSync(join(folder, 'tree'), join(folder, 'elsewhere'))
      const tree = await open(join(folder, 'elsewhere'), join(folder, 'cache'))
      const patch = patchOf(tree, COMMON, before => `/* words */\n${before}`)
      for (const way of WAYS) expect((await judged(tree, patch, way)).differing, way).toEqual([])
    }),
  )

  test('objects of one source, compiled in two folders, are the same', () => {
    const text = 'extern int say(const char *, int);\nint f(int x) { return say(__FILE__, x); }\n'
    const [original, patched] = [compileAnew(text, FLAGS), compileAnew(text, FLAGS)]
    expect(Buffer.compare(original, patched)).not.toBe(0)
    const { functions, data } = diffObjects({ original, patched, target: 'process' })
    expect([...functions, ...data].filter(({ verdict }) => verdict.kind !== 'same')).toEqual([])
  })
})
