import { expect, test } from 'vitest'
import { readsVariable } from './reads.ts'

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
