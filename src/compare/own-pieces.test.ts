/** What a verdict is about, and what many share: doubt about the one is no doubt about the other. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge } from '../../tests/support/judge.ts'
import { ownPieces, sharedPieces } from './own-pieces.ts'

const TEXT = `
extern int printk(const char *format, ...);
int kept = 5;
__attribute__((cold, noinline)) void oops(int a);
int f(int *p) { int r = 0; if (*p > 9) { oops(1); printk("text"); } __asm__ volatile("1: movl (%1), %0\\n2:\\n.section .fixup,\\"ax\\"\\n3: movl $8, %0\\njmp 2b\\n.previous\\n\\
.section .ex_table,\\"a\\"\\n.balign 4\\n.long 1b - ., 3b - .\\n.previous" : "+r"(r) : "r"(p)); return r + kept; }
int g(int a) { return a + kept; }
`

test.skipIf(!hasGcc)(`a function's own are its code, its parts and its entries${withoutGcc}`, () => {
  const object = compile(TEXT)
  const verdicts = judge(object, object)
  const { pieces } = verdicts.correlation.original
  const named = (ids: readonly number[]) => ids.map(id => pieces[id]?.name.replace(/\+.*/, '')).sort()
  const own = verdicts.functions.map(judged => [judged.name, named(ownPieces(verdicts, judged))])
  expect(own).toEqual([
    ['f', ['.ex_table', 'f', 'f.cold']],
    ['g', ['g']],
  ])
  const kinds = new Set(sharedPieces(verdicts).map(id => pieces[id]?.kind))
  expect([...kinds].sort()).toEqual(['chunk', 'data', 'string'])
})
