/**
 * Static variables that nothing writes to, which compilers have among constants: another first value is no new content of a
 * constant, unless the source says const.
 */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { patchProgram } from '../support/small-program.ts'

const HEAD = `extern int printf(const char *, ...);
__attribute__((noinline)) static int out(int n) { return printf("%d", n); }
__attribute__((noinline)) static int twice(int n) { return out(n) + out(n); }
`
const MAIN = '\nint main(int n, char **v) { (void)v; return get(n); }\n'
const GET = '__attribute__((noinline)) int get(int n) { return out(n) * 3 + LOOK; }'
const look = (expression: string) => GET.replace('LOOK', expression)
const ofFile = (declared: string, expression: string) => `${declared}\n${look(expression)}`
const ofFunction = (declared: string, expression: string) =>
  `__attribute__((noinline)) int get(int n) { ${declared} return out(n) * 3 + ${expression}; }`

interface Row {
  readonly what: string
  readonly before: string
  readonly after: (before: string) => string
  /** The variable that is refused; what was built is `get`. */
  readonly variable?: string
}

const swapped = (text: string) => text.replace('{ out, twice }', '{ twice, out }')
const other = (text: string) => text.replace('4, 17', '4, 18')

const ROWS: readonly Row[] = [
  {
    what: 'a table of functions',
    before: ofFile('static int (*table[])(int) = { out, twice };', 'table[n & 1](n)'),
    after: swapped,
    variable: 'table',
  },
  {
    what: 'the same, in a function',
    before: ofFunction('static int (*table[])(int) = { out, twice };', 'table[n & 1](n)'),
    after: swapped,
    variable: 'table',
  },
  {
    what: 'numbers',
    before: ofFile('static short table[4] = { 1, 9, 4, 17 };', 'table[n & 3]'),
    after: other,
    variable: 'table',
  },
  {
    what: 'structures with constant members',
    before: ofFile('static struct { const int a, b; } table[2] = { { 1, 9 }, { 4, 17 } };', 'table[n & 1].b'),
    after: other,
    variable: 'table',
  },
  {
    what: 'words',
    before: ofFile('static char table[] = "4, 17";', 'table[n & 3]'),
    after: other,
    variable: 'table',
  },
  {
    what: 'fewer numbers, which LLVM puts among constants that linkers merge',
    before: ofFile('static short table[6] = { 1, 9, 4, 17 };', 'table[n & 3]'),
    after: text => other(text).replace('table[6]', 'table[4]'),
    variable: 'table',
  },
  {
    what: 'more numbers than such a section takes',
    before: ofFile('static short table[4] = { 1, 9, 4, 17 };', 'table[n & 3]'),
    after: text => other(text).replace('table[4]', 'table[6]'),
    variable: 'table',
  },
  {
    what: 'more numbers, in a function beside another one that has such numbers',
    before: ofFunction('static short table[4] = { 1, 9, 4, 17 };', 'table[n & 3] + more(n)').replace(
      '__attr',
      '__attribute__((noinline)) static int more(int n) { static const short table[4] = { 4, 2 }; return out(n) + table[n & 3]; }\n__attr',
    ),
    after: text => other(text).replace('table[4] = { 1', 'table[6] = { 1'),
    variable: 'table',
  },
  {
    what: 'numbers that the patched text writes',
    before: ofFile('static short table[4] = { 1, 9, 4, 17 };', 'table[n & 3]'),
    after: text => `${other(text)}\n__attribute__((noinline)) void set(int n) { out(n); table[n & 3] = (short)n; }\n`,
    variable: 'table',
  },
  {
    what: 'fewer constant numbers',
    before: ofFile('static const short table[6] = { 1, 9, 4, 17 };', 'table[n & 3]'),
    after: text => other(text).replace('table[6]', 'table[4]'),
  },
  {
    what: 'more constant numbers',
    before: ofFile('static const short table[4] = { 1, 9, 4, 17 };', 'table[n & 3]'),
    after: text => other(text).replace('table[4]', 'table[6]'),
  },
  {
    what: 'constant functions',
    before: ofFile('static int (*const table[])(int) = { out, twice };', 'table[n & 1](n)'),
    after: swapped,
  },
  {
    what: 'constant numbers, by the name of their type',
    before: ofFile('typedef const short fixed; static fixed table[4] = { 1, 9, 4, 17 };', 'table[n & 3]'),
    after: other,
  },
  {
    what: 'a constant array of arrays, in a function',
    before: ofFunction('static const short table[2][2] = { { 1, 9 }, { 4, 17 } };', 'table[n & 1][n >> 1 & 1]'),
    after: other,
  },
  {
    what: 'literals',
    before: ofFile('', 'printf("4, 17") + printf("again")'),
    after: other,
  },
  {
    what: 'numbers that the patch declares const',
    before: ofFile('static short table[4] = { 1, 9, 4, 17 };', 'table[n & 3]'),
    after: text => other(text).replace('static short', 'static const short'),
  },
]

describe.for([
  ['gcc', '-fno-pie'],
  ['clang-14', '-fno-pie'],
  ['clang-14', '-fPIC'],
  ['g++', '-xc++', '-fno-exceptions', '-fno-pie'],
])('%s %s', ([compiler = '', ...options]) => {
  const isThere = spawnSync(compiler, ['--version']).status === 0
  const command = [compiler, '-O2', '-fcf-protection=none', ...options]
  const without = isThere ? '' : ` (${compiler} is missing)`
  const isRelocated = options.includes('-fPIC')

  test.skipIf(!isThere).for(ROWS)(`$what${without}`, async ({ before, after, variable }) => {
    const source = (text: string) => HEAD + text + MAIN
    const asC = (text: string) => (compiler === 'g++' ? `extern "C" {\n${source(text)}}\n` : source(text))
    const found = await patchProgram({ files: { 'm.c': asC(before) }, command }, { 'm.c': asC(after(before)) })
    expect(found.error).toBeUndefined()
    if (variable === undefined) {
      // Where the loader of programs fills them in, tables of addresses are no constants that come along.
      if (isRelocated && before.includes('out, twice')) return
      expect([found.refused, found.replaced]).toEqual([[], ['get']])
      return
    }
    expect(found.refused).toEqual([
      expect.stringMatching(new RegExp(`^(?:changed-constant|changed-data|data-layout) .*${variable}`)),
    ])
    expect(found.run?.refusals[0]?.text).toMatch(
      /variable by its source|running system has its own value|moved from section/,
    )
  })
})
