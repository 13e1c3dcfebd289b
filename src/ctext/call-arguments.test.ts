import { expect, test } from 'vitest'
import { toldByCalls } from './call-arguments.ts'
import { takeApartText } from './outline.ts'

const told = (call: string, before = 'void note();') =>
  toldByCalls(
    takeApartText(`${before}\nvoid f(struct p *p, int a)\n{\n    ${call}\n    if ( !p ) return;\n    g(p);\n}\n`),
    'f',
    'note',
  )

test.for([
  'note();',
  'note(a, "x / y", &p, p);',
  "note(a + 1, 'b', p.count, a == 2);",
  'note((void *)0, sizeof(a), a * 3);',
])('%s leaves nothing behind', call => {
  expect(told(call)).toBeUndefined()
})

test.for([
  ['note(p->count);', 'reads memory'],
  ['note(a, p[2]);', 'reads memory'],
  ['note(*p);', 'may read memory'],
  ['note((int)*p);', 'may read memory'],
  ['note(a + *p);', 'may read memory'],
  ['note(&p->count);', 'reads memory'],
  ['note(7 / a);', 'divides'],
  ['note(7 % a);', 'divides'],
  ['note(({ g(a); }));', 'does more'],
  ['note(a ? 1 : 2);', 'does more'],
  ['note(h(a));', 'may be a call'],
  ['note((h)(a));', 'may be a call'],
  ['note(a); note(p->count);', 'reads memory'],
])('%s %s', ([call = '', words]) => {
  expect(told(call)).toContain(words)
})

test.for(['void __attribute__((nonnull(1))) note();', 'int other; void note() __attribute__((__nonnull__));'])(
  'what is declared %s',
  before => {
    expect(told('note(p);', before)).toContain('null pointer')
    expect(told('note(p);', `${before.replace('note', 'others')} void note();`)).toBeUndefined()
  },
)

test('a function that is there twice, or not', () => {
  expect(toldByCalls(takeApartText('void g(void) { note(); }'), 'f', 'note')).toContain('not to be made out')
})
