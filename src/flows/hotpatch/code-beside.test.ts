/** A function beside the patched one is not what runs: whether new code has anything of it, and what is said. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc, XEN_LIKE } from '../../../tests/support/gcc.ts'
import { judge, RULES } from '../../../tests/support/judge.ts'
import { takeApartText } from '../../ctext/outline.ts'
import { inlinedInto } from '../../dwarf/index.ts'
import { readElf } from '../../elf/index.ts'
import { select } from '../../select/select.ts'
import { codeBeside } from './code-beside.ts'
import type { OtherCode } from './other-code.ts'

const APART = '__attribute__((noinline, noclone)) '
/** `g` has code of its own, and is what differs. */
const HEAD = `extern int e(int), flag;
static int g(int a) { return e(a) * 7; }
${APART}static int h(int a) { return g(a) + flag; }
int keep(int a) { int (*volatile p)(int) = g; return p(a) + h(a); }
`

interface Row {
  readonly name: string
  readonly before?: string
  readonly after: string
  readonly refused?: readonly string[]
  readonly warned?: readonly string[]
  /** Where the compiler tells nothing. */
  readonly untold?: boolean
}

const ROWS: readonly Row[] = [
  {
    name: 'the new code has it, and the old one never called it',
    after: 'int f(int a) { return g(a) + 1; }',
    refused: ['g'],
  },
  {
    name: 'a function that is new has it',
    after: `${APART}static int fresh(int a) { return g(a) - 3; } int f(int a) { return fresh(a); }`,
    refused: ['g'],
  },
  {
    name: 'both had it already',
    before: 'int f(int a) { return g(a); }',
    after: 'int f(int a) { return g(a + 1); }',
    refused: ['g'],
  },
  { name: 'the new code has nothing of it', after: 'int f(int a) { return e(a) + 3; }' },
  { name: 'one that is called has it', after: 'int f(int a) { return h(a); }' },
  {
    name: 'the new code calls it',
    after: 'int f(int a) { int (*volatile p)(int) = g; return p(a) + 1; }',
    warned: ['g'],
  },
  { name: 'nothing is told', after: 'int f(int a) { return e(a) + 3; }', refused: ['g'], untold: true },
  {
    name: 'it is replaced itself, and told of by itself',
    before: 'int f(int a) { return a; }',
    after: 'int f(int a) { return g(a) + 1; } //',
  },
]

test.skipIf(!hasGcc).for(ROWS)(`$name${withoutGcc}`, ({ before, after, refused = [], warned = [], untold }) => {
  const changes = after.endsWith('//')
  const old = HEAD + (before ?? 'int f(int a) { return a + 100; }')
  const now = HEAD.replace('* 7', changes ? '* 9' : '* 7') + after
  const [original, patched] = [old, now].map(text => compile(text, XEN_LIKE))
  if (original === undefined || patched === undefined) throw new Error('not compiled')
  const units = [{ unit: 'unit.o', fileSymbol: 'unit.c', verdicts: judge(original, patched) }]
  const selection = select(units, RULES)
  const { pieces } = units[0]?.verdicts.correlation.original ?? { pieces: [] }
  const piece = pieces.find(({ name }) => name === 'g')
  if (piece === undefined) throw new Error('there is no g')
  const finding = { name: 'g', address: 0x1000n, difference: { offset: 1, address: 0x1001n, text: 'so' } }
  const debug = readElf<'patched'>(compile(now, [...XEN_LIKE, '-g', '-gdwarf-5']))
  const source = { bodies: takeApartText(now).bodies, inlined: inlinedInto(debug) }
  const other: OtherCode = {
    different: new Map([[piece.id, { ...finding, bytes: 0, led: [], unchecked: [], edited: 0, entries: 0 }]]),
    source: untold === true ? undefined : source,
  }
  const running = { below: [], symbols: undefined, isImage: true }
  const told = codeBeside(units, selection, running, new Map([[0, other]]))
  expect(told.refusals.map(({ code, symbol }) => `${code} ${symbol}`)).toEqual(
    refused.map(name => `not-the-running-code ${name}`),
  )
  expect(told.warnings.map(({ code, text }) => `${code} ${text.split(' ')[0]}`)).toEqual(
    warned.map(name => `other-code-called ${name}`),
  )
})
