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
  ['a prototype', 'int no_body(int n);', ['no_body']],
  ['two', 'int no_body(int n); unsigned long no_other(void);', ['no_body', 'no_other']],
  ['with a tag that is known', 'struct known *no_body(const struct known *, ...);', ['no_body']],
  ['a variable', 'extern unsigned int no_body;', ['no_body']],
  ['with a tag that it brings', 'int no_body(struct made *);', undefined],
  ['with an attribute', 'int no_body(int) __attribute__((pure));', undefined],
  ['with a name for the assembler', 'int no_body(int) __asm__("none");', undefined],
  ['with the length of an array', 'int no_body(int n[3]);', undefined],
  ['an array', 'extern int no_body[4];', undefined],
  ['a definition', 'int no_body;', undefined],
  ['a static one', 'static int no_body(int n);', undefined],
  ['a type', 'typedef int no_body(int n);', undefined],
  ['of what a compiler calls', 'void *memcpy(void *, const void *, unsigned long);', undefined],
  ['of what gcc calls once it is declared', 'char *stpcpy(char *, const char *);', undefined],
  ['likewise, of what a library adds', 'int puts_unlocked(const char *);', undefined],
  ['of what a compiler calls by itself', 'int __multi3(int n);', undefined],
  ['beside a macro', 'int no_body(int n);\n#define MORE 1', undefined],
] as const)('%s', ([, line, names]) => {
  expect(addedPrototypes(...added(line))?.names).toEqual(names)
})

test('one that goes, and one that becomes another', () => {
  const [before, after] = added('int no_body(int n);')
  expect(addedPrototypes(after, before)).toBeUndefined()
  expect(addedPrototypes(after, after.replace('no_body(int', 'no_body(long'))).toBeUndefined()
})

test('a tag that only another condition knows', () => {
  const [before, after] = added('#ifdef MORE\nint no_body(struct other *);\n#endif')
  const known = (text: string) => text.replace('#endif\n', '#else\nstruct other;\n#endif\n')
  expect(addedPrototypes(known(before), known(after))).toBeUndefined()
  expect(
    addedPrototypes(HEADER, HEADER.replace('#endif', '#elif X\nint no_body(struct known *);\n#endif')),
  ).toBeUndefined()
})

describe('a text that may name it', () => {
  const mayName = textsNaming(['no_body'], ['int', 'no_body', 'n'])
  test.for([
    ['a call', 'int f(void) { return no_body(1); }\n', true],
    ['another function', NONE, false],
    ['a comment', '/* no_body knows */ // no_body\n', false],
    ['a longer word', 'int no_body_else;\n', false],
    ['a name over two lines', 'int f(void) { return no_\\\nbody(1); }\n', true],
    ['a letter by its number', 'int f(void) { return no_b\\u006fdy(1); }\n', true],
    ['a string', 'const char s[] = "no_body";\n', false],
    ['a string in a pragma', '_Pragma("weak no_body")\n', true],
    ['a pragma', '#pragma weak no_body\n', true],
    ['a macro of its words', '#define n void\n', true],
    ['such a macro, spelled otherwise', '# define /* it is */ \\\n n void\n', true],
    ['a macro of another word', '#define nn void\n', false],
  ] as const)('%s', ([, text, is]) => {
    expect(mayName(text)).toBe(is)
  })

  test('bool may be what it is', () => {
    const of = textsNaming(['no_body'], ['bool', 'no_body'])
    expect(of('#define bool\t_Bool\n')).toBe(false)
    expect(of('#define bool unsigned char\n')).toBe(true)
  })
})

describe.skipIf(!hasGcc)(`gcc agrees${withoutGcc}`, () => {
  test('that a declared stpcpy is called where nobody names it', () => {
    const text =
      'unsigned long strlen(const char *); char *strcpy(char *, const char *);\nunsigned long f(char *to, const char *a) { strcpy(to, a); return strlen(to); }\n'
    const [one, other] = ['', 'char *stpcpy(char *, const char *);\n'].map(header =>
      Buffer.from(compile(`${header}${text}`, ['-O2', '-w', '-std=gnu11'])).includes('stpcpy\0'),
    )
    expect([one, other]).toEqual([false, true])
  })

  test.for([
    ['no_body has it', NONE],
    [
      'it is joined, and used by its type alone',
      '#define J(a, b) a##b\nint J(no_, body)(int);\nint f(void) { return sizeof(J(no_, body)(1)); }\n',
    ],
    [
      'it is joined, for a member',
      '#define J(a, b) a##b\nstruct t { int J(no_, body); };\nint f(struct t *t) { return t->J(no_, body); }\n',
    ],
    [
      'it is joined, for a variable of a function',
      '#define J(a, b) a##b\nint f(int a) { int J(no_, body) = a; return J(no_, body); }\n',
    ],
  ] as const)('%s', ([, text]) => {
    const [one, other] = added('int no_body(int n);').map(header =>
      Buffer.from(compile(`${header}${text}`, ['-O2', '-w', '-std=gnu11'])),
    )
    expect(one?.equals(other ?? Buffer.of())).toBe(true)
  })
})
