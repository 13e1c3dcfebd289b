import { expect, test } from 'vitest'
import { type Ending, endEdits, freeCalls, freeMentions } from './ends.ts'
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
  // A cast is not part of what is asked about; but where it is of a part, it is.
  ['xfree((void *)p->s);', [OWN], 'xfree(hotsplice_end_of_s((void *)p->s));'],
  ['xfree((void *)h);', [HELD], 'do { if ( h ) hotsplice_end_of_s(&h->in.s); xfree((void *)h); } while ( 0 );'],
  ['x = (XFREE(p), 1);', [OWN], 'line 1: XFREE(p) is not plain'],
] as const)('%s', ([text, endings, wanted]) => {
  expect(written(text, endings)).toBe(wanted)
})

test('what only looks like a call that frees', () => {
  const text = 'void xfree(void *p);\n#define drop(p) xfree(p)\nops->xfree(p); xfree(); xfreed(p); // xfree(p)\n'
  expect(freeCalls(text, FREEING)).toEqual([])
})

test.for([
  ['(void *)p', 'p'],
  ['(void *) (struct s * const)p->s', 'p->s'],
  ['(char *)p - 8', '(char *)p - 8'],
  ['(a)', '(a)'],
])('without its casts: %s', ([argument = '', bare]) => {
  expect(freeCalls(`xfree(${argument});`, FREEING)[0]?.argument.bare).toBe(bare)
})

test('what frees, in a macro or handed on', () => {
  const text =
    '#define drop(p) xfree(p)\n#define XFREE(p) xfree(p)\nvoid xfree(void *);\nint xfree;\nops.drop = xfree;\nat_end(xfree, p);\nops->xfree = 0;\nxfree(\n#ifdef A\np\n#endif\n);\n'
  expect(freeMentions(text, FREEING)).toEqual([
    { line: 1, name: 'xfree', as: 'macro' },
    { line: 5, name: 'xfree', as: 'value' },
    { line: 6, name: 'xfree', as: 'value' },
    { line: 8, name: 'xfree', as: 'call' },
  ])
})

test('objects by value', () => {
  const text = `struct s { int a; struct s *next; };
struct s global; struct s *pointer;
struct holder { int b; union { struct s one; } u; s_t two[3]; };
void f(struct s by_value) { struct s local = { 1 }; struct s *other; g(&local, sizeof(struct s)); }
typedef struct s s_t; struct s *h(struct s *p); extern struct s (*q)(void);
static const struct s *one, many[4], __attribute__((aligned(8))) two;
void k(void) { g(&(struct s){ 1 }, (struct s *)0); struct s const last __aligned; }
union either { struct s one; int b; };
struct t { int a; } u, *v;
`
  const found = heldObjects(text, ['struct s', 's_t', 'struct t'])
  expect(found.map(({ line, holder = '(none)', isArray }) => `${line} ${holder}${isArray ? '[]' : ''}`)).toEqual([
    ...['2 (none)', '3 holder', '3 holder[]', '4 (none)', '4 (none)', '6 (none)[]', '6 (none)', '7 (none)', '7 (none)'],
    ...['8 either', '9 (none)'],
  ])
})
