import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge } from '../../tests/support/judge.ts'
import { dataEntries, functionEntries, reportedName, type UnitFacts } from './entries.ts'

test.for([
  ['f1', 'f1'],
  ['f1.cold', 'f1'],
  ['f1.isra.0.cold.3', 'f1'],
  ['common/irq.c#foo', 'foo'],
  ['common/irq.c#foo.constprop.0', 'foo'],
  ['.rodata+0x10', '.rodata+0x10'],
] as const)('%s is known as %s', ([symbol, name]) => {
  expect(reportedName(symbol)).toBe(name)
})

const HEAD = `
extern int flag;
extern void report(int) __attribute__((cold));
#define NOINLINE __attribute__((noinline))
`

const rows = [
  {
    name: 'a function and its cold part are one entry, and what is the same is none',
    before: 'int f(int a) { if (a > 9) { report(a); report(1); } return a; } int g(void) { return flag; }',
    after: 'int f(int a) { if (a > 9) { report(a); report(2); } return a; } int g(void) { return flag; }',
    entries: ['f changed: f, f.cold'],
  },
  {
    name: 'a function of which the compiler now makes a clone has changed, under one name',
    before: `static NOINLINE int f(int a, int b) { return a * flag + b; }
             int g(int a) { return f(a, a); } int h(int a) { return f(a + 1, 3); }`,
    after: `static NOINLINE int f(int a, int b) { return a * flag + b; }
            int g(int a) { return f(a, 3); } int h(int a) { return f(a + 1, 3); }`,
    entries: ['f changed: f.constprop.0, f', 'g changed: g', 'h changed: h'],
  },
  {
    name: 'new and gone',
    before: 'int f(void) { return flag; }',
    after: 'int g(void) { return flag; }',
    entries: ['g new: g', 'f gone: f'],
  },
] as const

test.skipIf(!hasGcc).for(rows)(`$name${withoutGcc}`, ({ before, after, entries }) => {
  const told = functionEntries(factsOf(before, after))
  expect(told.map(({ name, verdict, symbols }) => `${name} ${verdict}: ${symbols.join(', ')}`)).toEqual(entries)
})

test.skipIf(!hasGcc)(`numbered statics of one name are one entry${withoutGcc}`, () => {
  const before =
    'int f(void) { static int n = 1; return n += flag; } int g(void) { static int n = 2; return n += flag; }'
  const facts = factsOf(before, before.replace('n = 1', 'n = 3').replace('n = 2', 'n = 4'))
  const told = dataEntries(facts)
  expect(told.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual(['n changed'])
  expect(told[0]?.symbols).toHaveLength(2)
})

test.skipIf(!hasGcc)(`why it was taken comes after why it differs${withoutGcc}`, () => {
  const facts = factsOf('int f(void) { return flag; }', 'int f(void) { return flag + 1; }')
  const [entry] = functionEntries({ ...facts, inclusion: () => ({ code: 'taken', text: 'it was' }) })
  expect(entry?.included).toBe(true)
  expect(entry?.reasons).toEqual([
    { code: 'changed', text: 'changed' },
    { code: 'taken', text: 'it was' },
  ])
})

function factsOf(before: string, after: string): UnitFacts {
  return {
    unit: 'unit.o',
    verdicts: judge(compile(HEAD + before), compile(HEAD + after)),
    reasonOf: ({ kind }) => ({ code: kind, text: kind }),
    inclusion: () => undefined,
  }
}
