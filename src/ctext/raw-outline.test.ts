/** What counts as a change inside of inline functions only, before preprocessing. */
import { expect, test } from 'vitest'
import { declareTheSameRaw } from './raw-outline.ts'

interface Row {
  readonly name: string
  readonly before: string
  readonly after: string
}

const around = (text: string) => `#ifndef H\n#define H\nstruct s { int a; };\n${text}\nint g(int);\n#endif\n`
const inline = (body: string, head = 'static inline int f(struct s *s)') => around(`${head}\n{\n${body}\n}`)

test.for<Row>([
  { name: 'a statement', before: inline('return 1;'), after: inline('return 2;') },
  { name: 'two lines more', before: inline('return 1;'), after: inline('int b = s->a;\n\n  return b;') },
  { name: 'a comment with a brace', before: inline('return 1;'), after: inline('return 1; /* { */ // }') },
  {
    name: 'a comment outside',
    before: inline('return 1;'),
    after: inline('return 1;').replace('int g', '/* x */ int g'),
  },
  { name: 'an attribute in the head', ...headed('static always_inline bool __attribute__((pure)) f(int a)') },
  { name: 'a conditional group around it', ...grouped('#ifdef A', '#else\nint h;\n#endif') },
  { name: 'an #error with an apostrophe', ...grouped('#ifndef B\n#error "don\'t"\n#error don\'t\n#endif', '') },
])('$name stays inside', ({ before, after }) => {
  expect(declareTheSameRaw(before, after)).toBe(true)
})

test.for<Row>([
  { name: 'a member', before: inline('return 1;'), after: inline('return 1;').replace('int a;', 'int a, b;') },
  { name: 'a parameter', before: inline('return 1;'), after: inline('return 1;').replace('struct s *s', 'int s') },
  { name: 'a macro', before: inline('return 1;'), after: inline('return 1;').replace('#define H', '#define H 1') },
  { name: 'a directive that moves', before: around('#define A\nint b;'), after: around('int b;\n#define A') },
  {
    name: 'a directive in the body',
    before: inline('#define X 1\nreturn X;'),
    after: inline('#define X 1\nreturn X + 1;'),
  },
  { name: 'a static variable', before: inline('static int n; return n;'), after: inline('static long n; return n;') },
  { name: 'a type in the body', before: inline('struct t { int a; } t;'), after: inline('struct t { long a; } t;') },
  { name: 'no inline function', ...headed('int f(int a)') },
  { name: 'a macro that may be a structure', ...headed('STRUCT(f)') },
  { name: 'an initialiser', before: around('int a[] = { 1 };'), after: around('int a[] = { 1, 2 };') },
  { name: 'an unbalanced group', ...grouped('#ifdef A\nstruct t {\n#endif', '#ifdef A\n};\n#endif') },
  {
    name: 'a branch that opens a brace',
    ...grouped('#ifdef A\nvoid h(void) {\n#else\nvoid h(int a) {\n#endif\n}', '}'),
  },
  { name: 'a macro that opens a brace', ...grouped('#define O {\nstruct t O', '};') },
])('$name does not', ({ before, after }) => {
  expect(declareTheSameRaw(before, after)).toBe(false)
})

function headed(head: string): Omit<Row, 'name'> {
  return { before: inline('return 1;', head), after: inline('return 2;', head) }
}

function grouped(start: string, end: string): Omit<Row, 'name'> {
  const text = (body: string) => around(`${start}\nstatic inline int f(void)\n{\n${body}\n}\n${end}`)
  return { before: text('return 1;'), after: text('return 2;') }
}
