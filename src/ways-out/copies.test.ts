import { expect, test } from 'vitest'
import { wholeObjects } from './copies.ts'

test.for([
  ['memset(d, 0, sizeof(*d));', 'memset: d'],
  ['*a = *b;', '=: *a'],
  ['if ( x ) y(); s->held = *b;', '=: s->held'],
  ['x = *b;', '=: x'],
  ['if ( x ) *a = *b;', '=: *a'],
  ['for ( i = 0; i < 3; i++ ) *a = b[i];', '=: *a'],
  ['case A: *a = *b;', '=: *a'],
  ['else *a = *b;', '=: *a'],
  ['a ? *b : c;', ''],
  ['x = (y) ? *b : c;', ''],
  ['*one = (struct item){ .id = 1 };', '=: *one'],
  ['new = realloc(old, 2 * sizeof(*old));', 'realloc: old'],
  ['*count += 1;', ''],
  ['struct item copy = *b;', ''],
  ['int *p = q;', ''],
  ['a.b = c.d;', ''],
  ['if ( a == *b ) c();', ''],
  ['for ( i = 0; *p <= *q; i++ ) c();', ''],
  ['#define CLEAR(x) (*(x) = *zero);\n', ''],
])('%s', ([text = '', found]) => {
  const calls = wholeObjects(
    `void f(void) { ${text.startsWith('#') ? '' : text} }\n${text.startsWith('#') ? text : ''}`,
  )
  expect(calls.map(({ name, argument }) => `${name}: ${argument.text.trim()}`).join(', ')).toBe(found)
})
