import { expect, test } from 'vitest'
import { declareTheSame, outlineOf, takeApartText } from './outline.ts'

test.for([
  { head: 'int f(int a)', name: 'f' },
  { head: 'static struct domain *f(void)', name: 'f' },
  { head: 'struct pair f(void)', name: 'f' },
  { head: 'enum kind f(int (*each)(const void *, int))', name: 'f' },
  { head: 'void __attribute__((__section__(".init.text"))) f(const char *s)', name: 'f' },
  { head: 'int f(void) __attribute__((noinline))', name: 'f' },
  { head: 'static inline typeof(x()->y) f(struct s *s, typeof(x()->y) value)', name: 'f' },
  { head: 'struct __attribute__((packed))', name: undefined },
  { head: 'struct s __attribute__((packed))', name: undefined },
  { head: 'typedef struct __attribute__((aligned(8)))', name: undefined },
  { head: 'struct s x = (struct s)', name: undefined },
  { head: 'enum', name: undefined },
  { head: 'union u', name: undefined },
])('$head', ({ head, name }) => {
  const { bodies, around } = takeApartText(`int before;\n${head}\n{ x; { y; } }\nint after;\n`)
  expect(bodies.map(body => body.name)).toEqual(name === undefined ? [] : [name])
  expect(around.includes('x;')).toBe(name === undefined)
})

const TEXT = `
struct s { int a; };
int f(int a) { return a + '{' + sizeof("}"); }
int g(struct s *s) { struct { int x; } y = { 1 }; return s->a + y.x; }
`

test.for([
  { name: 'the same text', from: '', to: '', same: true },
  { name: 'white space', from: 'int a; }', to: 'int  a;\n}', same: true },
  { name: 'code in a body', from: 'return a +', to: 'return a -', same: true },
  { name: 'a variable in a body', from: '{ return a +', to: '{ int b = a; return b +', same: true },
  { name: 'a member', from: 'int a; };', to: 'int a, b; };', same: false },
  { name: 'a parameter', from: 'f(int a)', to: 'f(long a)', same: false },
  { name: 'a type in a body', from: 'struct { int x; }', to: 'struct { long x; }', same: false },
  { name: 'static data in a body', from: '{ return a +', to: '{ static int n; return a + n++ +', same: false },
  { name: 'a function more', from: 'int g(', to: 'int h(void) { return 0; }\nint g(', same: false },
  { name: 'braces that do not close', from: 'return a +', to: 'return { a +', same: false },
])('$name', ({ from, to, same }) => {
  const other = TEXT.replace(from, () => to)
  expect(declareTheSame(outlineOf(TEXT), outlineOf(other))).toBe(same)
})
