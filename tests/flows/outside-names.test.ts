/** What a program has from outside of its units, or leads elsewhere, as its link decided: a payload cannot change that. */
import { describe, expect, test } from 'vitest'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { sampled } from '../support/sampled.ts'
import { patchProgram, type SmallProgram } from '../support/small-program.ts'

const MAIN = 'int entry(int); int main(int n, char **v) { (void)v; return entry(n) & 1; }\n'
const HOOKED = 'extern void hook(int) __attribute__((weak));\nint entry(int n) { if (hook) hook(n); return n; }\n'
const SPARE = 'char buffer[99];\nint spare(int n) { return n * 3 + buffer[n]; }\n'
const HOOK = 'int hooked;\nvoid hook(int n) { hooked += n; }\n'
const LENGTH = 'unsigned long strnlen(const char *s, unsigned long n) { return s[0] + n; }\n'
const USER = '#include <string.h>\nextern char buffer[];\nint entry(int n) { return (int)strnlen(buffer, n); }\n'
const F = 'int f(int n) { return n * 7 + n / 3; }\n'
const NEW_F = F.replace('7', '9')
const CALLS_F = 'int f(int);\nint entry(int n) { return f(n) + 1; }\n'
const WRAP = 'int __real_f(int);\nint __wrap_f(int n) { return __real_f(n) + 5; }\nint other(int n) { return n - 1; }\n'
const OTHER = 'int other(int);\nint f(int);\nint entry(int n) { return other(n) * n; }\n'

interface Row extends Omit<SmallProgram, 'command'> {
  readonly name: string
  readonly edit: Readonly<Record<string, string>>
  readonly refused?: readonly string[]
  readonly replaced?: readonly string[]
}

const linkedOf = (...units: readonly string[]) => [
  ['ar', 'rcs', 'libx.a', 'lib.o'],
  ['gcc', ...units.map(unit => `${unit}.o`), 'libx.a', '-o', 'program'],
]

const ROWS: readonly Row[] = [
  {
    name: 'a new name that two files define: no linker takes both',
    files: { 'main.c': MAIN, 'u.c': CALLS_F, 'f.c': F },
    link: [],
    edit: { 'u.c': `int seen = 1;\n${CALLS_F.replace('+ 1', '+ seen')}`, 'f.c': `int seen = 1;\n${NEW_F}` },
    refused: ['other-definition seen'],
  },
  {
    name: 'what is weak, and nobody defines, gets a definition',
    files: { 'main.c': MAIN, 'u.c': HOOKED, 'v.c': SPARE },
    link: [],
    edit: { 'v.c': SPARE + HOOK },
    refused: ['other-definition hook'],
  },
  {
    name: 'the same in its own file: whoever asks for it reaches the payload’s',
    files: { 'main.c': MAIN, 'u.c': HOOKED },
    link: [],
    edit: { 'u.c': HOOKED + HOOK },
    replaced: ['entry'],
  },
  {
    name: 'the same, where whoever asks for it changes too: the payload has both',
    files: { 'main.c': MAIN, 'u.c': HOOKED },
    link: [],
    edit: { 'u.c': HOOKED.replace('return n', 'return n + 1') + HOOK },
    replaced: ['entry'],
  },
  {
    name: 'the same, and a unit that stays asks for it as well',
    files: { 'main.c': MAIN, 'u.c': HOOKED, 'w.c': HOOKED.replace('entry', 'asks') },
    link: [],
    edit: { 'u.c': HOOKED.replace('return n', 'return n + 1') + HOOK },
    refused: ['other-definition hook'],
  },
  {
    name: 'the same, and data holds its address',
    files: { 'main.c': MAIN, 'u.c': `${HOOKED}void (*held)(int) = hook;\n` },
    link: [],
    edit: { 'u.c': `${HOOKED.replace('return n', 'return n + 1')}void (*held)(int) = hook;\n${HOOK}` },
    refused: ['other-definition hook', 'changed-data held'],
  },
  {
    name: 'a library’s in the place of a definition, where its user changes too: what runs has its own by that name',
    files: { 'main.c': MAIN, 'u.c': USER, 'v.c': SPARE + LENGTH },
    link: [],
    edit: { 'u.c': USER.replace('n);', 'n) + 1;'), 'v.c': SPARE },
    refused: ['other-definition strnlen'],
  },
  {
    name: 'a definition in the place of a library’s',
    files: { 'main.c': MAIN, 'u.c': USER, 'v.c': SPARE },
    link: [],
    edit: { 'v.c': SPARE + LENGTH },
    refused: ['other-definition strnlen'],
  },
  {
    name: 'a library’s in the place of a definition',
    files: { 'main.c': MAIN, 'u.c': USER, 'v.c': SPARE + LENGTH },
    link: [],
    edit: { 'v.c': SPARE },
    refused: ['other-definition strnlen'],
  },
  {
    name: 'a definition that is new, with who calls it',
    files: { 'main.c': MAIN, 'u.c': CALLS_F, 'v.c': SPARE + F },
    link: [],
    edit: {
      'u.c': CALLS_F.replace('f(n)', 'g(n)').replace('f(int)', 'g(int)'),
      'v.c': SPARE + F + F.replace('f(', 'g('),
    },
    replaced: ['entry'],
  },
  {
    name: 'one of two equal functions of one name, of which one is linked',
    files: { 'main.c': MAIN, 'own.c': F, 'u.c': CALLS_F, 'lib.c': F },
    built: true,
    afterwards: linkedOf('main', 'own', 'u'),
    edit: { 'lib.c': NEW_F },
    refused: ['other-definition f'],
  },
  {
    name: 'two functions of one name that are not equal: load tells',
    files: { 'main.c': MAIN, 'own.c': F.replace('7', '8'), 'u.c': CALLS_F, 'lib.c': F },
    built: true,
    afterwards: linkedOf('main', 'own', 'u'),
    edit: { 'lib.c': NEW_F },
    replaced: ['f'],
  },
  {
    name: 'a call that is new of what the link wraps',
    files: { 'main.c': MAIN, 'v.c': F, 'w.c': WRAP, 'u.c': OTHER },
    link: ['-Wl,--wrap=f'],
    edit: { 'u.c': OTHER.replace('* n', '* f(n)') },
    refused: ['other-definition entry'],
  },
  {
    name: 'the same beside it in one file: there it is not wrapped',
    files: { 'main.c': MAIN, 'w.c': WRAP, 'u.c': F + OTHER.replace('int f(int);\n', '') },
    link: ['-Wl,--wrap=f'],
    edit: { 'u.c': F.replace('int f', '__attribute__((noinline)) int f') + OTHER.replace('* n', '* f(n)') },
    replaced: ['entry'],
  },
]

describe.skipIf(!hasGcc)(`names from outside of the units${withoutGcc}`, () => {
  test.for(sampled(ROWS))('$name', async ({ edit, refused = [], replaced, ...program }) => {
    const command = ['gcc', '-O2', '-fno-builtin', '-fcf-protection=none']
    const found = await patchProgram({ ...program, command }, edit)
    expect([found.error, found.refused]).toEqual([undefined, refused])
    expect(found.replaced).toEqual(replaced)
  })
})
