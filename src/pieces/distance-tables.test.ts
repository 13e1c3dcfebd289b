/** What tables of distances lead to, held against the words that the linker writes into a shared object. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { PROGRAM_RULES } from '../../tests/support/judge.ts'
import { readElf } from '../elf/index.ts'
import { pieceMap } from './pieces.ts'

const folder = mkdtempSync(join(tmpdir(), 'hotsplice-distances-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const OWN = '__attribute__((section(".text.own")))'
const cases = (step: number) =>
  Array.from({ length: 40 }, (_, at) => `case ${at}: return out(${at * step + 5}) * ${at + 2};`).join('\n')
const SWITCH = `extern int out(int);
static const char first[] = "first";
${OWN} int f(int n) { switch (n) { ${cases(37)} } return n; }
${OWN} int g(int n) { return out(n + first[n]) + out(n * 3); }
${OWN} int h(int n) { switch (n) { ${cases(41)} } return n; }
${OWN} int i(int n) { return out(n * 5) + out(n * 7); }
`
/** By hand: each is counted from its own field. */
const BY_HAND = `extern int out(int);
static int a(int n) { return out(n) + 1; }
static int b(int n) { return out(n) + 2; }
static int c(int n) { return out(n) + 3; }
extern const int table[];
__asm__(".section .rodata.table,\\"a\\"\\n.globl table\\n.hidden table\\ntable:\\n.long a - .\\n.long b - .\\n.long c - .\\n.previous");
int (*all[])(int) = { a, b, c };
int f(int n) { return table[n]; }
`

/** LLVM makes distances of both tables; the second has no symbol of its own. */
const OF_DATA = `extern int say(const char *);
#define CONST __attribute__((section(".rodata.own"))) static const char
CONST a[4] = "abc", b[4] = "bcd", c[4] = "cde", d[4] = "def", e[4] = "efg";
CONST v[4] = "vvv", w[4] = "www", x[4] = "xxx", y[4] = "yyy", z[4] = "zzz";
const char *pick(unsigned n) { static const char *const all[] = { a, b, c, d, e }; return all[n % 5]; }
const char *like(int n) { switch (n) { case 0: return v; case 1: return w; case 2: return x; case 3: return y; } return z; }
`

interface Row {
  readonly name: string
  readonly text: string
  readonly command: readonly string[]
  /** Where the linked words count from. */
  readonly from: 'table' | 'field'
}

const ROWS: readonly Row[] = [
  { name: 'gcc', text: SWITCH, command: ['gcc', '-O2', '-fPIC'], from: 'table' },
  {
    name: 'gcc, small',
    text: SWITCH,
    command: ['gcc', '-Os', '-fPIC', '-ffunction-sections', '-fdata-sections'],
    from: 'table',
  },
  { name: 'clang', text: SWITCH, command: ['clang-14', '-O1', '-fPIE', '-ffunction-sections'], from: 'table' },
  { name: 'by hand', text: BY_HAND, command: ['gcc', '-O1', '-fPIC', '-fno-toplevel-reorder'], from: 'field' },
]

describe('tables of distances', () => {
  test.for(ROWS)('$name', ({ text, command: [compiler = '', ...options], from }, { skip }) => {
    if (spawnSync(compiler, ['--version']).status !== 0) skip(`${compiler} is missing`)
    const [source, object, linked] = ['t.c', 't.o', 't.so'].map(name => join(folder, name))
    writeFileSync(source ?? '', text)
    execFileSync(compiler, [...options, '-c', source ?? '', '-o', object ?? ''])
    // One object only: the linker keeps the order of what lies in its sections.
    execFileSync('gcc', ['-shared', '-nostdlib', '-Wl,--emit-relocs', object ?? '', '-o', linked ?? ''])
    const map = pieceMap(readElf<'original'>(readFileSync(object ?? '')), { loader: PROGRAM_RULES.target.loader })
    const functions = functionsOf(linked ?? '')
    const words = tableWords(linked ?? '', from)
    const found = map.pieces.flatMap(piece =>
      piece.kind !== 'function' && map.object.sections[piece.section]?.name.startsWith('.rodata') === true
        ? piece.references.flatMap(({ target }) => (target.to === 'piece' ? [map.pieces[target.piece]?.name] : []))
        : [],
    )
    const wanted = words.map(place => functions.find(({ start, end }) => start <= place && place < end)?.name)
    expect(wanted.length).toBeGreaterThanOrEqual(3)
    expect(found).toEqual(wanted)
  })
})

interface Known {
  readonly name: string
  readonly start: number
  readonly end: number
}

function functionsOf(file: string): readonly Known[] {
  const text = execFileSync('nm', ['-S', file], { encoding: 'utf8' })
  return [...text.matchAll(/^(\w+) (\w+) [Tt] (\w+)$/gm)].map(([, start = '', size = '', name = '']) => {
    const at = Number.parseInt(start, 16)
    return { name, start: at, end: at + Number.parseInt(size, 16) }
  })
}

/** What each word of .rodata leads to that has a relocation to code: the linker has written the distance. */
function tableWords(file: string, from: Row['from']): readonly number[] {
  const headers = execFileSync('readelf', ['-SW', file], { encoding: 'utf8' })
  const [, address = '', at = ''] = /\] \.rodata\s+PROGBITS\s+(\w+) (\w+)/.exec(headers) ?? []
  const [start, place] = [Number.parseInt(address, 16), Number.parseInt(at, 16)]
  const text = execFileSync('readelf', ['-rW', file], { encoding: 'utf8' })
  const [, own = ''] = /'\.rela\.rodata'[^\n]*\n[^\n]*\n((?:\w+ .*\n)+)/.exec(text) ?? []
  const fields = [...own.matchAll(/^(\w+)/gm)].map(([field]) => Number.parseInt(field, 16))
  const bytes = readFileSync(file)
  const word = (field: number) => bytes.readInt32LE(field - start + place)
  if (from === 'field') return fields.map(field => field + word(field))
  // Two tables of forty: the second begins where the first ends.
  return fields.map((field, index) => (fields[index - (index % 40)] ?? field) + word(field))
}

test('tables of distances to data that LLVM makes', ({ skip }) => {
  if (spawnSync('clang-14', ['--version']).status !== 0) skip('clang-14 is missing')
  const [source, object] = ['data.c', 'data.o'].map(name => join(folder, name))
  writeFileSync(source ?? '', OF_DATA)
  const options = ['-O2', '-fPIC', '-ffunction-sections', '-fdata-sections']
  execFileSync('clang-14', [...options, '-c', source ?? '', '-o', object ?? ''])
  const map = pieceMap(readElf<'original'>(readFileSync(object ?? '')), { loader: PROGRAM_RULES.target.loader })
  const tables = map.pieces.filter(({ name }) => name.includes('reltable.'))
  const led = tables.map(({ references }) =>
    references.map(({ target }) => (target.to === 'piece' ? map.pieces[target.piece]?.name : target.to)).join(''),
  )
  expect(led.sort()).toEqual(['abcde', 'vwxy'])
})
