/** What compilers say of the functions that they put into others. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { readElf } from '../elf/index.ts'
import { inlinedInto } from './inlined.ts'

const TEXT = `extern int e(int);
static inline int leaf(int a) { return e(a) * 7; }
static inline int middle(int a) { return leaf(a) + e(a + 1); }
__attribute__((noinline)) static int apart(int a) { return leaf(a) - 1; }
static int split(int a) { if (a) return 0; return e(a) * 9 + e(a + 1) + e(a + 2) * e(4) + e(a * 3) + e(a * 5); }
int direct(int a) { return leaf(a); }
int nested(int a) { return middle(a) + 1; }
int calls(int a) { return apart(a); }
int halves(int a) { return split(a) + split(a + 1); }
int none(int a) { return a; }
`

test.skipIf(!hasGcc).for([
  { name: 'one that is put in directly', of: 'direct', holds: ['leaf'] },
  { name: 'one by way of another', of: 'nested', holds: ['leaf', 'middle'] },
  { name: 'not what one that is called has in it', of: 'calls', holds: [] },
  { name: 'that one has it itself', of: 'apart', holds: ['leaf'] },
  { name: 'the head of one that is split', of: 'halves', holds: ['split'] },
  { name: 'nothing', of: 'none', holds: [] },
])(`$name${withoutGcc}`, ({ of, holds }) => {
  const into = inlinedInto(readElf<'original'>(compile(TEXT, ['-O2', '-g', '-gdwarf-5'])))
  expect([...(into.get(of) ?? [])].sort()).toEqual(holds)
})

test.skipIf(!hasGcc)(`of an object without debug information nothing is known${withoutGcc}`, () => {
  expect(inlinedInto(readElf<'original'>(compile(TEXT, ['-O2', '-g0']))).size).toBe(0)
})
