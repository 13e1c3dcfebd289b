import { expect, test } from 'vitest'
import { isPointedTo, mayWriteVariable, readsVariable } from './reads.ts'

test.each([
  ['{ if (x == 3) f(); }', true],
  ['{ return x; }', true],
  ['{ y = x; }', true],
  ['{ x = 5; }', false],
  ['{ if (n) x++; else --x; }', false],
  ['{ x += n; x[3] ^= 4; x.a = 7; }', false],
  ['{ static unsigned x = 297; x += n; }', false],
  ['{ static unsigned x = 297; r += x; }', true],
  ['{ for (; x++ < 3;) f(); }', true],
  ['{ while ((x = next())) f(); }', true],
  ['{ n = (x += 3); }', true],
  ['{ say("x", 3); p->x = 4; r += q.x; }', false],
  ['{ x->next = 0; }', true],
  ['{ xx = x2; }', false],
  ['{ static int y = x; }', true],
])('%s reads x: %s', (text, reads) => {
  expect(readsVariable(text, 'x')).toBe(reads)
})

test.each([
  ['static int x; int *const p = &x;', true],
  ['static struct { int *to; } t[] = { { &x } };', true],
  ['static int &p{x};', true],
  ['static int x = 3; void f(int x); struct s { int x; }; struct s y = { .x = 3 };', false],
  ['const char t[] = "x";', false],
])('%s points to x: %s', (around, points) => {
  expect(isPointedTo(around, 'x')).toBe(points)
})

test.each([
  ['{ r = this->x; }', true],
  ['{ r = y; }', false],
  ['{ static int y(x); }', true],
  ['namespace { int x; struct s { static int y; }; }', false],
  ['namespace { int x; int f() { x = 3; return 4; } }', false],
  ['namespace { int x; int f() { return x; } }', true],
  ['namespace { struct s { static int x; }; int s::x = 3; }', false],
  ['namespace { struct s { static int x; int f(int n) { return n * x; } }; }', true],
])('%s reads x in C++: %s', (text, reads) => {
  expect(readsVariable(text, 'x', true)).toBe(reads)
})

test.each([
  ['{ return x + 3; }', false],
  ['{ if (n && x == 3 && *p) f(x); }', false],
  ['{ static int x = 3; return x; }', false],
  ['{ y = p->x; p->x = 4; }', false],
  ['{ static int x[4]; return x[n & 3] * 2; }', false],
  ['{ x = 4; }', true],
  ['{ x <<= 1; }', true],
  ['{ (x) = 3; }', true],
  ['{ f(&x); }', true],
  ['{ f(&(x)); }', true],
  ['{ return n & x; }', true],
  ['{ ++x; }', true],
  ['{ x--; }', true],
  ['{ x.a = 3; }', true],
  ['{ static int x[4]; f(x); }', true],
  ['{ static int x[4]; x[n] = 3; }', true],
  ['{ static int x[4][4]; f(x[n]); }', true],
  ['{ asm volatile("inc %0" : "+m" (x)); }', true],
])('%s may write x: %s', (text, writes) => {
  expect(mayWriteVariable([text], 'x')).toBe(writes)
})
