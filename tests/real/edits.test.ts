/** Edits of real sources: each changes one line of a body, and what stands before it only moves. */
import { expect, test } from 'vitest'
import { draws } from '../support/harmless.ts'
import { drawRealEdit } from './edits.ts'

const TEXT = `#include <stdio.h>
#if defined(X)
#include <stdlib.h>
#endif
#define LONG(a) \\
  a + 1;
int table[12];
static int f(int a, int b)
{
  /* a + b; */
  if (!a && b < 7) {
    b = a + 12;
    puts("a word");
  }
  return b == 3 ? a - 1 : b;
}
`
const drawn = Array.from({ length: 300 }, (_, seed) => drawRealEdit(draws(seed * 7919), 'a.c', TEXT)).filter(
  edit => edit !== undefined,
)

test('every kind that has a place is drawn', () => {
  expect([...new Set(drawn.map(({ kind }) => kind))].sort()).toEqual([
    ...['and', 'called', 'counted', 'equal', 'gone', 'less', 'minus', 'not', 'number', 'plus', 'text'],
  ])
})

test('one line of a body differs, and nothing is lost', () => {
  const before = TEXT.split('\n')
  for (const { line, text, kind } of drawn) {
    const after = text.split('\n')
    const added = after.length - before.length
    expect([kind, after[line - 1 + added]]).not.toEqual([kind, before[line - 1]])
    expect(after.slice(line + added)).toEqual(before.slice(line))
    expect(after.filter(each => before.includes(each)).length).toBeGreaterThanOrEqual(before.length - 1)
    expect(line).toBeGreaterThan(10)
  }
})

test('what comes with it stands where it is read', () => {
  const called = drawn.filter(({ kind }) => kind === 'called')
  expect(called.length).toBeGreaterThan(0)
  for (const { text } of called) expect(text).toMatch(/^#include <stdio.h>\nstatic .*hotsplice_note\(void\)/)
})
