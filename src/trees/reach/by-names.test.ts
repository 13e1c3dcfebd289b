/** Whom the original's preprocessed text lets out by names, and whether gcc agrees. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { compileAnew, hasGcc, withoutGcc } from '../../../tests/support/gcc.ts'
import { CASES, type Case, GET, got, none, unitOf, user } from '../../../tests/support/reach-cases.ts'
import { HIDDEN } from '../../../tests/support/reach-hidden.ts'
import { UNNAMED } from '../../../tests/support/reach-unnamed.ts'
import { sampled } from '../../../tests/support/sampled.ts'
import { changedItems } from '../../ctext/changed-items.ts'
import { textItemsOf } from '../../ctext/items.ts'
import { packUsed, unpackUsed } from '../../ctext/used-names.ts'
import { PRODUCTS } from '../products.ts'
import { areClosed, seenBy } from './by-names.ts'
import { definedBy, hasTrigraphs, isOrdinary } from './commands.ts'
import { namedEdits } from './named-edits.ts'
import { WITHOUT_LINES } from './same-text.ts'
import { seenOf } from './seen.ts'

/** As units are asked; undefined where it cannot be told. */
function seen({ before, after, beside = '', options = [] }: Case, text: string): boolean | undefined {
  const unit = unitOf('unit.c', options)
  const [one, other] = [textItemsOf(before), textItemsOf(after)]
  const items = one && other && changedItems(one, other)
  const edits = items && namedEdits(before, after, items)
  const defined = definedBy(unit)
  const texts = edits && [edits.before, edits.after, ...[beside, text, defined ?? ''].map(seenOf)]
  if (!isOrdinary(unit) || edits === undefined || defined === undefined) return undefined
  if (texts?.every(each => each !== undefined) !== true) return undefined
  if (hasTrigraphs(unit) && texts.some(each => each.hasTrigraphs)) return undefined
  if (edits.inlines.size > 0 && !areClosed([edits], texts)) return undefined
  const run = spawnSync('gcc', [...PRODUCTS.used.options, ...WITHOUT_LINES, '-std=gnu11', ...options, '-x', 'c', '-'], {
    input: Buffer.from(`${before}${beside}${text}\n`),
  })
  return seenBy(unpackUsed(packUsed(run.stdout)), [edits])
}

function made(text: string, options: readonly string[]): Buffer | undefined {
  try {
    return Buffer.from(compileAnew(text, ['-w', '-std=gnu11', ...options], 'unit.c', 'gcc'))
  } catch {
    return undefined
  }
}

type Edited = readonly [before: string, after: string]
const of = (name: string, [before, after]: Edited, text: string, beside = ''): Case => ({
  name,
  before,
  after,
  beside,
  units: { '?': text },
})
const ONE = 'int one;\nstatic inline int get(int p) { return 1; }\n'
const two = (text: string): Edited => [text, text.replace('return 1', 'return 2')]
const body = (name: string, after: string, text = none, macros = ''): Case =>
  of(name, [macros + ONE, macros + ONE.replace('return 1', after)], text)

/** What the rules of this witness alone have to notice. */
const OWN: readonly Case[] = [
  body(
    'a word that a macro makes a count',
    'return 1 + 0 * COUNT',
    'int f(void) { return __COUNTER__; }',
    '#define COUNT __COUNTER__\n',
  ),
  body(
    'a word that a macro makes a declaration',
    'EXTRA return 1',
    'int h(int); int f(int p) { h(p); return 1; }',
    '#define EXTRA void h(int) __attribute__((noreturn));\n',
  ),
  body('a word that a macro makes a brace', 'return 1; END int n(void) { return 3', none, '#define END }\n'),
  body(
    'a word that a macro joins to a count',
    'return 1 + 0 * COUNT(ER__)',
    'int f(void) { return __COUNTER__; }',
    '#define COUNT(x) __COUNT##x\n',
  ),
  body(
    'a word that a macro joins to one for a count',
    'return 1 + 0 * COUNT(ER)',
    'int f(void) { return __COUNTER__; }',
    '#define MY_COUNTER __COUNTER__\n#define COUNT(x) MY_COUNT##x\n',
  ),
  body(
    'a word that a macro joins to one for a brace',
    'return 1; THE(ND) int n(void) { return 3',
    none,
    '#define E_ND }\n#define THE(x) E_##x\n',
  ),
  body(
    'a word that a macro joins of several',
    'return 1; THE(E, N D) int n(void) { return 3',
    none,
    '#define END }\n#define THE(a, b) T##a##b##D MORE(a, b)\n#define TEN\n#define DD\n#define MORE(a, b) a##ND\n',
  ),
  body('a list that a macro divides', 'FIRST({ return 1; , } int more; )', none, '#define FIRST(a, b) a\n'),
  body('a pragma', '_Pragma("pack(1)") return 1', 'struct t { char c; int i; }; int f(struct t *t) { return t->i; }'),
  of(
    'a macro that is taken away later',
    ['#define LIMIT 1\n#undef LIMIT\n', '#undef LIMIT\n#define LIMIT 1\n'],
    'int LIMIT;',
  ),
  of(
    'a macro that takes a list',
    ['#define LIMIT(x) x\n', '#define LIMIT n\n'],
    'extern int LIMIT; int f(void) { return LIMIT; }',
  ),
  of(
    'a macro that is not there yet',
    ['int n;\n', 'int n;\n#define LIMIT m\n'],
    'extern int LIMIT; int f(void) { return LIMIT; }',
  ),
  of(
    'a head of attributes',
    two(`int n;\n__attribute__((used))\n#ifdef NEVER\n;\n#endif\n${ONE.slice(ONE.indexOf('static'))}`),
    none,
  ),
  of('a list around', two(`#define TEXT(x) const char text[] = #x;\nTEXT(\n${ONE})\n`), none),
  of(
    'a list around, by a macro',
    two(`#define TEXT(x) const char text[] = #x;\n#define OPEN TEXT (\nint n;\nOPEN\n${ONE})\n`),
    none,
  ),
]

describe.skipIf(!hasGcc)(`by names${withoutGcc}`, () => {
  test.for([...sampled([...CASES, ...HIDDEN, ...UNNAMED]), ...OWN])('$name', one => {
    for (const text of Object.values(one.units)) {
      if (seen(one, text) !== false) continue
      for (const level of ['-O0', '-O2']) {
        const [first, second] = [one.before, one.after].map(header =>
          made(`${header}${one.beside ?? ''}${text}\n`, [level, ...(one.options ?? [])]),
        )
        expect(first?.equals(second ?? Buffer.of())).toBe(first === undefined ? undefined : true)
      }
    }
  })

  test('a compiler that does not say what it uses', () => {
    expect(unpackUsed(packUsed(Buffer.from(`${GET}${none}`)))).toBe(undefined)
  })

  const LIMIT = { before: '#define LIMIT 10\n', after: '#define LIMIT 11\n' }
  const BESIDE = '#define ONE 1\nint one = ONE;\n'
  test.for([
    ['the body of a function', { ...got(GET), beside: BESIDE }, none, false],
    ['the body of a function that is called', { ...got(GET), beside: BESIDE }, user, true],
    [
      'the body of a function whose macro joins to a known beginning',
      {
        ...got(`#define FIELD(x) MY_##x\n#define MY_a a\n${GET.replace('p->a', 'p->FIELD(a) + p->a')}`),
        beside: BESIDE,
      },
      none,
      false,
    ],
    [
      'the body of a function whose macro joins to anything',
      {
        ...got(`#define FIELD(x, y) x##y\n${GET.replace('p->a', 'p->FIELD(a,) + p->a')}`),
        beside: BESIDE,
      },
      none,
      undefined,
    ],
    ['a macro', { ...LIMIT, beside: BESIDE }, none, false],
    ['a macro that is used', { ...LIMIT, beside: BESIDE }, 'int f(void) { return LIMIT; }', true],
    ['a macro that is tested', { ...LIMIT, beside: BESIDE }, '#ifdef LIMIT\n#endif\n', true],
    [
      'a macro that is joined',
      { ...LIMIT, beside: `${BESIDE}#define J(a, b) a##b\n` },
      'int f(void) { return J(LIM, IT); }',
      true,
    ],
    ['a type', { before: GET, after: GET.replace('int a, b', 'int b, a'), beside: BESIDE }, none, undefined],
  ] as const)('%s', ([name, one, text, isSeen]) => {
    expect(seen({ name, units: {}, ...one }, text)).toBe(isSeen)
  })
})
