/** What compilers make of uses of an address, and whether it may be kept. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import { readElf } from '../../elf/index.ts'
import { XEN } from '../../loaders/xen/xen.ts'
import { pieceMap } from '../../pieces/pieces.ts'
import { keepsAddress } from './address-flow.ts'

const HEAD = `extern const int table[6]; extern const int *kept; extern int out(int); extern int take(const int *);
extern const int *find(void); struct holder { const int *at; };\n`

interface Row {
  readonly name: string
  readonly code: string
  readonly keeps: boolean
}

const ROWS: readonly Row[] = [
  { name: 'one element', code: 'int f(void) { return table[2]; }', keeps: false },
  { name: 'an element by its number', code: 'int f(int i) { return table[i & 3]; }', keeps: false },
  {
    name: 'a loop over all of it',
    code: 'int f(int n) { for (int i = 0; i < 6; i++) if (table[i] == n) return i; return -1; }',
    keeps: false,
  },
  {
    name: 'a loop with calls',
    code: 'int f(int n) { for (int i = 0; i < 6; i++) n += out(table[i]); return n; }',
    keeps: true,
  },
  { name: 'handed on', code: 'int f(void) { return take(table) + 1; }', keeps: true },
  { name: 'handed on as the last thing', code: 'int f(void) { return take(table); }', keeps: true },
  { name: 'a place in it handed on', code: 'int f(int i) { return take(&table[i]) + 1; }', keeps: true },
  { name: 'stored', code: 'void f(void) { kept = table; }', keeps: true },
  { name: 'stored through a pointer', code: 'void f(struct holder *h) { h->at = table + 1; }', keeps: true },
  { name: 'returned', code: 'const int *f(void) { return table; }', keeps: true },
  { name: 'a place in it returned', code: 'const int *f(int i) { return &table[i]; }', keeps: true },
  {
    name: 'returned beside a number',
    code: 'struct both { long n; const int *at; }; struct both f(void) { return (struct both){ out(1), table }; }',
    keeps: true,
  },
  {
    name: 'returned beside what another register of a result gave',
    code: 'struct both { long n; const int *at; }; struct both f(long a, long b, long n) { return (struct both){ out(n) + n / b, n ? table : 0 }; }',
    keeps: true,
  },
  { name: 'compared with another', code: 'int f(const int *p) { return p == table ? out(1) : out(2); }', keeps: true },
  { name: 'compared with what is stored', code: 'int f(struct holder *h) { return h->at == table; }', keeps: true },
  { name: 'a distance to another', code: 'long f(const int *p) { return p - table; }', keeps: true },
  {
    name: 'one of two',
    code: 'int f(int i, int n) { const int *at = i ? table : find(); return at[n & 1]; }',
    keeps: true,
  },
  {
    name: 'held over a call that spares its register',
    code: 'static int ticks; static __attribute__((noinline)) void tick(void) { ticks++; } void f(int n) { const int *p = table; while (*p < n) p++; tick(); kept = p; }',
    keeps: true,
  },
  {
    name: 'stored behind a trap that goes on',
    code: 'void f(int n) { const int *p = table; while (*p < n) p++; __asm__ volatile("ud2" ::: "memory"); kept = p; }',
    keeps: true,
  },
  {
    name: 'handed to assembly that calls',
    code: 'int f(int n) { const int *p = table; while (*p < n) p++; __asm__ volatile("call helper" : "+a"(p) :: "memory"); return 0; }',
    keeps: true,
  },
  {
    name: 'a part of it replaced, and returned',
    code: 'const int *f(int c, int n) { const int *p = table; while (*p < n) p++; __asm__("mov %b1,%b0" : "+q"(p) : "q"(c)); return p; }',
    keeps: true,
  },
]
const FLAGS = [
  ['-O2', '-fpic', '-fvisibility=hidden'],
  ['-O2', '-fno-pic', '-mcmodel=kernel'],
  ['-O1', '-fno-pic', '-fno-pie'],
  ['-Os', '-fpie', '-fvisibility=hidden'],
]

test.skipIf(!hasGcc).for(ROWS)(`$name: $keeps${withoutGcc}`, ({ code, keeps }) => {
  const answers = FLAGS.map(flags =>
    answerFor(
      HEAD.replace('extern const int table', 'extern __attribute__((visibility("hidden"))) const int table') + code,
      flags,
    ),
  )
  expect(answers).toEqual(FLAGS.map(() => keeps))
})

function answerFor(text: string, flags: readonly string[], mayWrite = false): boolean {
  const map = pieceMap(readElf<'original'>(compile(text, [...flags, '-ffunction-sections', '-fcf-protection=none'])), {
    loader: XEN,
  })
  const piece = map.pieces.find(({ name }) => name === 'f')
  if (piece === undefined) throw new Error('there is f')
  const bytes = map.object.sections[piece.section]?.bytes.subarray(piece.offset, piece.offset + piece.size)
  const fields = piece.references.filter(({ target }) => target.to === 'external' && target.name === 'table')
  expect(fields.length).toBeGreaterThan(0)
  return keepsAddress(
    bytes ?? new Uint8Array(),
    fields.map(({ offset }) => offset),
    {
      relocated: new Set(piece.references.map(({ offset }) => offset)),
      toParts: new Set(),
      mayWrite,
      returnsOne: !text.includes('struct both'),
    },
  )
}

test.skipIf(!hasGcc).for([
  { name: 'written', code: 'void f(int i) { table[2] = i; }', keeps: false },
  { name: 'written by its number', code: 'int f(int i, int n) { table[i & 3] += n; return n; }', keeps: false },
  { name: 'its own address written there', code: 'void f(int i) { *(int **)table = table; }', keeps: true },
])(`where writing is allowed, $name: $keeps${withoutGcc}`, ({ code, keeps }) => {
  const text = `extern __attribute__((visibility("hidden"))) int table[6]; ${code}`
  expect(FLAGS.map(flags => answerFor(text, flags, true))).toEqual(FLAGS.map(() => keeps))
  expect(FLAGS.map(flags => answerFor(text, flags))).toEqual(FLAGS.map(() => true))
})

test.skipIf(!hasGcc)(`returned through a thunk is returned${withoutGcc}`, () => {
  const text =
    'extern __attribute__((visibility("hidden"))) const int table[6]; const int *f(int i) { return &table[i & 3]; }'
  expect(answerFor(text, ['-O2', '-mfunction-return=thunk-extern'])).toBe(true)
})
