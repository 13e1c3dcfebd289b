/** Static variables that nothing read, which compilers leave out, and that a patch reads: what they held is nowhere. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { patchProgram } from '../support/small-program.ts'

interface Row {
  readonly name: string
  readonly before: string
  readonly after: string
  /** By compiler, where not all of them say the same. */
  readonly refused?: readonly string[] | Readonly<Record<string, readonly string[]>>
}

const file = (...lines: readonly string[]) => `extern int out(int);\n${lines.join('\n')}\n`
const SET = 'void set(int n) { out(1); last = n; }'
const PLAIN = 'int f(int n) { return out(n); }'
const READS = 'int f(int n) { return out(n + last); }'
const ONCE = '#define ONCE do { static int once; if (!once++) out(7); } while (0)'
const PAIR = 'static struct { int a, b; } pair;\nvoid set(int n) { out(1); pair.a = n; pair.b = n * 3; }'
const LOCAL = (rest: string) =>
  file(`int f(int n) { static unsigned char seen; int r = n; if (n % 4 == 2) seen = 1; r += seen ? 89 : 66; ${rest} }`)
const INLINE = (value: string) =>
  `static inline int count(int by) { static int hits; int old = ${value}; hits = by; return old; }`

const ROWS: readonly Row[] = [
  {
    name: 'it was only written, and is read now',
    before: file('static int last;', SET, PLAIN),
    after: file('static int last;', SET, READS),
    refused: ['state-left-behind last'],
  },
  {
    name: 'the same, and its declaration moves',
    before: file('static int last;', SET, PLAIN),
    after: file('', '', 'static int last;', '', SET, READS),
    refused: ['state-left-behind last'],
  },
  {
    name: 'the same, and its declaration is written anew',
    before: file('static int last;', SET, PLAIN),
    after: file('static int last = 0;', SET, READS),
    refused: ['state-left-behind last'],
  },
  {
    name: 'what was made of it came to nothing',
    before: LOCAL('r = out(n); return r;'),
    after: LOCAL('r ^= out(n); return r;'),
    refused: { gcc: ['state-left-behind seen.0'], 'clang-14': ['state-left-behind f.seen'] },
  },
  {
    name: 'one of a function that a macro declares',
    before: file('#define KEPT(v) static int v', 'int f(int n) { KEPT(mode); mode = n; return out(n); }'),
    after: file('#define KEPT(v) static int v', 'int f(int n) { KEPT(mode); out(mode); mode = n; return out(n); }'),
    refused: { gcc: ['state-left-behind mode.0'], 'clang-14': ['state-left-behind f.mode'] },
  },
  {
    name: 'a table that was only written',
    before: file('static int last[4];', 'void set(int n) { out(1); last[n & 3] = n; }', PLAIN),
    after: file(
      'static int last[4];',
      'void set(int n) { out(1); last[n & 3] = n; }',
      'int f(int n) { return out(last[n & 3]); }',
    ),
    refused: ['state-left-behind last'],
  },
  {
    name: 'a member that nobody read, beside one that is read',
    before: file(PAIR, 'int f(int n) { return out(n + pair.a); }'),
    after: file(PAIR, 'int f(int n) { return out(n + pair.a + pair.b); }'),
    refused: {
      gcc: [],
      'clang-14': ['ambiguous-static pair.1', 'ambiguous-static pair.1'],
    },
  },
  {
    name: 'its address is taken, and nothing came of that',
    before: file('static int last;', 'void set(int n) { int *to = &last; out(1); *to = n; }', PLAIN),
    after: file('static int last;', 'void set(int n) { int *to = &last; out(1); *to = n; }', READS),
    refused: ['state-left-behind last'],
  },
  {
    name: 'it had its first value only, which the patch changes while running',
    before: file('static int mode = 3;', 'int f(int n) { return out(n + mode); }', 'int g(int n) { return out(n); }'),
    after: file(
      'static int mode = 3;',
      'int f(int n) { return out(n + mode); }',
      'int g(int n) { mode = n; return out(n); }',
    ),
  },
  {
    name: 'nothing had it before, only another’s parameter is called so',
    before: file('int g(int last) { return out(last * 3); }', PLAIN, 'void set(int n) { out(1); }'),
    after: file('int g(int last) { return out(last * 3); }', 'static int last;', READS, SET),
  },
  {
    name: 'an automatic one becomes static',
    before: file('int f(int n) { int last = 3; last += out(n); return out(2); }'),
    after: file('int f(int n) { static int last = 3; last += out(n); return out(last); }'),
  },
  {
    name: 'an inline function that has it is called for the first time',
    before: file(INLINE('hits'), 'int f(int n) { return out(n); }'),
    after: file(INLINE('hits'), 'int f(int n) { return out(count(n)); }'),
  },
  {
    name: 'an inline function reads what it only wrote',
    before: file(INLINE('by'), 'int f(int n) { return out(count(n)); }'),
    after: file(INLINE('hits'), 'int f(int n) { return out(count(n)); }'),
    refused: { gcc: ['state-left-behind hits.0'], 'clang-14': ['state-left-behind count.hits'] },
  },
  {
    name: 'one more of those that a macro declares',
    before: file(ONCE, 'int g(int n) { ONCE; return out(n); }', PLAIN),
    after: file(ONCE, 'int g(int n) { ONCE; return out(n); }', 'int f(int n) { ONCE; return out(n); }'),
  },
]

describe.for([['gcc'], ['clang-14', '-g']])(
  'variables that objects did not have: %s',
  ([compiler = '', ...options]) => {
    const isThere = spawnSync(compiler, ['--version']).status === 0
    test.skipIf(!isThere).for(ROWS)('$name', async ({ before, after, refused = [] }) => {
      const command = [compiler, '-O2', ...options]
      const found = await patchProgram({ files: { 'm.c': before }, command }, { 'm.c': after })
      const expected = Array.isArray(refused)
        ? refused
        : (Object.entries(refused).find(([of]) => of === compiler)?.[1] ?? [])
      expect([found.error, found.refused]).toEqual([undefined, expected])
    })
  },
)

describe('in C++, where functions stand in namespaces and classes', () => {
  const IN_SPACE = (read: string) =>
    file(
      'namespace { int last; struct S { int get(int n) { return out(n + READ); } void set(int n) { out(1); last = n; } }; } S s;'.replace(
        'READ',
        read,
      ),
      'int f(int n) { s.set(n); return n; }',
      'int g(int n) { return s.get(n); }',
    )
  const OF_TEMPLATE = (read: string) =>
    file(
      'namespace { template <class T> struct S { static T last; }; template <class T> T S<T>::last; }',
      `int f(int n) { ${read} S<int>::last = n; return n; }`,
    )
  const isThere = spawnSync('g++', ['--version']).status === 0
  test.skipIf(!isThere).for([
    ['of a namespace', IN_SPACE('2'), IN_SPACE('last'), ['state-left-behind _ZN12_GLOBAL__N_14lastE']],
    [
      'of a function',
      file('int f(int n) { static int last; last = n; return out(n); }'),
      file('int f(int n) { static int last; out(last); last = n; return out(n); }'),
      ['state-left-behind _ZZ1fiE4last'],
    ],
    [
      'of a template’s class',
      OF_TEMPLATE('out(n);'),
      OF_TEMPLATE('out(S<int>::last);'),
      ['state-left-behind _ZN12_GLOBAL__N_11SIiE4lastE'],
    ],
    [
      'that is new',
      file('int f(int n) { return out(n); }'),
      file('int f(int n) { static int last; out(last); last = n; return out(n); }'),
      [],
    ],
  ] as const)('one %s', async ([, before, after, refused]) => {
    const command = ['g++', '-O2', '-fno-exceptions', '-fno-asynchronous-unwind-tables']
    const found = await patchProgram({ files: { 'm.c': before }, command }, { 'm.c': after })
    expect([found.error, found.refused]).toEqual([undefined, refused])
  })
})

test('where the compiler does not preprocess what it compiles, nobody can say', async () => {
  const script = '#!/bin/sh\nfor word; do [ "$word" = -E ] && exit 1; done\nexec gcc "$@"\n'
  const files = { 'm.c': file('static int last;', SET, PLAIN), 'compile.sh': script }
  const program = { files, command: ['./compile.sh', '-O2', '-fcf-protection=none'] }
  const found = await patchProgram(program, { 'm.c': file('static int last;', SET, READS) })
  const lost = found.run?.refusals.filter(({ code, symbol }) => code === 'state-left-behind' && symbol === 'last')
  expect(lost?.map(({ text }) => text)).toEqual([expect.stringContaining('does not preprocess that source')])
})
