/** A table that changes, and nothing else: who reads it is replaced for its sake, or the patch is refused as before. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { patchProgram } from '../support/small-program.ts'

const HEAD = 'extern int printf(const char *, ...);\n'
const REST = '__attribute__((noinline)) int other(int x) { return printf("%d", x); }\n'
const MAIN = 'int main(int n, char **v) { (void)v; return other(get(n)) + few(n); }\n'
const tables = (value: number, word: string) => `${HEAD}${REST}
__attribute__((noinline)) int get(int x) {
  static const int table[4] = { 1, 7, 9, ${value} };
  return x > 5 ? other(x) : table[x & 3] + x;
}
__attribute__((noinline)) int few(int x) {
  static const char *const words[4] = { "one", "${word}", "three", "four" };
  return words[x & 3][x & 1] + x;
}
${MAIN}`
const small = (value: number) => `${HEAD}${REST}
static const signed char table[4] = { 1, 7, 9, ${value} };
__attribute__((noinline)) int get(int x) { return table[x & 3]; }
__attribute__((noinline)) int few(int x) { return other(x) * 3 - table[x & 1]; }
${MAIN}`

describe.for([
  ['gcc', '-O2'],
  ['clang-14', '-O0'],
])('readers of a table: %s %s', ([compiler = '', level = '']) => {
  const isThere = spawnSync(compiler, ['--version']).status === 0
  const command = [compiler, level, '-fno-pie', '-fdata-sections', '-fcf-protection=none']
  const patched = (before: string, after: string) =>
    patchProgram({ files: { 'm.c': before }, command }, { 'm.c': after })

  test.skipIf(!isThere)('one function has it', async () => {
    const found = await patched(tables(3, 'two'), tables(30, 'two'))
    expect([found.error, found.refused, found.replaced]).toEqual([undefined, [], ['get']])
  })

  test.skipIf(!isThere)('another’s words as well', async () => {
    const found = await patched(tables(3, 'two'), tables(30, 'TWO'))
    expect([found.error, found.refused, found.replaced?.toSorted()]).toEqual([undefined, [], ['few', 'get']])
  })

  test.skipIf(!isThere)('two functions share one', async () => {
    const found = await patched(small(3), small(30))
    expect([found.error, found.refused, found.replaced?.toSorted()]).toEqual([undefined, [], ['few', 'get']])
  })

  test.skipIf(!isThere)('one of them is main, which has been entered for good', async () => {
    const ofMain = (value: number) => `${HEAD}static const signed char table[4] = { 1, 7, 9, ${value} };
__attribute__((noinline)) int get(int x) { return table[x & 3] + x; }
int main(int n, char **v) { (void)v; return printf("%d", get(n)) + table[n & 1]; }\n`
    const found = await patched(ofMain(3), ofMain(30))
    expect([found.error, found.refused]).toEqual([undefined, ['changed-constant table']])
    expect(found.run?.refusals[0]?.text).toContain('get, which is not replaced, reads it; main, which is not replaced')
  })
})
