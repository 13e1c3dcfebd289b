/** Functions in a section of their own, all of them in one: where the tables lead by which they jump. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { patchProgram } from '../support/small-program.ts'

const folder = mkdtempSync(join(tmpdir(), 'hotsplice-tables-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const OWN = '__attribute__((section(".text.own")))'
const CASES = Array.from({ length: 20 }, (_, at) => `case ${at}: return out(${at * 37 + 5}) * ${at + 2};`).join('\n')
const SWITCH = `extern int out(int);
${OWN} int f(int n) { out(1); switch (n) { ${CASES} } return n; }
${OWN} int g(int n) { return out(n) + out(n * 3) + out(n * 5); }
`
const BY_HAND = `extern int out(int);
${OWN} int g(int n) { return out(n) + out(n * 3) + out(n * 5); }
static __attribute__((used)) int h(int n) { return n; }
extern const int table[] __asm__(".Ltable") __attribute__((visibility("hidden")));
__asm__(".section .rodata.table,\\"a\\"\\n.Ltable:\\n.long 0\\n.long .text.own + 9 - .\\n.previous");
${OWN} int f(int n) { return out(1) + table[n]; }
`

/** LLVM makes a table of distances of this one (`reltable.pick`), in code that is placed anywhere. */
const NAMES = (names: string) => `extern int say(const char *);
#define CONST __attribute__((section(".rodata.own"))) static const char
CONST a[4] = "abc", b[4] = "bcd", c[4] = "cde", d[4] = "def", e[4] = "efg", z[4] = "zzz";
__attribute__((noinline)) const char *pick(unsigned n) { static const char *const all[] = { ${names} }; return all[n % 5]; }
int f(int n) { return say(pick(n)) + say(a) + say(b) + say(c) + say(d) + say(e) + say(z); }
`

describe('tables of distances in what a payload brings', () => {
  test.for([
    ['gcc', '-O2', '-fPIC'],
    ['gcc', '-Os', '-fPIE'],
    ['clang-14', '-O1', '-fPIE'],
  ])('lead into their own function: %s', async (command, { skip }) => {
    if (spawnSync(command[0] ?? '', ['--version']).status !== 0) skip(`${command[0]} is missing`)
    const after = SWITCH.replace('out(1)', 'out(2)')
    const found = await patchProgram({ files: { 'm.c': SWITCH }, command }, { 'm.c': after })
    expect([found.error, found.refused]).toEqual([undefined, []])
    const file = join(folder, 'payload')
    writeFileSync(file, found.run?.payload?.bytes ?? '')
    const text = execFileSync('readelf', ['-rW', file], { encoding: 'utf8' })
    const [, own = ''] = /'\.rela\.rodata[^']*'[^\n]*\n[^\n]*\n((?:\w+ .*\n)+)/.exec(text) ?? []
    const names = [...own.matchAll(/R_X86_64_PC32\s+\w+ (\S+) \+/g)].map(([, name]) => name)
    expect(names).toEqual(Array(20).fill('f'))
  })

  test.skipIf(spawnSync('gcc', ['--version']).status !== 0)('by hand, into another function: refused', async () => {
    const after = BY_HAND.replace('out(1)', 'out(2)')
    const found = await patchProgram({ files: { 'm.c': BY_HAND }, command: ['gcc', '-O1', '-fPIE'] }, { 'm.c': after })
    expect([found.error, found.refused.map(each => each.split(' ')[0])]).toEqual([undefined, ['inner-address']])
  })

  const isThere = spawnSync('clang-14', ['--version']).status === 0
  test.skipIf(!isThere).for([
    ['strings', '"one", "two", "three", "four", "five"', '"one", "2", "three", "four", "five"', undefined],
    ['variables of one section', 'a, b, c, d, e', 'a, c, b, d, e', ['a', 'c', 'b', 'd', 'e']],
  ] as const)('LLVM’s, of %s, come along with their function', async ([, before, after, wanted]) => {
    const program = { files: { 'm.c': NAMES(before) }, command: ['clang-14', '-O2', '-fPIE'] }
    const found = await patchProgram(program, { 'm.c': NAMES(after) })
    expect([found.error, found.refused, found.replaced]).toEqual([undefined, [], ['pick']])
    const table = found.run?.selection.pieces.find(({ piece }) => piece.name === 'reltable.pick')
    expect(table?.role).toBe('content')
    const led = table?.references.map(({ link }) => (link.to === 'running' ? link.name : link.to))
    expect(led).toEqual(wanted?.map(name => `m.c#${name}`) ?? Array(5).fill('payload'))
  })
})

describe('a table beside what it leads to, whose distances the assembler fills in', () => {
  const text = (names: string) => `#define CONST __attribute__((section(".rodata.reltable.pick"))) static const char
CONST a[4] = "abc", b[4] = "bcd", c[4] = "cde", d[4] = "def", e[4] = "efg";
const char *pick(unsigned n) { static const char *const all[] = { ${names}, c, d, e }; return all[n % 5]; }
`
  const command = ['clang-14', '-O2', '-fPIC']
  const isThere = spawnSync('clang-14', ['--version']).status === 0
  test.skipIf(!isThere)('is never the same: nothing tells where it leads', async () => {
    const found = await patchProgram({ files: { 'm.c': text('a, b') }, command }, { 'm.c': text('b, a') })
    const codes = found.refused.map(each => each.split(' ')[0])
    expect([found.error, codes]).toEqual([undefined, expect.arrayContaining(['hidden-reference'])])
  })
})
