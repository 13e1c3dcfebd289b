/** What the preprocessor says of units that tokens let out, uses among them that tokens do not show. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import { CASES, type Case, compiled } from '../../../tests/support/reach-cases.ts'
import { liveText } from '../../ctext/live-text.ts'

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

  test.for([
    ['the end of a string', 'const char *f(void) { return "(2) >= BUGFRAME_NR" ")"; }', true],
    ['a name before a string', '#define STR "s"\nconst char *f(void) { return "a" STR"b"; }', true],
    ['a raw string', 'const char *f(void) { return R"(a")"; }', false],
    ['a raw string of wide characters', 'const void *f(void) { return LR"(a")"; }', false],
    ['a raw string of UTF-8', 'const char *f(void) { return u8R"(a")"; }', false],
  ] as const)('%s', ([, text, isTold]) => expect(liveText(preprocessed(text)) !== undefined).toBe(isTold))

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
