/** Prototypes that come where their name stands nowhere, and whether gcc makes the same object. */
import { describe, expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import { addedPrototypes, textsNaming } from './prototypes.ts'

const HEADER = `#ifndef HEADER_H
#define HEADER_H
struct known { int a; };
struct known *make(int kind);
int old(struct known *);
#endif
`
const NONE = 'int none(int a) { return a + 2; }\n'
const added = (line: string) => [HEADER, HEADER.replace('int old', `${line}\nint old`)] as const

test.for([
  ['a prototype', 'int nobody(int n);', ['nobody']],
  ['two', 'int nobody(int n); unsigned long other(void);', ['nobody', 'other']],
  ['with a tag that is known', 'struct known *nobody(const struct known *, ...);', ['nobody']],
  ['a variable', 'extern unsigned int nobody;', ['nobody']],
  ['with a tag that it brings', 'int nobody(struct made *);', undefined],
  ['with an attribute', 'int nobody(int) __attribute__((pure));', undefined],
  ['with a name for the assembler', 'int nobody(int) __asm__("none");', undefined],
  ['with the length of an array', 'int nobody(int n[3]);', undefined],
  ['an array', 'extern int nobody[4];', undefined],
  ['a definition', 'int nobody;', undefined],
  ['a static one', 'static int nobody(int n);', undefined],
  ['a type', 'typedef int nobody(int n);', undefined],
  ['of what a compiler calls', 'void *memcpy(void *, const void *, unsigned long);', undefined],
  ['of what a compiler calls by itself', 'int __multi3(int n);', undefined],
  ['beside a macro', 'int nobody(int n);\n#define MORE 1', undefined],
] as const)('%s', ([, line, names]) => {
  expect(addedPrototypes(...added(line))?.names).toEqual(names)
})

test('one that goes, and one that becomes another', () => {
  const [before, after] = added('int nobody(int n);')
  expect(addedPrototypes(after, before)).toBeUndefined()
  expect(addedPrototypes(after, after.replace('nobody(int', 'nobody(long'))).toBeUndefined()
})

test('a tag that only another condition knows', () => {
  const [before, after] = added('#ifdef MORE\nint nobody(struct other *);\n#endif')
  const known = (text: string) => text.replace('#endif\n', '#else\nstruct other;\n#endif\n')
  expect(addedPrototypes(known(before), known(after))).toBeUndefined()
  expect(
    addedPrototypes(HEADER, HEADER.replace('#endif', '#elif X\nint nobody(struct known *);\n#endif')),
  ).toBeUndefined()
})

describe('a text that may name it', () => {
  const mayName = textsNaming(['nobody'], ['int', 'nobody', 'n'])
  test.for([
    ['a call', 'int f(void) { return nobody(1); }\n', true],
    ['another function', NONE, false],
    ['a comment', '/* nobody knows */ // nobody\n', false],
    ['a longer word', 'int nobody_else;\n', false],
    ['a name over two lines', 'int f(void) { return no\\\nbody(1); }\n', true],
    ['a letter by its number', 'int f(void) { return nob\\u006fdy(1); }\n', true],
    ['a string', 'const char s[] = "nobody";\n', false],
    ['a string in a pragma', '_Pragma("weak nobody")\n', true],
    ['a pragma', '#pragma weak nobody\n', true],
    ['a macro of its words', '#define n void\n', true],
    ['such a macro, spelled otherwise', '# define /* it is */ \\\n n void\n', true],
    ['a macro of another word', '#define nn void\n', false],
  ] as const)('%s', ([, text, is]) => {
    expect(mayName(text)).toBe(is)
  })

  test('bool may be what it is', () => {
    const of = textsNaming(['nobody'], ['bool', 'nobody'])
    expect(of('#define bool\t_Bool\n')).toBe(false)
    expect(of('#define bool unsigned char\n')).toBe(true)
  })
})

describe.skipIf(!hasGcc)(`gcc agrees${withoutGcc}`, () => {
  test.for([
    ['nobody has it', NONE],
    [
      'it is joined, and used by its type alone',
      '#define J(a, b) a##b\nint J(no, body)(int);\nint f(void) { return sizeof(J(no, body)(1)); }\n',
    ],
    [
      'it is joined, for a member',
      '#define J(a, b) a##b\nstruct t { int J(no, body); };\nint f(struct t *t) { return t->J(no, body); }\n',
    ],
    [
      'it is joined, for a variable of a function',
      '#define J(a, b) a##b\nint f(int a) { int J(no, body) = a; return J(no, body); }\n',
    ],
  ] as const)('%s', ([, text]) => {
    const [one, other] = added('int nobody(int n);').map(header =>
      Buffer.from(compile(`${header}${text}`, ['-O2', '-w', '-std=gnu11'])),
    )
    expect(one?.equals(other ?? Buffer.of())).toBe(true)
  })
})
