/** What cannot work although it compiles: variables that moved, data that others read, functions that nobody re-enters. */
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { compile, compileAnew, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { PROGRAM_RULES, RULES, selectFrom } from '../../tests/support/judge.ts'
import { XEN } from '../loaders/xen/xen.ts'
import { nestedVariable } from '../pieces/names.ts'

const HEAD = 'extern int flag;\n#define NOINLINE __attribute__((noinline, noclone))\n'

interface Row {
  readonly name: string
  readonly before: string
  readonly after: string
  /** Code and symbol of each refusal. */
  readonly refused: readonly string[]
}

test.skipIf(!hasGcc).for<Row>([
  {
    name: "a file's variable moves into the function that uses it",
    before: 'static int count; int f(int a) { return count += a * flag; }',
    after: 'int f(int a) { static int count; return count += a * flag; }',
    refused: ['state-left-behind count'],
  },
  {
    name: "a function's variable moves into the file",
    before: 'int f(int a) { static int count; return count += a * flag; }',
    after: 'static int count; int f(int a) { return count += a * flag + 1; } int g(void) { return count + flag; }',
    refused: ['state-left-behind count'],
  },
  {
    name: 'a static local goes, and another function gets one of its name',
    before: 'int f(int a) { static int n; return n += a * flag; } int g(int a) { return a + flag; }',
    after: 'int f(int a) { return a * flag; } int g(int a) { static int n; return n += a + flag; }',
    refused: ['ambiguous-static n'],
  },
  {
    name: 'a variable of another name is a new one',
    before: 'static int count; int f(int a) { return count += a * flag; }',
    after: 'static int total; int f(int a) { return total += a * flag + 1; }',
    refused: [],
  },
  {
    name: 'a constant that moves holds no state',
    before: 'static const int table[] = { 1, 2, 3, 4 }; int f(int a) { return table[a & 3] * flag; }',
    after: 'int f(int a) { static const int table[] = { 1, 2, 3, 5 }; return table[a & 3] * flag; }',
    refused: [],
  },
  {
    name: 'data that a function reads which stays',
    before: 'int limit[2] = { 5, 6 }; int f(int a) { return limit[a & 1] * flag; } int g(int a) { return a + flag; }',
    after: 'int limit[2] = { 5, 7 }; int f(int a) { return limit[a & 1] * flag; } int g(int a) { return a - flag; }',
    refused: ['changed-data limit'],
  },
  {
    name: 'a named constant that a function reads which stays',
    before: 'const int limit[2] = { 5, 6 }; int f(int a) { return limit[a & 1] * flag; }',
    after: 'const int limit[2] = { 5, 7 }; int f(int a) { return limit[a & 1] * flag; }',
    refused: ['changed-constant limit'],
  },
])(`$name${withoutGcc}`, ({ before, after, refused }) => {
  const { refusals } = selectFrom(compile(HEAD + before), compile(HEAD + after))
  expect(refusals.map(({ code, symbol }) => `${code} ${symbol.replace(/\.\d+$/, '')}`)).toEqual(refused)
  for (const { text, hint } of refusals) expect([text, hint].every(words => words.length > 20)).toBe(true)
})

test.skipIf(!hasGcc)(
  `a function that must not be replaced is refused with its own reason and way out${withoutGcc}`,
  () => {
    const { denied } = XEN
    const rules = { ...RULES, denied: (_unit: string, name: string) => denied('arch/x86/domain.o', name) }
    const text = (n: number) => `${HEAD} extern void work(int); void idle_loop(void) { for (;;) work(${n}); }`
    const { refusals } = selectFrom(compile(text(3)), compile(text(5)), rules)
    expect(refusals).toMatchObject([{ code: 'never-returns', symbol: 'idle_loop' }])
    expect(refusals[0]?.text).toContain('never returns')
    expect(refusals[0]?.hint).toContain('calls out of the old loop')
  },
)

const HAS_CXX = spawnSync('g++', ['--version']).status === 0
const method = (body: string) => `struct S { static int n; int of(int a); };\n${body}\n`
const USES = 'int g(int a) { return n += a * flag; }'

test.skipIf(!HAS_CXX).for<Row>([
  {
    name: 'a namespace has another name',
    before: `namespace z { static int n; ${USES} } int f(int a) { return z::g(a); }`,
    after: `namespace y { static int n; ${USES} } int f(int a) { return y::g(a); }`,
    refused: ['state-left-behind _ZN1yL1nE'],
  },
  {
    name: "a namespace's variable moves into the function that uses it",
    before: `namespace a { namespace b { int n; ${USES} } }`,
    after: 'namespace a { namespace b { int g(int a) { static int n; return n += a * flag; } } }',
    refused: ['state-left-behind _ZZN1a1b1gEiE1n'],
  },
  {
    name: "a file's variable becomes a class's",
    before: method(`static int n; int S::of(int a) { return ::n += a * flag; }`),
    after: method('int S::n; int S::of(int a) { return n += a * flag; }'),
    refused: ['state-left-behind _ZN1S1nE'],
  },
  {
    name: 'a variable of another name of the same namespace is a new one',
    before: `namespace z { static int n; ${USES} }`,
    after: `namespace z { static int m; ${USES.replace('n +=', 'm +=')} }`,
    refused: [],
  },
])('in C++: $name', ({ before, after, refused }) => {
  const made = (text: string) =>
    compileAnew(
      `extern int flag;\n${text}`,
      ['-O2', '-ffunction-sections', '-fdata-sections', '-fno-exceptions'],
      'unit.cc',
      'g++',
    )
  const { refusals } = selectFrom(made(before), made(after), PROGRAM_RULES)
  expect(refusals.map(({ code, symbol }) => `${code} ${symbol}`)).toEqual(refused)
})

test('the last part of a name in namespaces and classes, and none of what has arguments', () => {
  const names = [
    '_ZN1zL4seenE',
    '_ZN12_GLOBAL__N_14modeE',
    '_ZN1a1bL2nsE.b',
    '_ZN1SIiE1nE',
    '_ZNSt3fooE',
    '_ZN1z1fEv',
    'n',
  ]
  expect(names.map(nestedVariable)).toEqual(['seen', 'mode', 'ns', undefined, undefined, undefined, undefined])
})
