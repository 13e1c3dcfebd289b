/**
 * Static locals of one name, as each compiler calls them: paired by what uses them, or refused. The names are given by
 * hand, so that one compiler serves for all.
 */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge, PROGRAM_RULES, selectFrom } from '../../tests/support/judge.ts'
import { isOfFunction, soleName, staticFamily, variableNames } from '../pieces/names.ts'

test.for([
  { name: 'count.12', family: 'count', variables: ['count'], ofFunction: false },
  { name: 'f.count', family: 'f.count', variables: ['count'], ofFunction: true },
  { name: 'f.count.1', family: 'f.count', variables: ['count'], ofFunction: true },
  { name: '_ZZ1fvE5count', family: '_ZZ1fvE5count', variables: ['count'], ofFunction: true },
  { name: '_ZZ1fvE5count_0', family: '_ZZ1fvE5count', variables: ['count'], ofFunction: true },
  { name: '_ZZ1fvE5count__12_', family: '_ZZ1fvE5count', variables: ['count'], ofFunction: true },
  { name: '_ZL5count', family: undefined, variables: ['count'], ofFunction: false },
  { name: 'count', family: undefined, variables: ['count'], ofFunction: false },
  { name: 'f.last.0', family: 'f.last', variables: ['last'], ofFunction: true },
  { name: 'f.seen.b', family: 'f.seen.b', variables: ['b', 'seen'], ofFunction: true },
  { name: 'seen.b', family: 'seen.b', variables: ['b', 'seen'], ofFunction: true },
])('$name', ({ name, family, variables, ofFunction }) => {
  expect(staticFamily(name)).toBe(family)
  expect(variableNames(name)).toEqual(variables)
  expect(isOfFunction(name)).toBe(ofFunction)
})

test.for([
  ['count.12', 'count'],
  ['f.count', 'count'],
  ['_ZZ1fvE5count', 'count'],
  ['_ZZL10outlined_fjjE5count', 'count'],
  // The second of one function; of a template, a class; what is made of a member, a value, and memory.
  ...['f.count.1', '_ZZ1fvE5count_0', '_ZZ1fIiEvvE5count', '_ZZN1c1fEvE5count', 'seen.b', 'table.body', 'f.last.b'].map(
    name => [name, undefined] as const,
  ),
] as const)('what %s is in a text that has one of it', ([name, variable]) => {
  const sole = soleName(name)
  expect(sole === 'f.count' ? undefined : sole).toBe(variable)
})

const FLAGS = ['-O2', '-ffunction-sections', '-fdata-sections', '-fcf-protection=none']
const HEAD = 'extern int out(int); extern int say(const char *, int);\n'

interface Names {
  readonly compiler: string
  /** The names of the first and the second variable of one name in function f. */
  readonly first: string
  readonly second: string
}

const COMPILERS: readonly Names[] = [
  { compiler: 'gcc', first: 'count.0', second: 'count.1' },
  { compiler: 'clang', first: 'f.count', second: 'f.count.1' },
  { compiler: 'g++', first: '_ZZ1fvE5count', second: '_ZZ1fvE5count_0' },
]

/** A function that uses a static variable of that symbol's name. */
const block = (symbol: string, use: string) => `{ static int count __asm__("${symbol}"); ${use} }`
const inF = (...blocks: readonly string[]) => `int f(int n) { ${blocks.join(' ')} return n; }\n`
const ADD = 'count += out(n); out(count);'
const NOTE = 'count ^= n; say("noted", count);'

interface Row {
  readonly name: string
  readonly before: (names: Names) => string
  readonly after: (names: Names) => string
  readonly refused: readonly string[]
}

const ROWS: readonly Row[] = [
  {
    name: 'two that change places',
    before: ({ first, second }) => inF(block(first, ADD), block(second, NOTE)),
    after: ({ first, second }) => inF(block(first, NOTE), block(second, ADD)),
    refused: ['ambiguous-static', 'ambiguous-static'],
  },
  {
    name: 'two that change places, where only what is said tells them apart',
    before: ({ first, second }) => inF(block(first, 'say("a", ++count);'), block(second, 'say("b", ++count);')),
    after: ({ first, second }) => inF(block(first, 'say("b", ++count);'), block(second, 'say("a", ++count);')),
    refused: ['ambiguous-static', 'ambiguous-static'],
  },
  {
    name: 'the first that goes, so that the second gets its name',
    before: ({ first, second }) => inF(block(first, ADD), block(second, NOTE)),
    after: ({ first }) => inF(block(first, NOTE)),
    refused: ['ambiguous-static'],
  },
  {
    name: 'one that comes before another of its name',
    before: ({ first }) => inF(block(first, NOTE)),
    after: ({ first, second }) => inF(block(first, ADD), block(second, NOTE)),
    refused: ['ambiguous-static', 'ambiguous-static'],
  },
  {
    name: 'two that stay where they are, in code of equal length',
    before: ({ first, second }) => inF(block(first, ADD), block(second, NOTE)),
    after: ({ first, second }) => inF(block(first, ADD), block(second, NOTE.replace('noted', 'noticed'))),
    refused: [],
  },
  {
    name: 'one that stays alone, in code that changes',
    before: ({ first }) => inF(block(first, ADD)),
    after: ({ first }) => inF(block(first, NOTE + ADD)),
    refused: [],
  },
]

test.skipIf(!hasGcc).for(COMPILERS.flatMap(names => ROWS.map(row => ({ ...row, ...names }))))(
  `$compiler: $name${withoutGcc}`,
  ({ before, after, refused, ...names }) => {
    const objects = [compile(HEAD + before(names), FLAGS), compile(HEAD + after(names), FLAGS)] as const
    const { refusals, pieces } = selectFrom(...objects, PROGRAM_RULES)
    expect(refusals.map(({ code }) => code)).toEqual(refused)
    if (refused.length === 0) expect(pieces.map(({ role }) => role)).not.toContain('new-data')
  },
)

test.skipIf(!hasGcc).for([
  ['const ', ''],
  ['', 'const '],
])(`what may be written and what may not is never one, %j to %j${withoutGcc}`, ([before = '', after = '']) => {
  const text = (kind: string, symbol: string) =>
    `extern int use(const int *); int f(int n) { static ${kind}int count[2] __asm__("${symbol}") = { 1, 2 }; return use((const int *) count) + n; }`
  const objects = [compile(text(before, 'count.1'), FLAGS), compile(text(after, 'count.2'), FLAGS)] as const
  const { data } = judge(...objects, PROGRAM_RULES.target.loader)
  expect(data.map(({ name, verdict }) => `${name} ${verdict.kind}`)).toEqual(['count.2 new', 'count.1 gone'])
})

test.skipIf(!hasGcc)(`what nothing used is not what something uses${withoutGcc}`, () => {
  const text = (symbol: string, use: string) =>
    `${HEAD} int f(int n) { static __attribute__((used)) int count __asm__("${symbol}"); ${use} return out(n); }`
  const objects = [compile(text('count.1', ''), FLAGS), compile(text('count.2', 'count += n;'), FLAGS)] as const
  const { data } = judge(...objects, PROGRAM_RULES.target.loader)
  expect(data.map(({ name, verdict }) => `${name} ${verdict.kind}`)).toEqual(['count.2 new', 'count.1 gone'])
})

test.skipIf(!hasGcc).for(['static ', ''])(`a constant with another name is another one, %j${withoutGcc}`, kind => {
  const text = (name: string) =>
    `extern int use(const int *); ${kind}const int ${name}[2] = { 1, 2 }; int f(int n) { return use(${name}) + n; }`
  const { data } = judge(compile(text('first'), FLAGS), compile(text('second'), FLAGS), PROGRAM_RULES.target.loader)
  expect(data.map(({ name, verdict }) => `${name} ${verdict.kind}`)).toEqual(['second new', 'first gone'])
})

test.skipIf(!hasGcc).for([
  { name: 'its function is renamed', before: 'step.count', after: 'pace.count' },
  { name: 'it moves from the file into the function', before: 'count', after: 'pace.count' },
  { name: 'it is kept as a single bit now', before: 'step.count', after: 'step.count.b' },
  { name: 'its members are kept one by one now', before: 'count', after: 'count.0' },
  { name: 'it moves into a function of C++', before: '_ZL5count', after: '_ZZ4pacevE5count' },
])(`a variable that is another one to the compiler is refused: $name${withoutGcc}`, ({ before, after }) => {
  const text = (symbol: string, by: number) =>
    `${HEAD} static int count __asm__("${symbol}"); int entry(int n) { return count += out(n) * ${by}; }`
  const objects = [compile(text(before, 11), FLAGS), compile(text(after, 13), FLAGS)] as const
  const { refusals } = selectFrom(...objects, PROGRAM_RULES)
  expect(refusals.map(({ code }) => code)).toEqual(['state-left-behind'])
})

test.skipIf(!hasGcc)(`constants of one name are told apart by what they hold${withoutGcc}`, () => {
  const texts = (words: string) => `{ static const char *const names[] = { ${words} }; say(names[n & 1], n); }`
  const f = (more: string) => inF(texts('"one", "two"'), more, texts('"red", "blue"'))
  const flags = [...FLAGS, '-fPIE']
  const objects = [compile(HEAD + f(''), flags), compile(HEAD + f(texts('"up", "down"')), flags)] as const
  expect(
    judge(...objects, PROGRAM_RULES.target.loader)
      .data.map(({ verdict }) => verdict.kind)
      .toSorted(),
  ).toEqual(['new', 'same', 'same'])
  const { refusals, pieces } = selectFrom(...objects, PROGRAM_RULES)
  expect(refusals).toEqual([])
  expect(pieces.filter(({ role }) => role === 'new-data').length).toBe(1)
})
