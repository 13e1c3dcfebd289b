/**
 * Functions that go on at places which they keep in memory: what the old code stored leads into the old code, whatever table
 * it came from. They are refused; those that take each step from a constant table of their own are not.
 */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { compileAnew, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { PROGRAM_RULES, selectFrom } from '../../tests/support/judge.ts'
import { sampled } from '../../tests/support/sampled.ts'

const HEAD =
  'extern int out(int); extern void rare(int) __attribute__((cold));\nstruct op { const void *at; int what; };\nstruct thread { void *at; int count; };\n'

/** Each as a function `run` that `by` changes. */
const KEPT: readonly (readonly [name: string, text: (by: number) => string])[] = [
  [
    'steps of a program hold their labels (direct threading)',
    by => `int run(struct op *p, int n) {
      static const void *const ops[] = { &&add, &&mul, &&end };
      if (n < 0) { for (; p->what; p++) p->at = ops[p->what % 3]; return 0; }
      int a = n; goto *p->at;
      add: a += ${by}; p++; goto *p->at;
      mul: a = out(a) * 2; p++; goto *p->at;
      end: return a; }`,
  ],
  [
    'steps are reached by a number',
    by => `int run(const void **at, int n) {
      static const void *const ops[] = { &&add, &&mul, &&end };
      if (n < 0) { for (int i = 0; i < 9; i++) at[i] = ops[i % 3]; return 0; }
      int a = n, i = 0; goto *at[i];
      add: a += ${by}; i += a & 3; goto *at[i];
      mul: a = out(a) * 2; i++; goto *at[i];
      end: return a; }`,
  ],
  [
    'a coroutine goes on where it was',
    by => `int run(struct thread *t) {
      if (t->at) goto *t->at;
      t->count = out(1); t->at = &&second; return 1;
      second: t->count += ${by}; t->at = &&third; return 2;
      third: t->count = out(t->count); t->at = 0; return 3; }`,
  ],
  [
    'a variable of the file says where to go on',
    by => `static void *next;
      int run(int n) {
      if (next) goto *next;
      n += out(1); next = &&second; return n;
      second: n *= ${by}; next = &&third; return n;
      third: next = 0; return out(n); }`,
  ],
  [
    'an array of the file says where to go on',
    by => `static void *next[4];
      int run(int n) {
      if (next[n & 3]) goto *next[n & 3];
      n += out(1); next[n & 3] = &&second; return n;
      second: n *= ${by}; next[n & 3] = &&third; return n;
      third: return out(n); }`,
  ],
  [
    'a structure that a callee gets says where to go on',
    by => `extern void again(struct thread *);
      int run(int n) {
      struct thread t = { &&first, n }; again(&t); goto *t.at;
      first: t.count = out(t.count) + ${by}; t.at = &&second; again(&t); return t.count;
      second: return out(n + 7); }`,
  ],
  [
    'a member of it',
    by => `struct both { int n; struct thread t; }; extern void more(struct both *);
      int run(int n) {
      struct both b = { n, { &&first, n } }; more(&b); goto *b.t.at;
      first: b.n = out(b.n) + ${by}; b.t.at = &&second; more(&b); return b.n;
      second: return out(n + 7); }`,
  ],
  [
    'a variable that a callee gets says where to go on',
    by => `extern void where(void **);
      int run(int n) {
      void *at = &&first; where(&at); goto *at;
      first: n = out(n) + ${by}; at = &&second; where(&at); return n;
      second: return out(n + 7); }`,
  ],
  [
    'one entry of an array of the file says where to go on',
    by => `static void *next[4];
      int run(int n) {
      if (next[2]) goto *next[2];
      n += out(1); next[2] = &&second; return n;
      second: n *= ${by}; next[2] = &&third; return n;
      third: return out(n); }`,
  ],
  [
    'a variable of the thread says where to go on',
    by => `static __thread void *next;
      int run(int n) {
      if (next) goto *next;
      n += out(1); next = &&second; return n;
      second: n *= ${by}; next = &&third; return n;
      third: return out(n); }`,
  ],
  [
    'a variable of another file says where to go on',
    by => `extern void *next;
      int run(int n) {
      if (next) goto *next;
      n += out(1); next = &&second; return n;
      second: n *= ${by}; next = &&third; return n;
      third: return out(n); }`,
  ],
  [
    'a pointer of the file says where it stands',
    by => `static void **next;
      int run(int n) {
      if (next) goto *next[1];
      n += out(1); next = (void **) (long) out(3); next[1] = &&second; return n;
      second: n *= ${by}; next[1] = &&third; return n;
      third: return out(n); }`,
  ],
  [
    'what was kept, where a distance leads past the table',
    by => `int run(struct op *p, int n) {
      static const int offs[] = { &&a - &&a, &&b - &&a, &&c - &&a };
      static const void *const ops[] = { &&x, &&y };
      const void *next = p->at; goto *((const char *) &&a + offs[n % 3]);
      a: next = ops[n & 1]; out(n);
      b: n += out(${by}); goto *next;
      c: p->at = &&x; return n;
      x: p->at = &&y; return out(n) + 1;
      y: p->at = &&x; return out(n) + 2; }`,
  ],
  [
    'the same, where one of two labels leads past it',
    by => `int run(struct op *p, int n) {
      static const void *const ops[] = { &&x, &&y };
      const void *next = p->at, *to = n & 1 ? &&a : &&b; out(n); goto *to;
      a: next = ops[n & 1]; out(n);
      b: n += out(${by}); goto *next;
      x: p->at = &&y; return out(n) + 1;
      y: p->at = &&x; return out(n) + 2; }`,
  ],
  [
    'only rarely is it what somebody kept',
    by => `int run(struct thread *t, int n) {
      void *at = n & 1 ? &&odd : &&even;
      if (__builtin_expect(n < 0, 0)) { rare(n); at = t->at; }
      out(n); goto *at;
      odd: t->at = &&odd; return out(n) * ${by};
      even: return out(n + 1); }`,
  ],
]

const OWN: readonly (readonly [name: string, text: (by: number) => string])[] = [
  [
    'each step comes from the table',
    by => `int run(const unsigned char *p, int n) {
      static const void *const ops[] = { &&add, &&mul, &&end };
      int a = n; goto *ops[*p++];
      add: a += ${by}; goto *ops[*p++];
      mul: a = out(a) * 2; goto *ops[*p++];
      end: return a; }`,
  ],
  [
    'a step waits in a variable of its own',
    by => `int run(const unsigned char *p, int n) {
      static const void *const ops[] = { &&add, &&mul, &&end };
      const void *next = ops[*p++]; int a = n; goto *next;
      add: next = ops[*p++]; a += out(${by}); goto *next;
      mul: next = ops[*p++]; a = out(a) * 2; goto *next;
      end: return a; }`,
  ],
  [
    'a step whose number is known',
    by => `int run(unsigned n) {
      static const void *const ops[] = { &&add, &&mul, &&end };
      goto *ops[n % 3];
      add: n += ${by}; if (n & 1) goto *ops[2];
      mul: n = out(n) * 2; if (n & 4) goto *ops[0];
      end: return n; }`,
  ],
  [
    'one of two labels',
    by => `int run(int n) { void *next = n & 1 ? &&odd : &&even; out(n); goto *next;
      odd: return out(n) * ${by};
      even: return out(n + 1); }`,
  ],
  [
    'distances',
    by => `int run(int n) {
      static const int ops[] = { &&add - &&add, &&mul - &&add, &&end - &&add };
      goto *((const char *) &&add + ops[n % 3]);
      add: n += ${by};
      mul: n = out(n) * 2;
      end: return n; }`,
  ],
  [
    'no label, and another function at the end',
    by => `int run(struct op *p, int n) { out(n * ${by}); return ((int (*)(int)) p->at)(n); }`,
  ],
  [
    'no label, and a switch',
    by => `int run(int n) { switch (n) { case 0: return out(1); case 1: return out(7) + ${by}; case 2: return out(9) * n;
      case 3: return out(2) - 1; case 4: return out(5) ^ 7; case 5: return out(11); default: return 0; } }`,
  ],
]

const NEAR_END: readonly (readonly [name: string, text: (by: number) => string])[] = [
  [
    'a call of another function at the end, by the linker’s table',
    by => `int run(unsigned n) {
      static const void *const ops[] = { &&add, &&mul, &&end };
      goto *ops[n % 3];
      add: n += ${by};
      mul: n = out(n) * 2;
      end: return out(n); }`,
  ],
]

/** What comes back by a frame that it makes for itself, as Xen's vmx_vmexit_handler does behind an NMI. */
const COME_BACK: typeof OWN = [
  [
    'a place that it takes and jumps to at once, and a call by a pointer',
    by => `int run(struct op *p, int n) {
      n = ((int (*)(int)) p->at)(n) + 1; void *at;
      asm volatile ("leaq 1f(%%rip), %0; subq $128, %%rsp; pushq %0; retq $128; 1:" : "=r" (at) :: "memory");
      return ((int (*)(int)) p->at)(n) * ${by}; }`,
  ],
]

const WAYS = [
  { compiler: 'gcc', flags: ['-O2', '-fPIE'] },
  { compiler: 'gcc', flags: ['-O2', '-fno-pie'] },
  { compiler: 'gcc', flags: ['-O0', '-fPIE'] },
  { compiler: 'clang-14', flags: ['-O1', '-fno-pie', '-fno-omit-frame-pointer'] },
]
  .filter(({ compiler }) => spawnSync(compiler, ['--version']).status === 0)
  .map(way => ({ ...way, how: [way.compiler, ...way.flags].join(' ') }))

/** With one label only, compilers know where to go on; what is kept says by then that something is. */
const LATER: typeof KEPT = [
  [
    'a second label of a coroutine',
    by => `int run(struct thread *t) {
      if (t->at) goto *t->at;
      t->count = out(1); t->at = &&second; return 1;
      second: t->count = out(2); ${by === 11 ? '' : 't->at = &&third; return 2; third:'} t->at = 0; return 3; }`,
  ],
  [
    'a step by what was only noted before',
    by => `static const void *noted;
      const void *where(void) { return noted; }
      int run(struct thread *t) {
      ${by === 11 ? '' : 'if (noted) goto *noted;'} noted = &&second;
      if (t->count > 3) goto second;
      return out(4);
      second: t->count = out(2); ${by === 11 ? '' : 'noted = &&third; return 2; third:'} return out(7); }`,
  ],
]

describe.skipIf(!hasGcc).for(WAYS)(`$how${withoutGcc}`, ({ compiler, flags }) => {
  const codes = (text: (by: number) => string) => {
    const [before, after] = [11, 13].map(by =>
      compileAnew(`${HEAD}${text(by)}`, [...flags, '-w', '-ffunction-sections', '-fdata-sections'], 'unit.c', compiler),
    )
    return selectFrom(before ?? new Uint8Array(), after ?? new Uint8Array(), PROGRAM_RULES).refusals.map(
      ({ code, symbol }) => `${code} ${symbol}`,
    )
  }

  test.for([...sampled(KEPT), ...LATER])('%s: refused', ([, text]) => {
    expect(codes(text)).toEqual(['inner-address run'])
  })

  // Where a distance leads is anywhere, and so, without optimisation, past what made the sum.
  const isDoubtful = (name: string) => name === 'distances' && compiler === 'gcc' && flags[0] === '-O0'
  test.for([...sampled(OWN)])('%s: not refused', ([name, text]) => {
    expect(codes(text)).toEqual(isDoubtful(name) ? ['inner-address run'] : [])
  })
})

describe.skipIf(!hasGcc)(`-fno-plt${withoutGcc}`, () => {
  const codes = (text: (by: number) => string) => {
    const flags = ['-O2', '-fPIC', '-fno-plt', '-fcf-protection=none', '-w', '-ffunction-sections']
    const [before, after] = [11, 13].map(by => compileAnew(`${HEAD}${text(by)}`, flags, 'unit.c', 'gcc'))
    const { refusals } = selectFrom(before ?? new Uint8Array(), after ?? new Uint8Array(), PROGRAM_RULES)
    return refusals.map(({ code, symbol }) => `${code} ${symbol}`)
  }

  test.for([...NEAR_END])('%s: not refused', ([, text]) => {
    expect(codes(text)).toEqual([])
  })

  test.for([...sampled(KEPT)])('%s: refused', ([, text]) => {
    expect(codes(text)).toContain('inner-address run')
  })
})

describe.skipIf(!hasGcc).for(['thunk-extern', 'thunk', 'thunk-inline'])(`%s${withoutGcc}`, thunk => {
  const flags = ['-O2', '-fno-pie', `-mindirect-branch=${thunk}`, '-fcf-protection=none', '-w', '-ffunction-sections']
  const codes = (text: (by: number) => string) => {
    const [before, after] = [11, 13].map(by => compileAnew(`${HEAD}${text(by)}`, flags, 'unit.c', 'gcc'))
    const { refusals } = selectFrom(before ?? new Uint8Array(), after ?? new Uint8Array(), PROGRAM_RULES)
    return refusals.map(({ code, symbol }) => `${code} ${symbol}`)
  }

  test.for([...sampled(KEPT)])('%s: refused', ([, text]) => {
    expect(codes(text)).toContain('inner-address run')
  })

  test.for(OWN.filter(([name]) => name.startsWith('no label')))('%s: not refused', ([, text]) => {
    expect(codes(text)).not.toContain('inner-address run')
  })

  // An inline one is code of the function, and its call is a jump over it.
  test.for(thunk === 'thunk-inline' ? [] : COME_BACK)('%s: not refused', ([, text]) => {
    expect(codes(text)).not.toContain('inner-address run')
  })
})
