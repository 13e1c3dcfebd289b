/**
 * Neutralized texts against the preprocessor: random files of awkward pieces, random edits, every style. gcc -E must see
 * the patched file's tokens, and on every line that did not change and is not listed as unsafe, the original's number.
 * HOTSPLICE_NEUTRAL_RUNS sets how many.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { neutralize } from '../../src/lines/neutral.ts'
import type { NeutralStyle } from '../../src/lines/neutral-model.ts'
import { hasGcc } from '../support/gcc.ts'
import { faults } from './faults.ts'
import { presumedTokens } from './presumed.ts'
import { touched } from './touched.ts'

const runs = Number(process.env.HOTSPLICE_NEUTRAL_RUNS ?? 25)
const PRELUDE = '#define M(x, ...) x __LINE__ #x\n#define PASTE_(a, b) a##b\n#define PASTE(a, b) PASTE_(a, b)\n'

const PIECES = [
  'int v = __LINE__;\n',
  '\n',
  '/* words\n   more */ int a = __LINE__;\n',
  '// words \\\n   more\nint b = __LINE__;\n',
  '#define D(x) do { \\\n  x; \\\n  M(x); \\\n} while (0)\nD(q)\n',
  "#if 0\n  don't (\n#else\n  int c = __LINE__;\n#endif\n",
  '#ifdef X\n  int d = __LINE__;\n#else\n  int e = __LINE__;\n#endif\n',
  '#ifdef X\n  int x1;\n#ifndef Y\n  int x2;\n#elif 1\n  int x3;\n#endif\n  int x4;\n#endif\nint x5;\n',
  'f(a,\n  b + __LINE__,\n  c);\n',
  'M(1,\n  2,\n  3)\n',
  'M\n(4)\n',
  'char *s = "one\\\n two";\n',
  'char *r = R"(\n  one " two\n)";\n',
  'int arr[] = {\n  1,\n  __LINE__,\n  M(2),\n};\n',
  'if ( x )\n  y = __LINE__;\n',
  'asm volatile ( "a"\n  "b" : : "i" (__LINE__) );\n',
  'z = y /* c */ + \\\n  __LINE__;\n',
  'int PASTE(u, __LINE__);\n',
  '#ifdef X\nf(\n#else\ng(\n#endif\n  1);\n',
  '#pragma words\n',
  '/* one */ /* two\n*/ #define EMPTY /* three\n four */ here\nEMPTY\n',
]
const ADDED = [
  'int n = __LINE__;\n',
  '\n',
  '/* c */\n',
  '  more; \\\n',
  '#ifdef X\n',
  '#endif\n',
  '#else\n',
  'k, // c\n',
  'h(\n',
  ');\n',
  '/*\n',
  '*/\n',
  '  one " two\n',
]

const file = fc
  .array(fc.constantFrom(...PIECES), { minLength: 2, maxLength: 9 })
  .map(pieces => PRELUDE + pieces.join(''))
const edits = fc.array(
  fc.tuple(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.nat(3),
    fc.array(fc.constantFrom(...ADDED), { maxLength: 4 }),
  ),
  { minLength: 1, maxLength: 3 },
)

function edit(text: string, splices: readonly (readonly [number, number, string[]])[]): string {
  const head = PRELUDE.split('\n').length - 1
  const lines = text.split(/(?<=\n)/)
  for (const [where, removed, added] of splices) {
    lines.splice(head + Math.floor(where * (lines.length - head + 1)), removed, ...added)
  }
  return lines.join('')
}

describe.skipIf(!hasGcc)(`neutral texts, by gcc${hasGcc ? '' : ' (skipped: needs gcc)'}`, () => {
  test.for<NeutralStyle>(['auto', 'directive', 'reformat'])('%s', { timeout: 1_200_000 }, style => {
    let [compared, clean] = [0, 0]
    fc.assert(
      fc.property(file, edits, (oldText, splices) => {
        const newText = edit(oldText, splices)
        const change = touched(oldText, newText)
        fc.pre(change !== undefined)
        if (change === undefined) return
        fc.pre(presumedTokens(oldText) !== undefined && presumedTokens(newText) !== undefined)
        const neutral = neutralize(change, { style })
        compared++
        if (neutral.unsafe.length === 0) clean++
        for (const options of [[], ['-DX']]) expect(faults(change, neutral, options), neutral.text).toEqual([])
      }),
      { numRuns: runs, seed: 20261122 },
    )
    if (process.env.HOTSPLICE_NEUTRAL_RUNS)
      console.log(`${style}: ${compared} compared, ${clean} without an unsafe line`)
    if (style === 'auto') expect(clean).toBeGreaterThan(compared / 2)
  })

  test('an off line that is not listed is found', () => {
    const change = touched('int a = __LINE__;\nint b;\n', 'int n;\nint a = __LINE__;\nint b;\n')
    expect(change).toBeDefined()
    if (change === undefined) return
    const neutral = neutralize(change, { style: 'auto' })
    expect(faults(change, neutral, [])).toEqual([])
    expect(faults(change, { ...neutral, text: change.newText }, [])).not.toEqual([])
    expect(faults(change, { ...neutral, text: neutral.text.replace('int b', 'int c') }, [])).not.toEqual([])
  })
})
