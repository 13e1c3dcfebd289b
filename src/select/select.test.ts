import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { RULES, selectFrom, selectionLines } from '../../tests/support/judge.ts'
import type { PieceAddress, Selection } from './model.ts'

const PERCPU = 'static __attribute__((section(".bss.percpu"))) int '
const HEAD = `
extern int printk(const char *format, ...);
extern int flag;
#define NOINLINE __attribute__((noinline, noclone))
`

interface Row {
  readonly name: string
  readonly before: string
  readonly after: string
  readonly selection: readonly string[]
}

const rows: readonly Row[] = [
  {
    name: 'nothing for nothing',
    before: 'int f(int a) { return a; }',
    after: 'int f(int a) { return a; }',
    selection: [],
  },
  {
    name: 'a changed function with the string that it reaches, and no other',
    before: 'int f(void) { return printk("one"); } int g(void) { return printk("two"); }',
    after: 'int f(void) { return printk("one!"); } int g(void) { return printk("two"); }',
    selection: ['content .rodata.f.str1.1+0x0', 'replacement f'],
  },
  {
    name: 'a new function with new data, reached through a changed one',
    before: 'int f(int a) { return a + flag * 11; }',
    after:
      'static int seen; static NOINLINE int note(int a) { return seen += a; } int f(int a) { return note(a) + flag * 11; }',
    selection: ['new-function note', 'replacement f', 'new-data seen'],
  },
  {
    name: 'a new indirect function is refused: its callers would reach what chooses it',
    before: 'int f(int a) { return a + flag * 11; }',
    after: `static int one(void) { return 1; } static void *choose(void) { return one; }
      int chosen(void) __attribute__((ifunc("choose"))); int f(int a) { return chosen() + flag * 11; }`,
    selection: ['replacement f', 'refused relocation-not-allowed chosen'],
  },
  {
    name: 'a new function that nothing reaches stays out',
    before: 'int f(int a) { return a + flag * 11; }',
    after: 'int f(int a) { return a + flag * 12; } int unused(int a) { return a * 77; }',
    selection: ['replacement f'],
  },
  {
    name: 'a static local keeps its state',
    before: 'int f(void) { static int count; return ++count + 100 * flag; }',
    after: 'int f(void) { static int count; return ++count + 200 * flag; }',
    selection: ['replacement f'],
  },
  {
    name: 'changed initial values are refused',
    before: 'int limit = 5; int f(void) { return limit; }',
    after: 'int limit = 6; int f(void) { return limit; }',
    selection: ['refused changed-data limit'],
  },
  {
    name: 'changed boot code is refused, and still said to be taken',
    before: '__attribute__((section(".init.text"))) int f(void) { return flag * 3; }',
    after: '__attribute__((section(".init.text"))) int f(void) { return flag * 5; }',
    selection: ['replacement f', 'refused init-code f'],
  },
  {
    name: 'a function too small for the jump',
    before: 'void f(void) { }',
    after: 'void f(void) { flag = 1; }',
    selection: ['replacement f', 'refused too-small f'],
  },
  {
    name: 'an array that grows',
    before: 'int table[8]; int f(int i) { return table[i] * flag; }',
    after: 'int table[9]; int f(int i) { return table[i] * flag; }',
    selection: ['refused data-layout table'],
  },
  {
    name: 'new per-CPU data',
    before: 'int f(int i) { return i * flag; }',
    after: 'static __attribute__((section(".bss.percpu"))) int own; int f(int i) { return own += i * flag; }',
    selection: ['replacement f', 'refused percpu-data own'],
  },
  {
    name: 'a per-CPU variable that goes',
    before: `${PERCPU}own; int f(int i) { return own += i * flag; }`,
    after: 'int f(int i) { return i * flag; }',
    selection: ['replacement f'],
  },
  {
    name: 'one per-CPU variable that goes and one that stays, read and written',
    before: `${PERCPU}own; ${PERCPU}kept; int f(int i) { return kept += own += i * flag; }`,
    after: `${PERCPU}kept; int f(int i) { return kept += i * flag + 3; }`,
    selection: ['replacement f'],
  },
  {
    name: 'a per-CPU variable that grows',
    before: `${PERCPU}own[2]; int f(int i) { return own[i & 1] += i * flag; }`,
    after: `${PERCPU}own[4]; int f(int i) { return own[i & 3] += i * flag; }`,
    selection: ['replacement f', 'refused percpu-data own'],
  },
  {
    name: 'a per-CPU variable that becomes one of all',
    before: `${PERCPU}own; int f(int i) { return own += i * flag; }`,
    after: 'static int own; int f(int i) { return own += i * flag + 2; }',
    selection: ['replacement f', 'refused data-layout own'],
  },
  {
    name: 'a table in a section that the loader does not know',
    before:
      'int f(int i) { return i * flag; } __attribute__((section(".notifiers"), used)) static void *entry[] = { f };',
    after:
      'int f(int i) { return i * flag; } __attribute__((section(".notifiers"), used)) static void *entry[] = { f, f };',
    selection: ['refused unknown-section entry'],
  },
  {
    name: 'a load hook brings itself and what it needs',
    before: 'int f(int i) { return i * flag; }',
    after:
      'int f(int i) { return i * flag; } static void hook(void) { printk("hello"); } void *__attribute__((weak, section(".livepatch.hooks.load"))) const data = hook;',
    selection: ['new-function hook', 'content .rodata.hook.str1.1+0x0', 'hook data'],
  },
]

test.skipIf(!hasGcc).for(rows)(`$name${withoutGcc}`, ({ before, after, selection }) => {
  const selected = selectFrom(compile(HEAD + before), compile(HEAD + after))
  expect(selectionLines(selected).toSorted()).toEqual(selection.toSorted())
})

test.skipIf(!hasGcc)(`a call goes to the new code, an address taken stays the old one${withoutGcc}`, () => {
  const text = (n: number) =>
    `${HEAD} NOINLINE int f(int a) { return a * ${n} + flag; } int g(int a) { return f(a) * ${n}; } void *h(int a) { flag = a * ${n}; return f; }`
  const { pieces } = selectFrom(compile(text(3)), compile(text(5)))
  const links = (name: string) => pieces.find(({ piece }) => piece.name === name)?.references.map(({ link }) => link.to)
  expect(links('g')).toContain('payload')
  expect(pieces.find(({ piece }) => piece.name === 'h')?.references.map(({ link }) => link)).toContainEqual(
    expect.objectContaining({ to: 'running', name: 'f' }),
  )
})

test.skipIf(!hasGcc)(`a name that the running system lacks, or has twice, is refused${withoutGcc}`, () => {
  const text = (n: number) => `${HEAD} static int own[4]; int f(int a) { return own[a]++ + flag * ${n}; }`
  const [before, after] = [compile(text(11)), compile(text(13))]
  const codes = (count: (name: string) => number) =>
    selectFrom(before, after, { ...RULES, countRunning: count }).refusals.map(({ code }) => code)
  expect(codes(name => (name === 'unit.c#own' ? 0 : 1))).toContain('symbol-not-found')
  expect(codes(name => (name === 'unit.c#own' ? 2 : 1))).toContain('duplicate-name')
  expect(codes(() => 1)).toEqual([])
})

test.skipIf(!hasGcc)(`everything included has a chain that ends at a changed function${withoutGcc}`, () => {
  const before = 'int f(int a) { return a + flag * 11; }'
  const after =
    'static int deep; static NOINLINE int note(int a) { printk("noted"); return deep += a; } int f(int a) { return note(a) + flag * 11; }'
  const selection = selectFrom(compile(HEAD + before), compile(HEAD + after))
  for (const { address } of selection.pieces) {
    expect(endOfChain(selection, address)?.role).toBe('replacement')
  }
  expect(selection.pieces.length).toBeGreaterThan(3)
})

/** Where the reasons lead from a piece; undefined where they go in a circle, or to a piece that is not there. */
function endOfChain({ pieces }: Selection, { unit, piece }: PieceAddress) {
  let found = pieces.find(({ address }) => address.unit === unit && address.piece === piece)
  for (let step = 0; step < pieces.length && found !== undefined; step++) {
    const { because } = found
    if (because === undefined) return found
    found = pieces.find(({ address }) => address.unit === because.unit && address.piece === because.piece)
  }
  return undefined
}
