/** What code was made from, by text, calls and debug information, as gcc makes them. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import { takeApartText } from '../../ctext/outline.ts'
import { inlinedInto } from '../../dwarf/index.ts'
import { readElf } from '../../elf/index.ts'
import { XEN } from '../../loaders/xen/xen.ts'
import { sourceName } from '../../pieces/names.ts'
import { pieceMap } from '../../pieces/pieces.ts'
import { functionsNamed } from './inlined-code.ts'
import { madeFrom } from './made-from.ts'

const APART = '__attribute__((noinline, noclone)) '
const E = 'extern int e(int);\n'

interface Row {
  readonly name: string
  readonly text: string
  readonly held: readonly string[]
  readonly called?: readonly string[]
  /** As where the compiler tells nothing. */
  readonly untold?: boolean
}

test.skipIf(!hasGcc).for<Row>([
  {
    name: 'one that is inlined, and has code of its own too',
    text: 'static int g(int a) { return e(a) * 7; } int f(int a) { return g(a); } int (*p)(int) = g;',
    held: ['g'],
  },
  {
    name: 'one that is folded into a constant, of which debug information has nothing',
    text: 'static int g(void) { return 5; } int f(int a) { return e(a) + g(); } int (*p)(void) = g;',
    held: ['g'],
  },
  {
    name: 'one by way of another that has no code of its own',
    text: 'static int g(int a) { return e(a) * 7; } static inline int h(int a) { return g(a) + 1; } int f(int a) { return h(a); } int (*p)(int) = g;',
    held: ['g', 'h'],
  },
  {
    name: 'one that is called, and what is in that is its own affair',
    text: `static int g(int a) { return e(a) * 7; } ${APART}static int h(int a) { return g(a) + 1; } int f(int a) { return h(a); } int (*p)(int) = g;`,
    held: [],
    called: ['h'],
  },
  {
    name: 'one that is inlined here and called there',
    text: `static int g(int a) { if (a) return 0; return e(a) * 9 + e(a + 1) + e(a + 2) * e(4) + e(a * 3) + e(a * 5); } int f(int a) { return g(a) + g(a + 1); } int (*p)(int) = g;`,
    held: ['g'],
    called: ['g'],
  },
  {
    name: 'one whose address is taken',
    text: 'static int g(int a) { return e(a) * 7; } void take(int (*)(int)); void f(void) { take(g); }',
    held: [],
    called: ['g'],
  },
  {
    name: 'all that is named, where the compiler tells nothing',
    text: `static int g(int a) { return e(a) * 7; } ${APART}static int h(int a) { return g(a) + 1; } int f(int a) { return h(a); } int (*p)(int) = g;`,
    held: ['g', 'h'],
    called: ['h'],
    untold: true,
  },
  {
    name: 'nothing that a string only says',
    text: 'static int g(int a) { return e(a) * 7; } const char *f(void) { return "g(1) \\" g"; } int (*p)(int) = g;',
    held: [],
  },
  {
    name: 'nothing that it calls elsewhere, nor itself',
    text: 'int f(int a) { return a ? f(e(a)) * 3 : 0; }',
    held: [],
  },
])(`$name${withoutGcc}`, ({ text, held, called = [], untold }) => {
  const object = readElf<'patched'>(compile(E + text, ['-O2', '-g', '-gdwarf-5', '-ffunction-sections']))
  const map = pieceMap(object, { loader: XEN })
  const reached = functionsNamed(map, 'f')
  const inlined = untold === true ? undefined : inlinedInto(object)
  const found = madeFrom(sourceName('f'), { bodies: takeApartText(E + text).bodies, inlined }, reached)
  expect([...found.held].sort()).toEqual(held)
  expect([...found.called].sort()).toEqual(called)
})
