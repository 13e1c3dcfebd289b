import { expect, test } from 'vitest'
import { type Ending, endEdits, freeCalls } from './ends.ts'
import { heldObjects } from './holders.ts'
import { editText } from './text-edits.ts'

const FREEING = { functions: ['xfree', 'free_pages'], macros: ['XFREE'] }
const OWN: Ending = { tag: 's', of: 's', path: '' }
const HELD: Ending = { tag: 'holder', of: 's', path: '.in.s' }

const written = (text: string, endings: readonly Ending[]) => {
  const edits = freeCalls(text, FREEING).map(call => endEdits(call, endings))
  const [wrong] = edits.filter(each => typeof each === 'string')
  return typeof wrong === 'string'
    ? wrong
    : editText(
        text,
        edits.flatMap(each => (typeof each === 'string' ? [] : each)),
      ).text
}

test.for([
  ['xfree(p->s);', [OWN], 'xfree(hotsplice_end_of_s(p->s));'],
  ['free_pages(next(p), 2);', [OWN], 'free_pages(hotsplice_end_of_s(next(p)), 2);'],
  // What is set to NULL as well has to stay as it is.
  ['if ( p ) XFREE(p->s);', [OWN], 'if ( p ) do { hotsplice_end_of_s(p->s); XFREE(p->s); } while ( 0 );'],
  ['xfree(h);', [HELD], 'do { if ( h ) hotsplice_end_of_s(&h->in.s); xfree(h); } while ( 0 );'],
  ['xfree(take(h));', [HELD], 'line 1: xfree(take(h)) is not plain'],
  ['x = (XFREE(p), 1);', [OWN], 'line 1: XFREE(p) is not plain'],
] as const)('%s', ([text, endings, wanted]) => {
  expect(written(text, endings)).toBe(wanted)
})

test('what only looks like a call that frees', () => {
  const text = 'void xfree(void *p);\n#define drop(p) xfree(p)\nops->xfree(p); xfree(); xfreed(p); // xfree(p)\n'
  expect(freeCalls(text, FREEING)).toEqual([])
})

test('objects by value', () => {
  const text = `struct s { int a; struct s *next; };
struct s global; struct s *pointer;
struct holder { int b; union { struct s one; } u; s_t two[3]; };
void f(struct s by_value) { struct s local = { 1 }; struct s *other; g(&local, sizeof(struct s)); }
`
  expect(heldObjects(text, ['struct s', 's_t'])).toEqual([
    { line: 3, holder: 'holder', isArray: false },
    { line: 3, holder: 'holder', isArray: true },
    { line: 4, holder: undefined, isArray: false },
    { line: 4, holder: undefined, isArray: false },
  ])
})
