/** Tables of places inside a function: they go along with it, or the patch is refused; never are they left to the old code. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge, PROGRAM_RULES, selectFrom } from '../../tests/support/judge.ts'
import { enteredByPayload } from './inner-places.ts'
import type { Selection } from './model.ts'

const PROGRAM = ['-O2', '-ffunction-sections', '-fdata-sections', '-fcf-protection=none', '-fno-stack-protector']
const HEAD = 'extern int out(int);\nextern void *volatile last;\n'
const process = PROGRAM_RULES

/** An interpreter with a table of labels; `qualifier` and `place` say what kind of table, `step` what one label does. */
function interpreter(step: string, table = 'static const void *const ops[]', rest = ''): string {
  return `${HEAD}${rest}__attribute__((noinline)) int run(const unsigned char *p, int n) {
    ${table} = { &&add, &&sub, &&mul, &&end };
    int a = n; goto *ops[*p++];
    add: ${step}; goto *ops[*p++];
    sub: a -= out(1); goto *ops[*p++];
    mul: a *= 2; goto *ops[*p++];
    end: return a; }`
}

const refused = ({ refusals }: Pick<Selection, 'refusals'>) =>
  refusals.map(({ code, symbol }) => `${code} ${symbol.replace(/\.\d+$/, '')}`)

/** For each reference of the piece called so, where it leads. */
function links({ pieces }: Selection, name: string): readonly string[] | undefined {
  return pieces
    .find(({ piece }) => piece.name.replace(/\.\d+$/, '') === name)
    ?.references.map(({ link }) => (link.to === 'running' ? link.name : link.to))
}

const FLAGS = [
  { name: 'position-independent', flags: [...PROGRAM, '-fPIE'] },
  { name: 'at a fixed address', flags: [...PROGRAM, '-fno-pie'] },
  { name: 'not optimised', flags: ['-O0', '-ffunction-sections', '-fdata-sections'] },
]
const STEPS = [
  { how: 'labels that stay where they are', before: 'a += 3', after: 'a += 5' },
  { how: 'labels that move', before: 'a += 3', after: 'a += out(7) * n; a ^= n' },
]

test.skipIf(!hasGcc).for(FLAGS.flatMap(one => STEPS.map(other => ({ ...one, ...other }))))(
  `$name, $how: the table goes with the function${withoutGcc}`,
  ({ flags, before, after }) => {
    const selection = selectFrom(compile(interpreter(before), flags), compile(interpreter(after), flags), process)
    expect(refused(selection)).toEqual([])
    expect(links(selection, 'ops')).toEqual(['payload', 'payload', 'payload', 'payload'])
    expect(links(selection, 'run')).not.toContain('unit.c#ops.0')
  },
)

test.skipIf(!hasGcc).for([
  { name: 'that may have been written to', table: 'static void *ops[]', rest: '', more: 'ops[1] = ops[n];' },
  {
    name: 'that is in a set which something walks',
    table:
      '__attribute__((section("places"), used)) static const void *const seen[] = { &&add }; static const void *const ops[]',
    rest: '',
    more: '',
  },
])(`a table $name is refused${withoutGcc}`, ({ table, rest, more }) => {
  const text = (by: number) => interpreter(`${more} a += ${by}`, table, rest)
  const flags = [...PROGRAM, '-fno-pie']
  const selection = selectFrom(compile(text(3), flags), compile(text(5), flags), process)
  expect(selection.refusals.map(({ code }) => code)).toContain('inner-address')
})

test.skipIf(!hasGcc)(`a table that another function uses too, which stays, is refused${withoutGcc}`, () => {
  const text = (by: number) => `${HEAD}
    __asm__(".section .rodata.t,\\"a\\"; .type t,@object; .size t,8; t: .quad .Lplace; .previous");
    __attribute__((noinline, noclone)) int f(int n) { __asm__ goto ("movq t, %%rax; .Lplace: nop" : : : "rax" : l); l: return out(n) * ${by}; }
    void *g(void) { void *a; __asm__("movq t, %0" : "=r"(a)); return a; }`
  const flags = [...PROGRAM, '-fno-pie']
  const selection = selectFrom(compile(text(11), flags), compile(text(13), flags), process)
  expect(refused(selection)).toEqual(['inner-address f'])
  expect(selection.refusals[0]?.text).toContain('is used by g, which is not replaced')
})

/** A table without a name, of a place inside of f, and who uses it. */
const unnamed = (by: number, users: { readonly f: boolean; readonly g: string }) => `${HEAD}
  __asm__(".section .rodata.t,\\"a\\"; .Lt: .quad .Lplace; .previous");
  __attribute__((noinline, noclone)) int f(int n) {
    __asm__ goto ("${users.f ? 'movq .Lt, %%rax; ' : ''}.Lplace: nop" : : : "rax" : l); l: return out(n) * ${by}; }
  ${users.g}`

test.skipIf(!hasGcc).for([
  {
    name: 'a function that stays uses it too',
    users: { f: true, g: 'void *g(void) { void *a; __asm__("movq .Lt, %0" : "=r"(a)); return a; }' },
    refused: ['inner-address f: is used by g, which is not replaced'],
  },
  {
    name: 'only a function that stays uses it',
    users: { f: false, g: 'void *g(void) { void *a; __asm__("movq .Lt, %0" : "=r"(a)); return a; }' },
    refused: ['inner-address f: is used by g, which is not replaced'],
  },
  {
    name: 'a variable leads to it, and the function uses it',
    users: {
      f: true,
      g: '__asm__(".data; .globl chosen; .type chosen,@object; .size chosen,8; chosen: .quad .Lt; .previous");',
    },
    refused: ['inner-address f: is used by chosen, which is not replaced'],
  },
  { name: 'only the function uses it', users: { f: true, g: '' }, refused: [] },
])(`a table without a name, where $name${withoutGcc}`, ({ users, refused: expected }) => {
  const flags = [...PROGRAM, '-fno-pie']
  const selection = selectFrom(compile(unnamed(11, users), flags), compile(unnamed(13, users), flags), process)
  const words = selection.refusals.map(
    ({ code, symbol, text }) => `${code} ${symbol}: ${/is used by .*replaced/.exec(text)?.[0]}`,
  )
  expect(words).toEqual(expected)
  if (expected.length > 0) return
  const table = selection.pieces.find(({ piece }) => piece.kind === 'anonymous')
  expect(table?.references.map(({ link }) => link.to)).toEqual(['payload'])
})

test.skipIf(!hasGcc)(`code that leads into the middle of a changed function is refused${withoutGcc}`, () => {
  const text = (by: number) => `${HEAD}
    int f(int n) { __asm__ volatile(".Lplace: nop"); return out(n) * ${by}; }
    void g(void) { __asm__ volatile("leaq .Lplace(%%rip), %%rax" : : : "rax"); }`
  const selection = selectFrom(compile(text(11), PROGRAM), compile(text(13), PROGRAM), process)
  expect(refused(selection)).toEqual(['inner-address f'])
})

test.skipIf(!hasGcc).for([
  { name: 'that nobody uses', user: '' },
  { name: 'that only the changed one uses', user: 'own();' },
])(`code of its own file $name leads there just so${withoutGcc}`, ({ user }) => {
  const text = (by: number) => `${HEAD}
    __attribute__((used, noinline, noclone)) static void own(void) { __asm__ volatile("leaq .Lplace(%%rip), %%rax" : : : "rax"); }
    int f(int n) { ${user} __asm__ volatile(".Lplace: nop"); return out(n) * ${by}; }`
  const selection = selectFrom(compile(text(11), PROGRAM), compile(text(13), PROGRAM), process)
  expect(refused(selection)).toEqual(['inner-address f'])
  expect(selection.refusals[0]?.text).toContain('is itself not replaced')
})

test.skipIf(!hasGcc).for([
  { how: 'jmp .Linner', refused: ['inner-address f'] },
  { how: 'je .Linner; ret', refused: ['inner-address f'] },
  { how: 'jmp f', refused: [] },
])(`assembly that leads there without a relocation, by $how${withoutGcc}`, ({ how, refused: expected }) => {
  const text = (
    by: number,
  ) => `__asm__(".section .text.both,\\"ax\\"; .type f,@function; f: xorl %eax, %eax; movl $${by}, %ecx;"
    ".Linner: addl %ecx, %eax; ret; .size f, .-f; .globl g; .type g,@function; g: ${how}; .size g, .-g; .previous");`
  const selection = selectFrom(compile(text(11), PROGRAM), compile(text(13), PROGRAM), PROGRAM_RULES)
  expect(refused(selection)).toEqual(expected)
})

test.skipIf(!hasGcc)(`a pointer to a function that changes is no place inside of it${withoutGcc}`, () => {
  const text = (by: number) => `${HEAD}
    __attribute__((noinline)) int f(int n) { return out(n) * ${by}; }
    int (*const table[])(int) = { f, out }; int (*chosen)(int) = f; int g(int n) { return f(n) + 1; }`
  for (const flags of [
    [...PROGRAM, '-fno-pie'],
    [...PROGRAM, '-fPIC'],
  ]) {
    const selection = selectFrom(compile(text(11), flags), compile(text(13), flags), process)
    expect(refused(selection)).toEqual([])
  }
})

const switching = (by: number) => `${HEAD} __attribute__((cold, noinline)) void rare(int n) { out(n); }
  unsigned f(unsigned n) { unsigned r; switch (n % 7) {
    case 0: r = n ^ 43; break; case 1: r = n + 22; break; case 2: r = n * 66; break;
    case 3: rare(n); r = n + ${by}; break; case 4: r = out(n - 14); break; case 5: r = out(n) * 3; break; default: r = n * 92; break; } return r; }`

test.skipIf(!hasGcc).for([
  { name: 'absolute', flags: [...PROGRAM, '-fno-pie'] },
  { name: 'relative', flags: [...PROGRAM, '-fPIE'] },
  { name: 'relative, in a shared object', flags: [...PROGRAM, '-fPIC'] },
])(`a jump table ($name) of a replaced function leads into the new cold part${withoutGcc}`, ({ flags }) => {
  const selection = selectFrom(compile(switching(100), flags), compile(switching(200), flags), process)
  expect(selection.pieces.map(({ role }) => role).toSorted()).toEqual(['content', 'part', 'replacement'])
  const table = selection.pieces.find(({ role }) => role === 'content')
  expect(table?.references.length).toBeGreaterThanOrEqual(5)
  expect(table?.references.map(({ link }) => link.to)).not.toContain('running')
  expect(selection.refusals).toEqual([])
})

test.skipIf(!hasGcc).for<readonly [what: string, symbol: string, distance: number, refused: readonly string[]]>([
  ['its start', 'f', 0, []],
  ['a place inside of it', 'f', 5, ['inner-address g']],
  ['a part of it', 'f.cold', 0, ['inner-address g']],
  ['a place inside of another function', 'h', 5, []],
])(`the last look at what replaces f: %s${withoutGcc}`, ([, symbol, distance, wanted]) => {
  const text = (by: number) =>
    `${HEAD} extern char there[] __asm__("${symbol}"); long g(long n) { return ((long) there + ${distance}) * n + out(${by}); }`
  const [before, after] = [11, 13].map(by => compile(text(by), [...PROGRAM, '-fno-pie']))
  const [a, b] = [before ?? new Uint8Array(), after ?? new Uint8Array()]
  const { pieces, replacements } = selectFrom(a, b, process)
  const verdicts = judge(a, b, process.target.loader)
  const units = [{ unit: 'unit.o', fileSymbol: 'unit.c', verdicts, singleResults: new Set<string>() }]
  const [g] = replacements
  const f = g === undefined ? [] : [{ ...g, runningName: 'f' }]
  expect(refused({ refusals: enteredByPayload(units, pieces, f) })).toEqual(wanted)
})
