/** A definition that the linker did not take is not in the program: it replaces nothing, and what uses it means the other. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge, PROGRAM_RULES, selectionLines } from '../../tests/support/judge.ts'
import { assemble } from '../assemble/assemble.ts'
import { select, type UnitInput } from './select.ts'

const WEAK = '__attribute__((weak, noinline, noclone))'
const HEAD = 'extern int flag; extern int take(int);\n'

/** Two units of a program, each with its texts and the names that it defines in vain. */
interface Text {
  readonly before: string
  readonly after: string
  readonly untaken: readonly string[]
}

function selected(...texts: readonly Text[]) {
  const units = texts.map(({ before, after, untaken }, at): UnitInput => {
    const verdicts = judge(compile(HEAD + before), compile(HEAD + after), PROGRAM_RULES.target.loader)
    return { unit: `${at}.o`, fileSymbol: `${at}.c`, verdicts, untaken: new Set(untaken) }
  })
  return select(units, PROGRAM_RULES)
}

/** What `user` refers to, without what the HEAD declares. */
function linksOf({ pieces }: ReturnType<typeof selected>, user: string) {
  const references = pieces.find(({ piece }) => piece.name === user)?.references ?? []
  return references.flatMap(({ link }) => {
    if (link.to === 'running') return ['flag', 'take'].includes(link.name) ? [] : [`running ${link.name}`]
    return link.to === 'payload' ? [`payload ${link.target.unit}.o`] : [link.to]
  })
}

const ENTRY = 'void start(void) { flag = 3; } __attribute__((section(".init_array"), used))'
/** What the payload brings by name. */
function newNames(selection: ReturnType<typeof selected>): readonly string[] {
  const made = assemble(selection, { target: PROGRAM_RULES.target })
  return made.kind === 'payload' ? made.payload.symbols.flatMap(({ name, role }) => (role === 'new' ? [name] : [])) : []
}

const changing = (text: (by: number) => string) => ({ before: text(3), after: text(5) })

test.skipIf(!hasGcc).for([
  {
    name: 'a weak function that changes, and counts',
    text: changing(by => `${WEAK} int f(int a) { return a * ${by} + flag; }`),
    untaken: [],
    selection: ['replacement f'],
  },
  {
    name: 'a weak function that changes in vain',
    text: changing(by => `${WEAK} int f(int a) { return a * ${by} + flag; }`),
    untaken: ['f'],
    selection: [],
  },
  {
    name: 'a weak variable that changes, and counts',
    text: changing(by => `__attribute__((weak)) int limit = ${by};`),
    untaken: [],
    selection: ['refused changed-data limit'],
  },
  {
    name: 'a weak variable that changes in vain',
    text: changing(by => `__attribute__((weak)) int limit = ${by};`),
    untaken: ['limit'],
    selection: [],
  },
  {
    name: 'one in vain beside one that counts',
    text: changing(
      by => `${WEAK} int f(int a) { return a * ${by} + flag; } int g(int a) { return take(a) + flag * ${by}; }`,
    ),
    untaken: ['f'],
    selection: ['replacement g'],
  },
  {
    name: 'one in vain that gets a name which counts',
    text: {
      before: `${WEAK} int f(int a) { return a * 3 + flag; }`,
      after: `${WEAK} int f(int a) { return a * 5 + flag; } int g(int a) __attribute__((alias("f")));`,
    },
    untaken: ['f'],
    selection: [],
  },
  {
    name: 'one that loses the name which counts',
    text: {
      before: `${WEAK} int f(int a) { return a * 3 + flag; } int g(int a) __attribute__((alias("f")));`,
      after: `${WEAK} int f(int a) { return a * 5 + flag; }`,
    },
    untaken: ['f'],
    selection: [],
  },
  {
    name: 'what is gone is no other’s',
    text: {
      before: `${ENTRY} static void (*const entry)(void) = start;`,
      after: 'void start(void) { flag = 3; }',
    },
    untaken: ['f'],
    selection: ['refused init-data entry'],
  },
])(`$name${withoutGcc}`, ({ text, untaken, selection }) => {
  expect(selectionLines(selected({ ...text, untaken }))).toEqual(selection)
})

test.skipIf(!hasGcc)(`it counts under its other name, and is replaced by that${withoutGcc}`, () => {
  const text = changing(
    by => `${WEAK} int f(int a) { return a * ${by} + flag; } int g(int a) __attribute__((alias("f")));`,
  )
  const { replacements, refusals } = selected({ ...text, untaken: ['f'] })
  expect(refusals).toEqual([])
  expect(replacements.map(({ runningName }) => runningName)).toEqual(['g'])
})

const USER = changing(
  by => `${WEAK} int h(int a) { return a * 7 + flag; } int f(int a) { return h(a + ${by}) * flag; }`,
)

test.skipIf(!hasGcc)(`a caller means the one that the program has${withoutGcc}`, () => {
  const selection = selected({ ...USER, untaken: ['h'] })
  expect(selectionLines(selection)).toEqual(['replacement f'])
  expect(linksOf(selection, 'f')).toEqual(['running h'])
})

test.skipIf(!hasGcc)(`a caller means the one that it names, where it did not count before${withoutGcc}`, () => {
  const weak = `${WEAK} int f(int a) { return a * 7 + flag; }`
  const before = `${weak} int user(int a) { return take(a) * flag; }`
  const after = `${weak} int g(int a) __attribute__((alias("f"))); int user(int a) { return g(a) * flag; }`
  const selection = selected({ before, after, untaken: ['f'] })
  expect(selection.refusals).toEqual([])
  expect(linksOf(selection, 'user')).toEqual(['payload 0.o'])
  expect(newNames(selection)).toEqual(['g'])
})

test.skipIf(!hasGcc)(`variables likewise${withoutGcc}`, () => {
  const weak = '__attribute__((weak)) int v;'
  const before = `${weak} int user(int a) { return take(a) * flag; }`
  const after = `${weak} extern int w __attribute__((alias("v"))); int user(int a) { return take(w) * flag; }`
  const selection = selected({ before, after, untaken: ['v'] })
  expect(selection.refusals).toEqual([])
  expect(linksOf(selection, 'user')).toEqual(['payload 0.o'])
  expect(newNames(selection)).toEqual(['w'])
})

test.skipIf(!hasGcc)(`a new one is not called by the name that another has${withoutGcc}`, () => {
  const before = 'int user(int a) { return take(a) * flag; }'
  const after = `${WEAK} int f(int a) { return a * 7 + flag; } int g(int a) __attribute__((alias("f")));
    int user(int a) { return g(a) * flag; }`
  const selection = selected({ before, after, untaken: ['f'] })
  expect(linksOf(selection, 'user')).toEqual(['payload 0.o'])
  expect(newNames(selection)).toEqual(['g'])
})

test.skipIf(!hasGcc)(`a caller means the one that another unit of the patch brings${withoutGcc}`, () => {
  const fresh = {
    before: 'int g(void) { return flag; }',
    after: `int g(void) { return flag; } ${WEAK} int h(int a) { return a + flag; }`,
  }
  const user = { before: 'int f(int a) { return a * flag; }', after: USER.after }
  const selection = selected({ ...fresh, untaken: [] }, { ...user, untaken: ['h'] })
  expect(selection.refusals).toEqual([])
  expect(linksOf(selection, 'f')).toEqual(['payload 0.o'])
  expect(selection.pieces.map(({ address, piece }) => `${address.unit}.o ${piece.name}`)).toEqual(['0.o h', '1.o f'])
})

test.skipIf(!hasGcc)(`what leads into a function that changes in vain goes nowhere${withoutGcc}`, () => {
  const text = changing(
    by => `${WEAK} int f(unsigned a) {
      static const void *const labels[] = { &&one, &&two };
      goto *labels[a & 1];
      one: return take(${by});
      two: return take(flag);
    }`,
  )
  expect(selectionLines(selected({ ...text, untaken: ['f'] }))).toEqual([])
})
