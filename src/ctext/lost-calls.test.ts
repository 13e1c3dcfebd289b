import { expect, test } from 'vitest'
import { moreThanLostCalls } from './lost-calls.ts'

const TEXT = `static int helper(int a) { return a + 1; }
static int other(int a) { return a; }
void f(int a)
{
    if ( a )
        note(a);
    note("x", a, sizeof(a));
    switch ( a ) { case 1: note(2); break; }
    g(helper(a));
}
`
const asked = (edit: (text: string) => string, callee = 'note') =>
  moreThanLostCalls('f', callee, [{ path: 'f.c', before: TEXT, after: edit(TEXT) }])
/** All of note's calls, with the semicolon of the one that a condition does. */
const lost = (text: string) =>
  text.replace('        note(a);', '        ;').replace('    note("x", a, sizeof(a));\n', '').replace('note(2); ', '')

test('calls and nothing else', () => {
  expect(asked(lost)).toBeUndefined()
  expect(asked(text => lost(text).replace('return a; }', 'return a * 2; }'))).toBeUndefined()
})

const MORE: readonly (readonly [string, (text: string) => string, string, string?])[] = [
  ['a number changes too', text => lost(text).replace('case 1', 'case 2'), 'otherwise than by calls'],
  ['something is new', text => lost(text).replace('g(helper', 'h(); g(helper'), 'otherwise than by calls'],
  ['what a condition does goes', text => lost(text).replace('        ;\n', ''), 'a condition or a loop'],
  ['the condition goes too', text => text.replace('    if ( a )\n        note(a);\n', ''), 'otherwise than by calls'],
  ['an argument is a call', text => text.replace('    g(helper(a));\n', ''), 'no statement of its own', 'g'],
  ['what it may be made of changes too', text => lost(text).replace('a + 1', 'a + 2'), 'helper changes too'],
  ['something outside changes too', text => `int more;\n${lost(text)}`, 'outside of functions'],
  ['nothing goes', text => text.replace('return a; }', 'return a * 2; }'), 'no call of note'],
]
test.for(MORE)('%s: refused', ([, edit, words, callee]) => {
  expect(asked(edit, callee)).toContain(words)
})

test.for([
  ['its result is used', 'void f(int a) { int b = note(a); g(b); }', 'void f(int a) { int b; g(b); }'],
  ['an argument is set', 'void f(int a) { note(a++); g(a); }', 'void f(int a) { g(a); }'],
  ['an argument is a call in parentheses', 'void f(int a) { note((g)(a)); g(a); }', 'void f(int a) { g(a); }'],
  ['an argument is a call by a table', 'void f(int a) { note(t[0](a)); g(a); }', 'void f(int a) { g(a); }'],
  [
    'what a macro leads to changes too',
    '#define H(x) h(x)\nstatic int h(int a) { return a + 1; }\nvoid f(int a) { note(a); g(H(a)); }',
    '#define H(x) h(x)\nstatic int h(int a) { return a + 2; }\nvoid f(int a) { g(H(a)); }',
  ],
  ['a condition of the preprocessor', 'void f(int a)\n{\n#ifdef X\n note(a);\n#endif\n}', 'void f(int a)\n{\n}'],
])('%s: refused', ([, before = '', after = '']) => {
  expect(moreThanLostCalls('f', 'note', [{ path: 'f.c', before, after }])).toBeDefined()
})

test('another file that is read changes a macro', () => {
  const header = { path: 'f.h', before: '#define A 1\n', after: '#define A 2\n' }
  expect(moreThanLostCalls('f', 'note', [{ path: 'f.c', before: TEXT, after: lost(TEXT) }, header])).toContain('f.h')
})

test('a function of a header changes, which others of headers may lead to', () => {
  const [before, after] = [1, 2].map(number => `static inline int h(int a) { return a + ${number}; }\n`)
  const header = { path: 'f.h', before: before ?? '', after: after ?? '' }
  expect(moreThanLostCalls('f', 'note', [{ path: 'f.c', before: TEXT, after: lost(TEXT) }, header])).toContain(
    'h changes',
  )
})
