/** Who reads a constant that changed: replaced for its sake where that is all that is wanting, else nobody is. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge, PROGRAM_RULES } from '../../tests/support/judge.ts'
import { withReadersChanged } from './constant-readers.ts'
import { select } from './select.ts'

const HEAD = 'extern int flag, out(int), take(const void *);\n'
const TABLE = (value: number) => `static const int known[4] = { 1, 3, 8, ${value} };\n`
const ONE = 'int f(unsigned n) { return known[n & 3] * flag; }\n'
const TWO = 'int g(unsigned n) { return flag - known[n % 3]; }\n'
const PART = `int f(unsigned n) { if (__builtin_expect(flag > 3, 0)) { out(3); __builtin_trap(); } return known[n & 3] * flag; }
  __attribute__((noinline)) int g(unsigned n) { if (flag > 4) { out(1); return known[n & 3]; } return flag * 3; }\n`

interface Row {
  readonly name: string
  readonly text: string
  /** Of the functions that are replaced then; none where nothing changes. */
  readonly replaced: readonly string[]
}

const ROWS: readonly Row[] = [
  { name: 'one function', text: ONE, replaced: ['f'] },
  { name: 'two functions', text: ONE + TWO, replaced: ['f', 'g'] },
  { name: 'functions of several parts', text: PART, replaced: ['f', 'g'] },
  { name: 'one that hands its address on', text: `${ONE}int h(void) { return take(known); }\n`, replaced: [] },
  {
    name: 'one that is entered once',
    text: `${ONE}int main(int n, char **v) { return known[n & 3] * (v != 0); }\n`,
    replaced: [],
  },
  { name: 'a table that holds its address', text: `${ONE}const int *const all[] = { known };\n`, replaced: [] },
]

const FLAGS = ['-O2', '-fno-pie', '-ffunction-sections', '-fdata-sections']

test.skipIf(!hasGcc).for(ROWS)(`read by $name${withoutGcc}`, ({ text, replaced }) => {
  const objects = [21, 22].map(value => compile(HEAD + TABLE(value) + text, FLAGS))
  const [before = new Uint8Array(), after = new Uint8Array()] = objects
  const verdicts = judge(before, after, PROGRAM_RULES.target.loader)
  const units = [{ unit: 'unit.o', fileSymbol: 'unit.c', verdicts }]
  const first = select(units, PROGRAM_RULES)
  expect([first.refusals.map(({ code }) => code), first.replacements]).toEqual([['changed-constant'], []])
  const changed = withReadersChanged(units, first.readConstants, PROGRAM_RULES.target.loader)
  if (replaced.length === 0) {
    expect(changed).toEqual(units)
    return
  }
  const next = select(changed, PROGRAM_RULES)
  expect(next.refusals).toEqual([])
  expect(next.readConstants).toEqual([])
  expect(next.replacements.map(({ runningName }) => runningName).sort()).toEqual(replaced)
  for (const { reason } of next.pieces.filter(({ role }) => role === 'replacement'))
    expect(reason.text).toContain('it reaches known, which is not the same: byte 0xc went from 0x15 to 0x16')
  expect(next.pieces.filter(({ piece }) => piece.name === 'known').map(({ role }) => role)).toEqual(['content'])
})
