/** Edits of a header, units that read it, and who can see them; for the tests of src/trees/reach. */
import type { TouchedFile } from '../../src/source/model.ts'
import type { Affected, AffectedUnit, Unit } from '../../src/trees/model.ts'
import { type Candidates, candidates } from '../../src/trees/reach/reach.ts'

export interface Case {
  readonly name: string
  /** The header that the patch touches. */
  readonly before: string
  readonly after: string
  /** What else every unit reads, before its own text. */
  readonly beside?: string
  /** By name of the unit. `+`: it must be compiled, and gcc makes another object. `?`: it may be, in doubt. `-`: left out. */
  readonly units: Readonly<Record<string, string>>
  readonly options?: readonly string[]
}

export const GET = 'struct s { int a, b; };\nstatic inline int get(const struct s *p) { return p->a; }\n'
export const got = (from: string) => ({ before: from, after: from.replace('p->a', 'p->b') })
const limit = { before: '#define LIMIT 10\n', after: '#define LIMIT 11\n' }
export const user = 'int user(const struct s *p) { return get(p); }\n'
export const none = 'int none(int a) { return a + 2; }\n'

export const CASES: readonly Case[] = [
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
    units: { '+': 'int f(struct s *p) { return FETCH(p); }', '-': none },
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
  {
    name: 'attributes for all functions',
    ...got(GET),
    beside: '#pragma clang attribute push(__attribute__((used)), apply_to = function)\n',
    units: { '+': user, '?': none },
  },
  { name: 'comments', before: `/* one */\n${GET}`, after: `/* two */\n${GET}`, units: { '-': user } },
]

export const HEADER = 'include/touched.h'
export const BESIDE = 'include/beside.h'

interface Texts {
  readonly before: string
  readonly after: string
  /** By path. */
  readonly texts: ReadonlyMap<string, string>
}

/** Which of the units an edit of HEADER leaves to be asked about. */
export function candidatesOf(
  { before, after, texts }: Texts,
  units: readonly Omit<AffectedUnit, 'kind'>[],
  withMoved = false,
): Candidates {
  const affected: Affected = {
    affected: units.map(each => ({ ...each, kind: 'changed' })),
    refusals: [],
    notices: [],
    generated: new Map(),
    renamed: new Map(),
  }
  const lineMap = { toPatched: new Int32Array(), toOriginal: new Int32Array() }
  const paths = { oldPath: HEADER, newPath: HEADER }
  const file: TouchedFile = { ...paths, oldText: before, newText: after, kind: 'edited', hunks: [], lineMap }
  const read = (path: string) => texts.get(path)
  return candidates({ read, isThere: path => texts.has(path) }, affected, { files: [file], notices: [] }, { withMoved })
}

export function unitOf(source: string, options: readonly string[]): Unit {
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
