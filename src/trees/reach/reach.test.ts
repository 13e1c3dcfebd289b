/**
 * Which units are left out, and whether gcc agrees: the object of one that is left out is the same from both texts, and
 * where it must not be left out, because the change reaches it, gcc makes another one.
 */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import { liveText } from '../../ctext/live-text.ts'
import type { TouchedFile } from '../../source/model.ts'
import type { Affected, Unit } from '../model.ts'
import { byTokens } from './reach.ts'

interface Case {
  readonly name: string
  /** The header that the patch touches. */
  readonly before: string
  readonly after: string
  /** What else every unit reads, before its own text. */
  readonly beside?: string
  /** By name of the unit. `+`: it must be compiled, and gcc makes another object. `?`: it is compiled in doubt. `-`: left out. */
  readonly units: Readonly<Record<string, string>>
  readonly options?: readonly string[]
}

const GET = 'struct s { int a, b; };\nstatic inline int get(const struct s *p) { return p->a; }\n'
const got = (from: string) => ({ before: from, after: from.replace('p->a', 'p->b') })
const limit = { before: '#define LIMIT 10\n', after: '#define LIMIT 11\n' }
const user = 'int user(const struct s *p) { return get(p); }\n'
const none = 'int none(int a) { return a + 2; }\n'

const CASES: readonly Case[] = [
  { name: 'a body', ...got(GET), units: { '+': user, '-': none } },
  {
    name: 'a body, by a macro',
    ...got(GET),
    beside: '#define GET(p) get(p)\n',
    units: { '+': 'int f(struct s *p) { return GET(p); }', '-': none },
  },
  {
    name: 'a body, by an inline function of another header',
    ...got(GET),
    beside: 'static inline int twice(struct s *p) { return 2 * get(p); }\n',
    units: { '+': 'int f(struct s *p) { return twice(p); }', '-': none },
  },
  {
    name: 'joined by ##',
    ...got(GET),
    beside: '#define CALL(x) g ## x\n',
    units: { '+': 'int f(struct s *p) { return CALL(et)(p); }', '-': none },
  },
  {
    name: 'joined by ##, by way of another macro',
    ...got(GET),
    beside: '#define JOIN_(a, b) a##b\n#define JOIN(a, b) JOIN_(a, b)\n#define PART g\n',
    units: { '+': 'int f(struct s *p) { return JOIN(PART, et)(p); }', '-': none },
  },
  {
    name: 'joined by ## twice',
    ...got(GET),
    beside: '#define JOIN_(a, b) a##b\n#define JOIN(a, b) JOIN_(a, b)\n',
    units: { '+': 'int f(struct s *p) { return JOIN(g, JOIN(e, t))(p); }', '-': none },
  },
  {
    name: 'joined by a macro that is handed on',
    ...got(GET),
    beside: '#define JOIN(a, b) a##b\n#define APPLY(m, a, b) m(a, b)\n',
    units: { '+': 'int f(struct s *p) { return APPLY(JOIN, g, et)(p); }', '-': none },
  },
  {
    name: 'inside typeof',
    before: GET,
    after: GET.replace('static inline int get', 'static inline long get'),
    units: { '+': 'struct s s; unsigned long f(void) { return sizeof(__typeof__(get(&s))); }', '-': none },
  },
  { name: 'a macro', ...limit, units: { '+': 'int f(void) { return LIMIT; }', '-': none } },
  { name: 'a macro in sizeof', ...limit, units: { '+': 'int f(void) { return sizeof(char[LIMIT]); }', '-': none } },
  { name: 'a macro in an initialiser', ...limit, units: { '+': 'int table[] = { LIMIT };', '-': none } },
  {
    name: 'a macro in an operand of asm',
    ...limit,
    units: {
      '+': 'void f(void) { __asm__("# %0" : : "i"(LIMIT)); __asm__("mov %0, %%eax" : : "i"(LIMIT)); }',
      '-': none,
    },
  },
  {
    name: 'a macro that becomes a string',
    ...limit,
    beside: '#define S_(x) #x\n#define S(x) S_(x)\n',
    units: { '+': 'const char *f(void) { return S(LIMIT); }', '-': none },
  },
  { name: 'a macro in a condition', ...limit, units: { '+': '#if LIMIT > 10\nint more;\n#endif\n', '-': none } },
  {
    name: 'a macro that comes',
    before: '\n',
    after: '#define EXTRA\n',
    units: { '+': '#ifdef EXTRA\nint extra;\n#endif\n', '-': none },
  },
  {
    name: 'a macro that others define too',
    ...limit,
    units: { '?': '#undef LIMIT\n#define LIMIT 3\nint f(void) { return LIMIT; }', '-': none },
  },
  {
    name: 'a macro of macros',
    ...limit,
    beside: '#define MORE (LIMIT + 1)\n',
    units: { '+': 'int f(void) { return MORE; }', '-': none },
  },
  {
    name: 'a list of macros',
    before: '#define LIST X(1) X(2)\n',
    after: '#define LIST X(1) X(3)\n',
    units: { '+': '#define X(n) int v##n = n;\nLIST\n', '-': none },
  },
  {
    name: 'a prototype that nobody uses',
    before: 'int proto(int);\n',
    after: 'long proto(int);\n',
    units: { '-': none },
  },
  {
    name: 'a prototype',
    before: 'int proto(int);\n',
    after: 'long proto(int);\n',
    units: { '+': 'long f(int a) { return proto(a); }', '-': none },
  },
  {
    name: 'a variable',
    before: 'extern int shared;\n',
    after: 'extern long shared;\n',
    units: { '+': 'long f(void) { return shared; }', '-': none },
  },
  {
    name: 'a static variable of a body',
    before: GET,
    after: GET.replace('return p->a', 'static int n; return p->a + n++'),
    units: { '+': user, '-': none },
  },
  {
    name: 'always inline by a macro',
    ...got(`#define ALWAYS __attribute__((always_inline)) inline\n${GET.replace('inline', 'ALWAYS')}`),
    units: { '+': user, '?': none },
  },
  {
    name: 'inline by a macro of that name',
    ...got(`#define always_inline inline __attribute__((always_inline))\n${GET.replace('inline', 'always_inline')}`),
    units: { '+': user, '-': none },
  },
  {
    name: 'kept though nobody calls it',
    ...got(GET.replace('inline', 'inline __attribute__((used))')),
    units: { '+': none },
  },
  {
    name: 'inline, which is a macro of nothing',
    ...got(GET),
    beside: '#define inline\n',
    options: ['-O0'],
    units: { '?': none },
  },
  {
    name: 'static, which is a macro of nothing',
    before: `#define static\n${GET}`,
    after: `#define static\n${GET.replace('p->a', 'p->b')}`,
    units: { '?': none },
  },
  {
    name: 'static on the command line',
    ...got(GET.replace('inline', 'inline __attribute__((noinline))')),
    options: ['-Dstatic='],
    units: { '?': none },
  },
  {
    name: 'what a compiler calls by itself',
    before: 'void *memset(void *, int, unsigned long);\n',
    after: 'void *memset(void *, int, unsigned long) __attribute__((visibility("hidden")));\n',
    options: ['-fpic', '-mstringop-strategy=libcall'],
    units: { '?': 'struct big { char c[999]; }; void f(struct big *p) { *p = (struct big){ 0 }; }' },
  },
  {
    name: 'kept, by a macro',
    ...got(`#define KEPT __attribute__((__used__))\n${GET.replace('inline', 'inline KEPT')}`),
    units: { '+': none },
  },
  {
    name: 'run before main',
    before: 'int n;\nstatic inline __attribute__((constructor)) void up(void) { n = 1; }\n',
    after: 'int n;\nstatic inline __attribute__((constructor)) void up(void) { n = 2; }\n',
    units: { '+': none },
  },
  {
    name: 'not static',
    ...got(GET.replace('static inline', 'extern inline __attribute__((gnu_inline))')),
    units: { '+': user, '?': none },
  },
  {
    name: 'named by a macro',
    ...got(`#define NAME get\n${GET.replace('int get', 'int NAME')}`),
    units: { '+': user, '?': none },
  },
  {
    name: 'made by a macro',
    before: '#define FN(n) static inline int n(void)\nFN(made) { return 1; }\n',
    after: '#define FN(n) static inline int n(void)\nFN(made) { return 2; }\n',
    units: { '+': 'int f(void) { return made(); }', '?': none },
  },
  {
    name: 'a counter',
    before: 'static inline int next(void) { return 0; }\n',
    after: 'static inline int next(void) { return __COUNTER__; }\n',
    units: { '+': 'int f(void) { return __COUNTER__; }', '?': none },
  },
  { name: 'a type', before: GET, after: GET.replace('int a, b', 'int b, a'), units: { '+': user, '?': none } },
  {
    name: 'an enumeration',
    before: 'enum e { A, B };\n',
    after: 'enum e { B, A };\n',
    units: { '+': 'int f(void) { return A; }', '?': none },
  },
  {
    name: 'a pragma',
    before: '#pragma pack(4)\n',
    after: '#pragma pack(1)\n',
    units: { '+': 'struct t { char c; int i; }; int f(struct t *t) { return t->i; }', '?': none },
  },
  {
    name: 'half of a body in a condition',
    ...got(
      'struct s { int a, b; };\n#ifdef X\nstatic inline int get(const struct s *p) {\n#else\nstatic inline int get(const struct s *p) {\n#endif\nreturn p->a; }\n',
    ),
    units: { '+': user, '?': none },
  },
  {
    name: 'named on the command line',
    ...got(GET),
    options: ['-DFETCH=get'],
    units: { '+': 'int f(struct s *p) { return FETCH(p); }', '?': none },
  },
  {
    name: 'digraphs',
    ...got(GET),
    beside: '%:define GET(p) get(p)\n',
    units: { '+': 'int f(struct s *p) { return GET(p); }', '?': none },
  },
  {
    name: 'a name over two lines',
    ...got(GET),
    units: { '+': 'int f(struct s *p) { return ge\\\nt(p); }', '-': none },
  },
  { name: 'comments', before: `/* one */\n${GET}`, after: `/* two */\n${GET}`, units: { '-': user } },
]

const HEADER = 'include/touched.h'
const BESIDE = 'include/beside.h'

/** Kinds of the units that are compiled, in order. */
function compiled({ before, after, beside = '', units, options = [] }: Case, withMoved = false): string[] {
  const texts = new Map([
    [HEADER, before],
    [BESIDE, beside],
    // So that never all are left out.
    ['always.c', ''],
    ...Object.entries(units).map(([kind, text]) => [`${kind}.c`, text] as const),
  ])
  const all = ['always', ...Object.keys(units)].map(kind => unitOf(`${kind}.c`, options))
  const affected: Affected = {
    affected: all.map(unit => ({
      unit,
      because: unit.source === 'always.c' ? ['elsewhere.h'] : [HEADER],
      kind: 'changed',
    })),
    refusals: [],
    notices: [],
    generated: new Map(),
    renamed: new Map(),
  }
  const lineMap = { toPatched: new Int32Array(), toOriginal: new Int32Array() }
  const file: TouchedFile = {
    oldPath: HEADER,
    newPath: HEADER,
    oldText: before,
    newText: after,
    kind: 'edited',
    hunks: [],
    lineMap,
  }
  const reader = { read: (path: string) => texts.get(path) }
  const reach = byTokens({ reader }, affected, { files: [file], notices: [] }, { withMoved })
  const left = reach.affected.affected.map(({ unit }) => unit.source.slice(0, -2)).filter(name => name !== 'always')
  expect(new Set([...left, ...reach.leftOut.map(({ unit }) => unit.slice(0, -2))])).toEqual(new Set(Object.keys(units)))
  return left
}

function unitOf(source: string, options: readonly string[]): Unit {
  return {
    unit: source.replace(/\.c$/, '.o'),
    source,
    command: ['gcc', '-O2', ...options, '-c', source],
    folder: '/tree',
    dependencies: [source, HEADER, BESIDE],
    language: 'c',
    role: 'linked',
    object: undefined,
    original: 'compiled',
    objcopy: [],
  }
}

test.for(CASES)('$name', one => {
  expect(compiled(one)).toEqual(Object.keys(one.units).filter(kind => kind !== '-'))
})

describe.skipIf(!hasGcc)(`gcc agrees${withoutGcc}`, () => {
  test.for(CASES)('$name', ({ before, after, beside = '', units, options = [] }) => {
    for (const [kind, text] of Object.entries(units)) {
      const [one, other] = [before, after].map(header =>
        Buffer.from(compile(`${header}${beside}${text}\n`, ['-O2', '-w', '-std=gnu11', ...options])),
      )
      if (kind !== '?') expect(one?.equals(other ?? Buffer.of()), kind).toBe(kind === '-')
    }
  })
})

/** Uses that tokens do not show; the preprocessor does. */
const NEXT_HEADER = '#define JOIN_(a, b) a##b\n#define JOIN(a, b) JOIN_(a, b)\n'
const named = (name: string) => ({
  before: `static inline int ${name}(int p) { return p + 1; }\n`,
  after: `static inline int ${name}(int p) { return p + 2; }\n`,
})
const HIDDEN: readonly Case[] = [
  {
    name: 'joined inside a body',
    ...named('get'),
    units: { '+': 'int f(int p) {\n#define CALL(x) g ## x\nreturn CALL(et)(p); }' },
  },
  {
    name: 'joined of a number',
    ...named('get64'),
    beside: `${NEXT_HEADER}#define BITS 64\n`,
    units: { '+': 'int f(int p) { return JOIN(get, BITS)(p); }' },
  },
  {
    name: 'joined of what the compiler defines',
    ...named('get8'),
    beside: NEXT_HEADER,
    units: { '+': 'int f(int p) { return JOIN(get, __SIZEOF_LONG__)(p); }' },
  },
  {
    name: 'joined on the command line',
    ...named('get'),
    options: ['-DCALL(x)=g##x'],
    units: { '+': 'int f(int p) { return CALL(et)(p); }' },
  },
  {
    name: 'an option of two words',
    ...named('get'),
    options: ['-D', 'FETCH=get'],
    units: { '+': 'int f(int p) { return FETCH(p); }' },
  },
  {
    name: 'kept by the command line',
    ...named('get'),
    options: ['-D', 'inline=inline __attribute__((used))'],
    units: { '+': 'int n;' },
  },
  { name: 'a name over lines with blanks', ...named('get'), units: { '+': 'int f(int p) { return ge\\ \nt(p); }' } },
  {
    name: 'a variable beside a prototype',
    before: 'int proto(int);\n',
    after: 'int proto(int), x;\n',
    units: { '+': 'int n;' },
  },
  { name: 'a variable in parentheses', before: 'char (x);\n', after: 'short (x);\n', units: { '+': 'int n;' } },
  {
    name: 'parameters as of old',
    before: 'int kr(p) char p; { return p; }\n',
    after: 'int kr(p) short p; { return p; }\n',
    units: { '+': 'int n;' },
  },
  {
    name: 'a count in a body that stays',
    before: '#define MAYBE(x)\nstatic inline int next(void) { return 0 MAYBE(+__COUNTER__); }\n',
    after: '#define MAYBE(x) x\nstatic inline int next(void) { return 0 MAYBE(+__COUNTER__); }\n',
    units: { '+': 'int f(void) { return __COUNTER__; }' },
  },
  {
    name: 'a body that says something of another symbol',
    before: 'static inline int get(int p) { return p; }\n',
    after: 'static inline int get(int p) { extern int shared __attribute__((visibility("hidden"))); return p; }\n',
    options: ['-fpic'],
    units: { '+': 'extern int shared; int f(void) { return shared; }' },
  },
  {
    name: 'an alias whose name is made',
    ...named('do_get'),
    beside: '#define ALIAS(n) int n(int) __attribute__((alias("do_" #n)));\n',
    units: { '+': 'ALIAS(get)' },
  },
]

const DECLARATIONS = new Set(['a prototype', 'a prototype that nobody uses', 'a variable', 'inside typeof'])

describe.skipIf(!hasGcc)(`by tokens and the preprocessor${withoutGcc}`, () => {
  test.for([...CASES, ...HIDDEN])('$name', one => {
    const asked = new Set(compiled(one))
    for (const [kind, text] of Object.entries(one.units)) {
      const [before, after] = [one.before, one.after].map(header =>
        liveText(preprocessed(`${header}${one.beside ?? ''}${text}\n`, one.options)),
      )
      const isLeftOut = !asked.has(kind) && before !== undefined && before === after
      if (kind === '+') expect(isLeftOut).toBe(false)
      // A declaration that changes is compiled, whoever uses it.
      if (kind === '-' && !DECLARATIONS.has(one.name)) expect(isLeftOut).toBe(true)
    }
  })

  test.for(HIDDEN)('$name: gcc makes another object', ({ before, after, beside = '', units, options = [] }) => {
    for (const text of Object.values(units)) {
      const [one, other] = [before, after].map(header =>
        Buffer.from(compile(`${header}${beside}${text}\n`, ['-O0', '-w', '-std=gnu11', ...options])),
      )
      expect(one?.equals(other ?? Buffer.of())).toBe(false)
    }
  })
})

function preprocessed(text: string, options: readonly string[] = []): string {
  const run = spawnSync('gcc', ['-E', '-P', '-w', '-std=gnu11', ...options, '-x', 'c', '-'], {
    input: text,
    encoding: 'latin1',
  })
  expect(run.status, run.stderr).toBe(0)
  return run.stdout
}

describe('lines that move', () => {
  const moved: Case = {
    name: '',
    before: GET,
    after: GET.replace('return p->a', 'return\np->b'),
    units: { '+': user, '-': none },
  }
  const below: Case = { ...moved, before: `${GET}#define AT __LINE__\n`, after: `\n${GET}#define AT __LINE__\n` }

  test('count where the way needs them', () => {
    expect(compiled(below)).toEqual([])
    expect(compiled(below, true)).toEqual(['+', '-'])
  })

  test('but not behind the last of a text', () => {
    expect(compiled(moved)).toEqual(['+'])
    expect(compiled(moved, true)).toEqual(['+'])
  })
})

test.for([
  { what: 'C++', change: (unit: Unit) => ({ ...unit, source: `${unit.source}pp` }) },
  { what: 'C++ by its compiler', change: (unit: Unit) => ({ ...unit, command: ['g++', ...unit.command.slice(1)] }) },
  { what: 'assembly', change: (unit: Unit) => ({ ...unit, language: 'assembly' as const }) },
  {
    what: 'a compiler that keeps what nobody uses',
    change: (unit: Unit) => ({ ...unit, command: [...unit.command, '-fkeep-inline-functions'] }),
  },
  {
    what: 'a unit of which not all files are known',
    change: (unit: Unit) => ({ ...unit, dependencies: [unit.source] }),
  },
  {
    what: 'a unit of which a file is gone',
    change: (unit: Unit) => ({ ...unit, dependencies: [...unit.dependencies, 'gone.h'] }),
  },
])('$what is compiled', ({ change }) => {
  const { before, after } = got(GET)
  const units = [unitOf('none.c', []), change(unitOf('other.c', []))]
  const affected: Affected = {
    affected: units.map(unit => ({ unit, because: [HEADER], kind: 'changed' })),
    refusals: [],
    notices: [],
    generated: new Map(),
    renamed: new Map(),
  }
  const lineMap = { toPatched: new Int32Array(), toOriginal: new Int32Array() }
  const file: TouchedFile = {
    oldPath: HEADER,
    newPath: HEADER,
    oldText: before,
    newText: after,
    kind: 'edited',
    hunks: [],
    lineMap,
  }
  const texts = new Map([
    [HEADER, before],
    [BESIDE, ''],
    ['none.c', none],
    ['other.c', none],
    ['other.cpp', none],
  ])
  const reader = { read: (path: string) => texts.get(path) }
  const reach = byTokens({ reader }, affected, { files: [file], notices: [] }, { withMoved: false })
  expect(reach.leftOut.map(({ unit }) => unit)).toEqual(['none.o'])
})
