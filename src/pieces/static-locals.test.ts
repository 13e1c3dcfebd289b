/** What a payload calls the static locals that it brings: by what the compiler's numbers do not change. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { readElf } from '../elf/index.ts'
import { PROCESS } from '../loaders/process/process.ts'
import { pieceMap } from './pieces.ts'
import { stateNames, variableOf } from './static-locals.ts'

const FLAGS = ['-O2', '-ffunction-sections', '-fdata-sections', '-fno-ipa-icf']

test.skipIf(!hasGcc).for([
  { name: 'one of a function', text: 'int f(void) { static int n; return n++; }', names: ['u.c#f#n'] },
  {
    name: 'one of each of two',
    text: 'int f(void) { static int n; return n++; } int g(void) { static int n; return n--; }',
    names: ['u.c#f#n', 'u.c#g#n'],
  },
  {
    name: 'two of one name in one function',
    text: 'int f(int x) { if (x) { static int n; return n++; } static int n; return n--; }',
    names: ['u.c##f#n.0', 'u.c##f#n.1'],
  },
  {
    name: 'one whose function is inlined into two',
    text: 'static inline __attribute__((always_inline)) int h(void) { static int n; return n++; } int f(void) { return h(); } int g(void) { return h() + 3; }',
    names: ['u.c##f,g#n.0'],
  },
  {
    name: 'one that data leads to',
    text: 'int *f(void) { static int n; static int *p = &n; n++; return p++; }',
    names: ['u.c##&p.0,f#n.1', 'u.c#f#p'],
  },
  { name: 'as clang names it', text: 'int n __asm__("f.n"); int f(void) { return n++; }', names: [] },
  {
    name: 'a constant, a variable of the file',
    text: 'static int m; int f(int x) { static const int n[] = { 3, 5 }; return n[x] + m++; }',
    names: [],
  },
])(`$name${withoutGcc}`, ({ text, names }) => {
  const map = pieceMap(readElf<'patched'>(compile(text, FLAGS)), { loader: PROCESS })
  expect([...stateNames(map, 'u.c').values()].toSorted()).toEqual(names)
})

test.for([
  ['all', '', ['all'], true],
  ['u.c#all', 'u.c', ['all'], true],
  ['u.c#f#n', 'u.c', ['n'], true],
  ['u.c##f,g#n.0', 'u.c', ['n'], false],
  ['u.c##&p.0,f#n.1', 'u.c', ['n'], false],
] as const)('%s', ([name, file, names, isSure]) => {
  expect(variableOf(name)).toEqual({ file, names, isSure })
})
