/** Static variables that a patch leaves with their first value only: compilers put that value wherever they are read. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { patchProgram } from '../support/small-program.ts'

const HEAD =
  'extern int printf(const char *, ...);\n#define WARN_ONCE static int warned; if (!warned++) printf("once")\n'
const READ = '__attribute__((noinline)) int get(int x) { return mode ? x + 10 : x * 20; }\n'
const set = (body: string) => `__attribute__((noinline)) void set(int x) { ${body} printf("%d", x); }\n`
const WRITES = set('if (x > 3) mode = 1;')

interface Row {
  readonly name: string
  readonly before: string
  readonly after: string
  /** By compiler, where not all of them say the same. */
  readonly refused?: readonly string[] | Readonly<Record<string, readonly string[]>>
}

const TABLE =
  'static int tab[4] = {3, 5, 9, 12};\n__attribute__((noinline)) int get(int x) { return tab[x & 3] + x; }\n'

const file = (...lines: readonly string[]) => `extern int out(int);\n${lines.join('\n')}\n`
const USE = 'int f(int n) { out(n); if (mode) return out(n * 3); return out(n) + 1; }'

const POINTED =
  'static int mode;\nstatic int *const where = &mode;\nint f(int n) { out(n); return *where ? out(n * 3) : out(n) + 1; }'
const MEMBERS =
  'static struct { int a, b; } cfg = {3, 4};\nint f(int n) { out(n); return cfg.a ? out(n * 3 + cfg.b) : out(n) + 1; }\nvoid b(int n) { out(2); cfg.b = n; }'
const AUTOMATIC = '#define OWN(v) int v = 4'

const ROWS: readonly Row[] = [
  {
    name: 'its last write is taken away',
    before: `static int mode;\n${WRITES}${READ}`,
    after: `static int mode;\n${set('')}${READ}`,
    refused: ['constant-by-patch mode'],
  },
  {
    name: 'the same, with lines that move, and its declaration with them',
    before: `static int mode;\n${WRITES}${READ}`,
    after: `\n\nstatic int mode;\n\n${set('')}${READ}`,
    refused: ['constant-by-patch mode'],
  },
  {
    name: 'the same, and its declaration is written anew',
    before: `static int mode = 0;\n${WRITES}${READ}`,
    after: `static unsigned mode = 0;\n${set('')}${READ}`,
    refused: ['constant-by-patch mode'],
  },
  {
    name: 'the same of a variable of a function',
    before: set('static int mode; if (x > 3) mode = 1; x += mode;'),
    after: set('static int mode; x += mode;'),
    refused: { gcc: ['constant-by-patch mode.0'], 'clang-14': ['constant-by-patch set.mode'] },
  },
  {
    name: 'it is only ever given the value that it has',
    before: `static int mode = 5;\n${set('if (x > 3) mode = 0;')}${READ}`,
    after: `static int mode = 5;\n${set('if (x > 3) mode = 5;')}${READ}`,
    // gcc reads it all the same.
    refused: { gcc: [], 'clang-14': ['constant-by-patch mode'] },
  },
  {
    name: 'a table that nothing writes any more',
    before: `${TABLE}${set('tab[x & 3] = 1;')}`,
    after: `${TABLE}${set('')}`,
    refused: { gcc: ['data-layout tab'], 'clang-14': ['constant-by-patch tab'] },
  },
  {
    name: 'nothing declares it any more',
    before: `static int seen;\nstatic int mode;\n${set('seen++; if (x > 3) mode = 1; x += seen;')}${READ}`,
    after: `static int mode;\n${set('if (x > 3) mode = 1;')}${READ}`,
  },
  {
    name: 'it becomes an automatic one',
    before: set('static int buffer[4]; buffer[x & 3] = x; x += buffer[x & 1];'),
    after: set('int buffer[4] = {0}; buffer[x & 3] = x; x += buffer[x & 1];'),
  },
  {
    name: 'one of two of a macro goes',
    before: `${set('WARN_ONCE;')}int other(int x) { WARN_ONCE; return x + 1; }\n`,
    after: `${set('WARN_ONCE;')}int other(int x) { return x + 1; }\n`,
  },
  {
    name: 'an inline function that has it is not called any more',
    before: `static inline int count(int by) { static int hits; hits += by; return hits; }\n${set('x += count(x);')}`,
    after: `static inline int count(int by) { static int hits; hits += by; return hits; }\n${set('')}`,
  },
  {
    name: 'a member and a parameter are called as what went',
    before: `struct s { int seen; };\nstatic int seen;\n${set('seen++; x += seen;')}int f(struct s *s, int seen) { return s->seen + seen; }\n`,
    after: `struct s { int seen; };\n${set('')}int f(struct s *s, int seen) { return s->seen + seen; }\n`,
  },
  {
    name: 'a flag that nothing sets any more, and that is read',
    before: file('static int mode;', USE, 'void set(int n) { out(1); mode = n; }'),
    after: file('static int mode;', USE, 'void set(int n) { out(1); out(n); }'),
    refused: ['constant-by-patch mode'],
  },
  {
    name: 'the same, declared so that its value is read',
    before: file('static int mode;', USE, 'void set(int n) { out(1); mode = n; }'),
    after: file('static volatile int mode;', USE, 'void set(int n) { out(1); out(n); }'),
  },
  {
    name: 'a flag that is gone from the text',
    before: file('static int mode;', USE, 'void set(int n) { out(1); mode = n; }'),
    after: file('int f(int n) { out(n); return out(n) + 1; }', 'void set(int n) { out(1); out(n); }'),
  },
  {
    name: 'a counter that is still counted, and that nobody reads',
    before: file(
      'static int count;',
      'int f(int n) { count = n; return out(n); }',
      'int g(void) { return out(count); }',
    ),
    after: file('static int count;', 'int f(int n) { count = n; return out(n); }', 'int g(void) { return out(0); }'),
  },
  {
    name: 'a variable of a function that keeps its first value',
    before: file('int f(int n) { static int step = 5; if (n > 9) step = n; out(step); return out(n); }'),
    after: file('int f(int n) { static int step = 5; if (n > 9) out(n); out(step); return out(n); }'),
    refused: { gcc: ['constant-by-patch step.0'], 'clang-14': ['constant-by-patch f.step'] },
  },
  {
    name: 'one that is read by way of a constant that points to it',
    before: file(POINTED, 'void set(int n) { out(1); mode = n; }'),
    after: file(POINTED, 'void set(int n) { out(1); out(n); }'),
    refused: ['constant-by-patch mode'],
  },
  {
    name: 'a member that nothing sets any more, where others are set',
    before: file(MEMBERS, 'void set(int n) { out(1); cfg.a = n; }'),
    after: file(MEMBERS, 'void set(int n) { out(1); out(n); }'),
    refused: { gcc: [], 'clang-14': ['constant-by-patch cfg.0'] },
  },
  {
    name: 'a variable of a function that a macro declares, on a line that the patch writes',
    before: file('#define KEPT(v) static int v', 'int f(int n) { KEPT(mode); if (n > 9) mode = n; return out(mode); }'),
    after: file('#define KEPT(v) static int v', 'int f(int n) { KEPT(mode); if (n > 9) out(n); return out(mode); }'),
    refused: { gcc: ['constant-by-patch mode.0'], 'clang-14': ['constant-by-patch f.mode'] },
  },
  {
    name: 'the same of a macro that has its name',
    before: file('#define KEPT static int mode;', 'int f(int n) { KEPT if (n > 9) mode = n; return out(mode); }'),
    after: file('#define KEPT static int mode;', 'int f(int n) { KEPT if (n > 9) out(n); return out(mode); }'),
    refused: { gcc: ['constant-by-patch mode.0'], 'clang-14': ['constant-by-patch f.mode'] },
  },
  {
    name: 'a structure of a function that keeps its first values',
    before: file('int f(int n) { static struct {', 'int a;', '} cfg = {1}; if (n > 9) cfg.a = n; return out(cfg.a); }'),
    after: file('int f(int n) { static struct {', 'int a;', '} cfg = {1}; if (n > 9) out(n); return out(cfg.a); }'),
    refused: { gcc: ['constant-by-patch cfg.0'], 'clang-14': ['constant-by-patch f.cfg.0'] },
  },
  {
    name: 'an automatic one, by a macro',
    before: file(AUTOMATIC, 'int f(int n) { static int mode; if (n > 9) mode = n; return out(mode); }'),
    after: file(AUTOMATIC, 'int f(int n) { OWN(mode); if (n > 9) out(n); return out(mode); }'),
  },
  {
    name: 'one of two functions loses its variable, by name another’s too',
    before: file(
      'int f(int n) { static int step; step += n; return out(step); }',
      'int g(int n) { static int step; step ^= n; return out(step); }',
    ),
    after: file('int f(int n) { return out(n); }', 'int g(int n) { static int step; step ^= n; return out(step); }'),
  },
  {
    name: 'a variable of a function that nobody calls any more',
    before: file(
      'static inline int g(int n) { static int step; step ^= n; return out(step); }',
      'int f(int n) { return g(n); }',
    ),
    after: file(
      'static inline int g(int n) { static int step; step ^= n; return out(step); }',
      'int f(int n) { return out(n); }',
    ),
  },
  {
    name: 'the same, where C has words of C++ for names',
    before: file(
      'struct class { int class, namespace; struct class *template; };',
      'static int step;',
      'static inline int g(int n) { step ^= n; return out(step); }',
      'int f(int n) { return g(n); }',
    ),
    after: file(
      'struct class { int class, namespace; struct class *template; };',
      'static int step;',
      'static inline int g(int n) { step ^= n; return out(step); }',
      'int f(int n) { return out(n); }',
    ),
  },
]

describe.for([['gcc'], ['clang-14', '-g']])('variables that become constants: %s', ([compiler = '', ...options]) => {
  const isThere = spawnSync(compiler, ['--version']).status === 0
  test.skipIf(!isThere).for(ROWS)('$name', async ({ before, after, refused = [] }) => {
    const command = [compiler, '-O2', ...options]
    const found = await patchProgram({ files: { 'm.c': HEAD + before }, command }, { 'm.c': HEAD + after })
    const expected = Array.isArray(refused)
      ? refused
      : (Object.entries(refused).find(([of]) => of === compiler)?.[1] ?? [])
    expect([found.error, found.refused]).toEqual([undefined, expected])
  })
})

const IN_CLASS = (read: string) =>
  `namespace { struct S { static int mode; int get(int n); }; int S::mode = 3; int S::get(int n) { out(n); ${read} return out(n); } } S s;\nint f(int n) { return s.get(n); }`
const OF_CLASS = IN_CLASS('if (this->mode) return out(n * 3);')

describe('in C++, where functions stand in namespaces and classes', () => {
  const isThere = spawnSync('g++', ['--version']).status === 0
  test.skipIf(!isThere).for([
    [
      'of a namespace',
      file('namespace { int mode; }', USE, 'void set(int n) { out(1); mode = n; }'),
      file('namespace { int mode; }', USE, 'void set(int n) { out(1); out(n); }'),
      ['constant-by-patch _ZN12_GLOBAL__N_14modeE'],
    ],
    [
      'of a class, read by way of an object',
      file(OF_CLASS, 'void set(int n) { out(1); S::mode = n; }'),
      file(OF_CLASS, 'void set(int n) { out(1); out(n); }'),
      ['constant-by-patch _ZN12_GLOBAL__N_11S4modeE'],
    ],
    [
      'that nobody reads any more',
      file(OF_CLASS, 'void set(int n) { out(1); S::mode = n; }'),
      file(IN_CLASS(''), 'void set(int n) { out(1); S::mode = n; }'),
      [],
    ],
  ] as const)('one %s', async ([, before, after, refused]) => {
    const command = ['g++', '-O2', '-fno-exceptions', '-fno-asynchronous-unwind-tables']
    const found = await patchProgram({ files: { 'm.c': before }, command }, { 'm.c': after })
    expect([found.error, found.refused]).toEqual([undefined, refused])
  })
})

describe.skipIf(spawnSync('gcc', ['--version']).status !== 0)('a source that is gone', () => {
  const own = `static volatile int mode;\n${READ}`
  const uses = (words: string) => `int get(int);\nint entry(int x) { return ${words}; }\n`
  test.for([
    ['takes its variables along', uses('x * 3'), []],
    ['and whose code goes elsewhere', own + uses('x * 3'), ['constant-by-patch mode', 'state-left-behind mode']],
    [
      'and of which a text still reads one',
      `static int mode;\n${READ}${uses('get(x) * 3')}`,
      ['constant-by-patch mode'],
    ],
  ] as const)('%s', async ([, after, refused]) => {
    const files = { 'm.c': uses('get(x)'), 'gone.c': own }
    const found = await patchProgram({ files, command: ['gcc', '-O2'] }, { 'm.c': after, 'gone.c': null })
    expect([found.error, found.refused]).toEqual([undefined, refused])
  })
})

describe.skipIf(spawnSync('gcc', ['--version']).status !== 0)(
  'a way that compiles another text than the patch as it is',
  () => {
    test.for(['neutral', 'ignore', 'mask'] as const)('%s asks of the patch', async way => {
      const before = `static int mode;\n${WRITES}${READ}`
      const after = `static int mode;\n${set('')}${READ}`
      const program = { files: { 'm.c': HEAD + before }, command: ['gcc', '-O2'] }
      const found = await patchProgram(program, { 'm.c': HEAD + after }, way)
      expect([found.error, found.refused]).toEqual([undefined, ['constant-by-patch mode']])
    })
  },
)
