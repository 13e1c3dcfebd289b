/** What lies at the beginning and the end of a program's life: each has words of its own, and nothing of it was freed. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { PROGRAM_RULES, selectFrom, selectionLines } from '../../tests/support/judge.ts'

const rules = PROGRAM_RULES
const HEAD = 'extern int puts(const char *); extern int flag;\n#define NOINLINE __attribute__((noinline, noclone))\n'

test.skipIf(!hasGcc).for([
  {
    name: 'main is running already',
    before: 'int main(void) { return flag * 3; }',
    after: 'int main(void) { return flag * 5; }',
    selection: ['replacement main', 'refused init-code main'],
    words: /runs once, when the program starts/,
  },
  {
    name: 'a constructor has run',
    before: '__attribute__((constructor)) static void start(void) { flag = 3; }',
    after: '__attribute__((constructor)) static void start(void) { flag = 5; }',
    selection: ['replacement start', 'refused init-code start'],
    words: /a constructor/,
  },
  {
    name: 'a destructor’s turn is still to come',
    before: '__attribute__((destructor)) static void stop(void) { flag = 3; }',
    after: '__attribute__((destructor)) static void stop(void) { flag = 5; }',
    selection: ['replacement stop'],
    words: undefined,
  },
  {
    name: 'one more constructor would never be called',
    before: 'int f(void) { return flag; }',
    after: 'int f(void) { return flag; } __attribute__((constructor)) static void start(void) { flag = 5; }',
    selection: [],
    words: /only while the program starts/,
  },
  {
    name: 'a function may go on referring to main',
    before: 'int main(void) { return flag; } int f(void) { return main() + 2; }',
    after: 'int main(void) { return flag; } int f(void) { return main() + 3; }',
    selection: ['replacement f'],
    words: undefined,
  },
])(`$name${withoutGcc}`, ({ before, after, selection, words }) => {
  const found = selectFrom(compile(HEAD + before), compile(HEAD + after), rules)
  const texts = found.refusals.map(({ text }) => text).join('\n')
  expect(texts).not.toMatch(/boot|system/)
  if (words === undefined) expect(texts).toBe('')
  else expect(texts).toMatch(words)
  if (selection.length > 0) expect(selectionLines(found)).toEqual(selection)
})
