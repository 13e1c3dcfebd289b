/** Who may still take a variable for what it was, when a patch gives it another type of the same size. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc, XEN_LIKE } from '../../../tests/support/gcc.ts'
import { judge, RULES } from '../../../tests/support/judge.ts'
import { select } from '../../select/select.ts'
import { othersUsing } from './data-users.ts'

const HEAD = 'extern int out(int); extern void take(void *);\n'
const STATIC = (type: string) => `static ${type} level;\n`
const USER = (more = '') => `int f(int i) { level = level + i; return out(3)${more}; }\n`
const SETTER = 'void set(int i) { level = i; }\n'

interface Row {
  readonly name: string
  readonly before: readonly string[]
  readonly after: readonly string[]
  readonly others: readonly string[]
  readonly elsewhere?: readonly string[]
}

const ROWS: readonly Row[] = [
  {
    name: 'all of it is replaced',
    before: [STATIC('int') + USER()],
    after: [STATIC('unsigned') + USER(' + 2')],
    others: [],
  },
  {
    name: 'a writer stays',
    before: [STATIC('int') + USER() + SETTER],
    after: [STATIC('unsigned') + USER(' + 2') + SETTER],
    others: ['set'],
  },
  {
    name: 'its address is handed on',
    before: [`${STATIC('int') + USER()}void g(void) { take(&level); }`],
    after: [`${STATIC('unsigned') + USER(' + 2')}void g(void) { out(2); take(&level); }`],
    others: ['g'],
  },
  {
    name: 'its address lies in a table',
    before: [`${STATIC('int') + USER()}const void *const all[] = { &level };`],
    after: [`${STATIC('unsigned') + USER(' + 2')}const void *const all[] = { &level };`],
    others: ['all'],
  },
  {
    name: 'another file reads it',
    before: [`int level;\n${USER()}`, 'extern int level; int g(void) { return level * 3; }'],
    after: [`unsigned level;\n${USER(' + 2')}`, 'extern int level; int g(void) { return level * 3; }'],
    others: ['g'],
  },
  {
    name: 'another file reads it, and is replaced',
    before: [`int level;\n${USER()}`, 'extern int level; int g(void) { return level * 3; }'],
    after: [`unsigned level;\n${USER(' + 2')}`, 'extern unsigned level; int g(void) { return level / 3; }'],
    others: [],
  },
  {
    name: 'a file that the patch does not concern reads it',
    before: [`int level;\n${USER()}`],
    after: [`unsigned level;\n${USER(' + 2')}`],
    elsewhere: ['three.o'],
    others: ['three.o'],
  },
]

test.skipIf(!hasGcc).for(ROWS)(`$name${withoutGcc}`, ({ before, after, others, elsewhere = [] }) => {
  const flags = [...XEN_LIKE, '-include', '/dev/null']
  const direct = (text: string) =>
    compile(HEAD + text.replace(/extern (int|unsigned) level/, hidden).replace(/^(int|unsigned) level/, hidden), flags)
  const units = before.map((text, at) => ({
    unit: `${at}.o`,
    fileSymbol: `${at}.c`,
    verdicts: judge(direct(text), direct(after[at] ?? '')),
  }))
  const scene = { units, selection: select(units, RULES), referrersOf: () => elsewhere }
  expect(othersUsing(scene, 0, 'level')).toEqual(others)
  expect(othersUsing(scene, 0, 'unheard_of')).toBeUndefined()
})

/** As all of a program is that is no library's. */
const hidden = (declaration: string) => `__attribute__((visibility("hidden"))) ${declaration}`
