/** gcc's variables of compound literals: paired by what holds them, and never where they begin otherwise. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { selectFrom, selectionLines } from '../../tests/support/judge.ts'

const HEAD = `struct box { int a, b; struct box *next; };
extern int flag, other;
`
const F = (n: number) => `int f(int a) { return held->a * flag + a * ${n}; }\n`

interface Row {
  readonly name: string
  readonly before: string
  readonly after: string
  readonly selection: readonly string[]
}

const ONE = 'struct box *held = &(struct box){ 1, 2 };\n'
const rows: readonly Row[] = [
  { name: 'one that a variable holds', before: ONE + F(11), after: ONE + F(13), selection: ['replacement f'] },
  {
    name: 'one whose number changes',
    before: ONE + F(11),
    after: `static struct box *more = &(struct box){ 7, 8 };\n${ONE}${F(13).replace('held->a', 'more->b * held->a')} void g(void) { more = 0; }`,
    // The new one is writable, and has no name that a later payload could find it by.
    selection: ['replacement f', 'new-data more', 'refused reaches-unnamed-data more'],
  },
  {
    name: 'one that begins with another value',
    before: ONE + F(11),
    after: ONE.replace('1, 2', '1, 3') + F(13),
    selection: ['replacement f', 'refused changed-data held'],
  },
  {
    name: 'one that holds another, and that begins with another value',
    before: `struct box *held = &(struct box){ 1, 2, &(struct box){ 3, 4 } };\n${F(11)}`,
    after: `struct box *held = &(struct box){ 1, 2, &(struct box){ 3, 5 } };\n${F(13)}`,
    selection: ['replacement f', 'refused changed-data held'],
  },
  {
    name: 'one that holds another',
    before: `struct box *held = &(struct box){ 1, 2, &(struct box){ 3, 4 } };\n${F(11)}`,
    after: `struct box *held = &(struct box){ 1, 2, &(struct box){ 3, 4 } };\n${F(13)}`,
    selection: ['replacement f'],
  },
  {
    name: 'two that change places',
    before: `struct box *held = &(struct box){ 1, 2 }, *last = &(struct box){ 3, 4 };\n${F(11)}`,
    after: `struct box *held = &(struct box){ 3, 4 }, *last = &(struct box){ 1, 2 };\n${F(13)}`,
    selection: ['replacement f', 'refused changed-data held', 'refused changed-data last'],
  },
  {
    name: 'an address in one, which is another now',
    before: `int *held_[] = { 0 }; int **list = (int *[]){ &flag }; int f(int a) { return *list[0] + a * 3; }`,
    after: `int *held_[] = { 0 }; int **list = (int *[]){ &other }; int f(int a) { return *list[0] + a * 5; }`,
    selection: ['replacement f', 'refused changed-data list'],
  },
]

test.skipIf(!hasGcc).for(rows)(`$name${withoutGcc}`, ({ before, after, selection }) => {
  const selected = selectFrom(compile(HEAD + before), compile(HEAD + after))
  expect(selectionLines(selected).toSorted()).toEqual(selection.toSorted())
})
