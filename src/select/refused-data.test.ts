/** What is said of a variable that cannot be what the patch makes of it, by what differs. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { PROGRAM_RULES, selectFrom } from '../../tests/support/judge.ts'

const FLAGS = ['-O2', '-ffunction-sections', '-fdata-sections', '-fcf-protection=none']
const program = (variable: string, more: string) =>
  `extern int out(const void *);\n${variable};\nint f(int x) { return out(&v) + x * ${more}; }\n`

const ELSEWHERE = /^exists in the running system with another size, alignment or kind of section$/
const OF_ITS_OWN = /^keep the object as it is and put what is new into an object of its own$/
const FIRST_VALUE =
  /^is given a first value where it had none, or the other way round, so that its kind of section is another; the running system has its own value by now$/
const VALUE = /^is initialised data, and the running system has its own value by now$/
const HOOK = /hook/

test.skipIf(!hasGcc).for([
  ['longer', 'int v[4]', 'int v[5]', 'data-layout', ELSEWHERE, OF_ITS_OWN],
  ['shorter', 'int v[4] = { 1 }', 'int v[2] = { 1 }', 'data-layout', ELSEWHERE, OF_ITS_OWN],
  ['aligned otherwise', 'int v[4]', 'int v[4] __attribute__((aligned(64)))', 'data-layout', ELSEWHERE, OF_ITS_OWN],
  ['longer, with a first value too', 'int v[4]', 'int v[5] = { 1 }', 'data-layout', ELSEWHERE, OF_ITS_OWN],
  ['a constant now', 'int v = 4', 'const int v = 4', 'data-layout', ELSEWHERE, OF_ITS_OWN],
  ['given a first value', 'int v', 'int v = 4', 'data-layout', FIRST_VALUE, HOOK],
  ['left without its first value', 'int v = 4', 'int v', 'data-layout', FIRST_VALUE, HOOK],
  ['given another first value', 'int v = 4', 'int v = 5', 'changed-data', VALUE, HOOK],
] as const)(`a variable that is %s${withoutGcc}`, ([, before, after, code, words, hint]) => {
  const [old, next] = [compile(program(before, '3'), FLAGS), compile(program(after, '5'), FLAGS)]
  const { refusals } = selectFrom(old, next, PROGRAM_RULES)
  expect(refusals.map(each => `${each.code} ${each.symbol}`)).toEqual([`${code} v`])
  // What it is and what is to be done must be of one kind.
  const [refused] = refusals
  expect(refused?.text.replace(/^v changed \(.*\); it /, '')).toMatch(words)
  expect(refused?.hint).toMatch(hint)
})
