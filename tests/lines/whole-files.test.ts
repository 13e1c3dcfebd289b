/** Headers, assembly, long files, renamed files, files that number themselves: by the compiler's word. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { neutralize } from '../../src/lines/neutral.ts'
import { shiftLines } from '../../src/lines/shift.ts'
import { applyPatches } from '../../src/source/apply-patches.ts'
import type { TouchedFile } from '../../src/source/model.ts'
import { compile, hasGcc, withoutGcc } from '../support/gcc.ts'
import { faults } from './faults.ts'
import { touched } from './touched.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotsplice-lines-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function change(oldText: string, newText: string): TouchedFile {
  const file = touched(oldText, newText)
  if (file === undefined) throw new Error('nothing changes')
  return file
}

/** The object of a main file with others beside it. */
function objectOf(files: Record<string, string>, main: string): Buffer {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, 'latin1')
  execFileSync('gcc', ['-O2', '-Wall', '-Werror', '-c', main, '-o', 'out.o'], { cwd: folder })
  return readFileSync(join(folder, 'out.o'))
}

describe.skipIf(!hasGcc)(`whole files${withoutGcc}`, () => {
  test('a header that is included twice: the objects are equal, and without the rewriting they are not', () => {
    const header =
      '#ifndef H\n#define H\nstatic inline int h(void) { return __LINE__; }\n#endif\nFIELD(a, __LINE__)\nFIELD(b, __LINE__)\n'
    const main =
      '#define FIELD(n, l) int n = l;\n#include "h.h"\n#undef FIELD\n#define FIELD(n, l) int n##2 = l;\n#include "h.h"\nint f(void) { return h() + __LINE__; }\n'
    const patched = header
      .replace('static', '/* more\n   words */\nstruct unused;\nstatic')
      .replace('FIELD(b', '\nFIELD(b')
    const neutral = neutralize(change(header, patched), { style: 'auto' })
    const before = objectOf({ 'h.h': header, 'main.c': main }, 'main.c')
    expect(neutral.unsafe).toEqual([])
    expect(objectOf({ 'h.h': neutral.text }, 'main.c')).toEqual(before)
    expect(objectOf({ 'h.h': patched }, 'main.c')).not.toEqual(before)
  })

  test.for(['auto', 'reformat'] as const)('assembly (.S), %s', style => {
    const old =
      "/* words */\n#define N __LINE__\n# don't (\n.macro m x\n  .long \\x\n  .long N\n.endm\n  .globl f\nf:\n  cmpb $'(', %al\n  .long N\n  m N\n"
    const patched = old
      .replace('  .globl', '  /* it is\n   nothing */\n\n  .globl')
      .replace('  .long \\x', '\n  .long \\x')
    const neutral = neutralize(change(old, patched), { style })
    const before = objectOf({ 'a.S': old }, 'a.S')
    expect(neutral.unsafe).toEqual([])
    expect(objectOf({ 'a.S': neutral.text }, 'a.S')).toEqual(before)
    expect(objectOf({ 'a.S': patched }, 'a.S')).not.toEqual(before)
  })

  test.for([
    { name: 'between', blank: 30, numbering: 'between' as const },
    { name: 'shared', blank: 0, numbering: 'shared' as const },
  ])('a file above 12,000 lines, where numbers above the last line are too large: $name', ({ blank, numbering }) => {
    const line = (n: number) => `int v${n}(void) { return __LINE__; }\n`
    const body = Array.from({ length: 16_370 - blank }, (_, n) => line(n))
    const old = '\n'.repeat(blank) + body.join('')
    const added = Array.from({ length: 20 }, (_, n) => line(20_000 + n)).join('')
    const file = change(old, '\n'.repeat(blank) + body.toSpliced(8000, 0, added).join(''))
    const neutral = neutralize(file, { style: 'auto' })
    expect(neutral).toMatchObject({ numbering, unsafe: [] })
    expect(neutral.notes).toEqual([expect.stringMatching(/16383 is the largest number/)])
    expect(Math.max(...neutral.numbers)).toBeLessThanOrEqual(16_383)
    expect(faults(file, neutral, [])).toEqual([])
    expect(neutralize(file, { style: 'auto', numberLimit: 65_535 })).toMatchObject({ numbering: 'above', notes: [] })
  })

  test('a renamed file keeps its name and its numbers', () => {
    const old = 'const char *f(void) { return __FILE__; }\nint l = __LINE__;\n'
    const text =
      'diff --git a/old.c b/new.c\nsimilarity index 60%\nrename from old.c\nrename to new.c\n--- a/old.c\n+++ b/new.c\n@@ -1,2 +1,3 @@\n const char *f(void) { return __FILE__; }\n+\n int l = __LINE__;\n'
    const [file] = applyPatches([{ name: 'p', text }], { read: path => (path === 'old.c' ? old : undefined) }).files
    const neutral = file && neutralize(file, { style: 'auto', oldName: 'dir/old.c' })
    expect(neutral?.insertions).toEqual([
      { line: 1, directive: '#line 1 "dir/old.c"', patched: 1, because: 'renamed' },
      { line: 4, directive: '#line 2', patched: 3, because: 'keep-number' },
    ])
    const before = compile(`#line 1 "dir/old.c"\n${old}`, ['-O2'], 'x.c')
    expect(compile(neutral?.text ?? '', ['-O2'], 'x.c')).toEqual(before)
  })

  test('a file that numbers its lines itself is only reformatted', () => {
    const old =
      '#line 100 "grammar.y"\nint g(int, int);\nint f(void) { return __LINE__; }\nint h(void) { return __LINE__; }\n'
    const directive = change(old, old.replace('int f', '/* words */\nint f'))
    expect(neutralize(directive, { style: 'directive' }).unsafe).toMatchObject([
      { patched: 4, patchedEnd: 6, because: 'own-numbers' },
    ])
    const neutral = neutralize(directive, { style: 'auto' })
    expect(neutral).toMatchObject({ unsafe: [], insertions: [], reformatted: [{ how: 'restored' }] })
    expect(compile(neutral.text)).toEqual(compile(old))
  })

  test('new and removed files stay as they are', () => {
    const text = '--- /dev/null\n+++ b/n.c\n@@ -0,0 +1,2 @@\n+int a;\n+int b;\n'
    const [file] = applyPatches([{ name: 'p', text }], { read: () => undefined }).files
    expect(file && neutralize(file, { style: 'auto' })).toMatchObject({
      text: 'int a;\nint b;\n',
      insertions: [],
      unsafe: [],
    })
  })

  test.for(['auto', 'directive', 'reformat'] as const)('a byte order mark stays where it is skipped: %s', style => {
    const old = '\xef\xbb\xbfint g(int);\nint f(void) { return __LINE__; }\n'
    for (const added of ['int n;\n', '/* n */\n', '']) {
      const now = old.replace('int g(int);\n', `${added}int g(int); /* more */\n`)
      const { text } = neutralize(change(old, now), { style })
      expect(text.lastIndexOf('\xef\xbb\xbf')).toBe(0)
      expect(objectOf({ 's.c': text }, 's.c').length).toBeGreaterThan(0)
    }
  })

  test.for(['', '\xef\xbb\xbf'])(
    'a shifted file differs by its line numbers, also behind a byte order mark (%j)',
    mark => {
      const text = `${mark}int l = __LINE__;\nconst char *f = __FILE__;\n`
      const expected = `int l = 4;\nconst char *f = __FILE__;\n`
      expect(objectOf({ 's.c': shiftLines(text, 3) }, 's.c')).toEqual(objectOf({ 's.c': expected }, 's.c'))
    },
  )
})
