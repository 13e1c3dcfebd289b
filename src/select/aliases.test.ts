/** Names that lead to other code than before, while what they led to lives on. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { PROGRAM_RULES, selectFrom } from '../../tests/support/judge.ts'

const FLAGS = ['-O2', '-ffunction-sections', '-fdata-sections', '-fcf-protection=none']
const HEAD = 'extern int out(int);\n'
const F1 = 'int f1(int n) { return out(n * 3) + (n ^ 5); }\n'
const F2 = 'int f2(int n) { return out(n * 7) + (n ^ 9); }\n'
const alias = (name: string, target: string) => `int ${name}(int) __attribute__((alias("${target}")));\n`

interface Row {
  readonly name: string
  readonly before: string
  readonly after: string
  readonly refused: readonly string[]
}

test.skipIf(!hasGcc).for<Row>([
  {
    name: 'an alias of another function',
    before: F1 + F2 + alias('which', 'f1'),
    after: F1 + F2 + alias('which', 'f2'),
    refused: ['alias-moved which'],
  },
  {
    name: 'an alias whose name comes first',
    before: F1 + F2 + alias('also', 'f1'),
    after: F1 + F2 + alias('also', 'f2'),
    refused: ['alias-moved f1', 'alias-moved f2'],
  },
  {
    name: 'a function that becomes an alias',
    before: `${F1}int which(int n) { return out(n * 13) + (n ^ 3); }`,
    after: F1 + alias('which', 'f1'),
    refused: ['alias-moved which'],
  },
  {
    name: 'an alias that becomes a function of its own',
    before: F1 + alias('which', 'f1'),
    after: `${F1}int which(int n) { return out(n * 13) + (n ^ 3); }`,
    refused: ['alias-moved which'],
  },
  {
    name: 'an alias of a variable',
    before: 'int one = 1, two = 2; extern int which __attribute__((alias("one")));',
    after: 'int one = 1, two = 2; extern int which __attribute__((alias("two")));',
    refused: ['alias-moved which'],
  },
  {
    name: 'a function that changes under both its names',
    before: F1 + alias('which', 'f1'),
    after: F1.replace('* 3', '* 5') + alias('which', 'f1'),
    refused: [],
  },
  { name: 'an alias that is new', before: F1, after: F1.replace('* 3', '* 5') + alias('which', 'f1'), refused: [] },
])(`$name${withoutGcc}`, ({ before, after, refused }) => {
  const { refusals } = selectFrom(compile(HEAD + before, FLAGS), compile(HEAD + after, FLAGS), PROGRAM_RULES)
  expect(refusals.map(({ code, symbol }) => `${code} ${symbol}`)).toEqual(refused)
  for (const { text, hint } of refusals) expect([text, hint].every(words => words.length > 20)).toBe(true)
})
