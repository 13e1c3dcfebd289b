/** Boot code that is left out: what it would have done is told by name, and what needs that is refused. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge, RULES, selectFrom } from '../../tests/support/judge.ts'
import { type SelectRules, select } from './select.ts'

const HEAD = `
  #pragma GCC visibility push(hidden)
  #define INIT __attribute__((section(".init.text"), noinline, used))
  #define HOOK(f) void (*const hook_##f)(void) __attribute__((used, section(".livepatch.hooks.load"))) = f
  extern int limit, other, table[4], out(int), helper(int), second(int);
  extern unsigned long mask;
  int f(int x) { return out(x) USED; }
`

interface Row {
  readonly name: string
  /** The body of the boot function. */
  readonly before: string
  readonly after: string
  /** What `f` uses besides, after the patch. */
  readonly used?: string
  readonly more?: string
  readonly leave?: readonly string[]
  readonly refused?: readonly string[]
  /** Of the boot function: sets, calls, processor. */
  readonly told?: readonly (readonly string[])[]
}

const ROWS: readonly Row[] = [
  {
    name: 'refused without a word',
    before: 'limit = 5;',
    after: 'limit = 6;',
    leave: [],
    refused: ['init-code setup'],
  },
  { name: 'another name', before: 'limit = 5;', after: 'limit = 6;', leave: ['other'], refused: ['init-code setup'] },
  {
    name: 'a number that it sets',
    before: 'limit = 5;',
    after: 'limit = 6;',
    told: [['limit to 0x6', 'no longer limit to 0x5'], [], []],
  },
  {
    name: 'left by `all`',
    before: 'limit = 5;',
    after: 'limit = 6; other = 1;',
    leave: ['all'],
    told: [['limit to 0x6', 'other to 0x1', 'no longer limit to 0x5'], [], []],
  },
  { name: 'a call', before: 'helper(1);', after: 'helper(1); second(2);', told: [[], ['second'], []] },
  {
    name: 'a register of the processor',
    before: '__asm__ volatile("wrmsr" :: "c"(0x10), "a"(1), "d"(0));',
    after: '__asm__ volatile("wrmsr" :: "c"(0x11), "a"(1), "d"(0));',
    told: [[], [], ['wrmsr 0x11', 'no longer wrmsr 0x10']],
  },
  {
    name: 'a place in an array',
    before: 'table[1] = 2;',
    after: 'table[2] = 2;',
    told: [['table+8 to 0x2', 'no longer table+4 to 0x2'], [], []],
  },
  {
    name: 'run-time code uses what it sets',
    before: 'limit = 5;',
    after: 'limit = 6;',
    used: '+ limit',
    refused: ['init-left-needed f'],
  },
  {
    name: 'run-time code uses what both set, under another condition',
    before: 'if (out(1) > 16) limit = 5;',
    after: 'if (out(1) > 32) limit = 5;',
    used: '+ limit',
    refused: ['init-left-needed f'],
  },
  {
    name: 'run-time code uses something else',
    before: 'limit = 5;',
    after: 'limit = 6;',
    used: '+ other',
    told: [['limit to 0x6', 'no longer limit to 0x5'], [], []],
  },
  {
    name: 'a hook sets what run-time code uses',
    before: 'limit = 5;',
    after: 'limit = 6;',
    used: '+ limit',
    more: 'static void set(void) { limit = 6; } HOOK(set);',
    told: [['limit to 0x6', 'no longer limit to 0x5'], [], []],
  },
  {
    name: 'a new helper of boot time sets it',
    before: 'helper(1);',
    after: 'helper(1); early(3);',
    used: '+ limit',
    more: 'static INIT void early(int x) { limit = x; }',
    refused: ['init-left-needed f'],
  },
]

test.skipIf(!hasGcc).for([...ROWS])(
  `$name${withoutGcc}`,
  ({ before, after, used = '', more = '', leave = ['setup'], ...row }) => {
    const text = (body: string, isPatched: boolean) =>
      `${HEAD.replace('USED', isPatched ? used : '')}\n${isPatched ? more : ''}\nINIT void setup(void) { ${body} }\n`
    const leaveInit = leave.length === 0 ? {} : { leaveInit: new Set(leave) }
    const rules: SelectRules = { ...RULES, countRunning: () => 1, ...leaveInit }
    const { refusals, leftInit } = selectFrom(compile(text(before, false)), compile(text(after, true)), rules)
    expect(refusals.map(({ code, symbol }) => `${code} ${symbol}`)).toEqual(row.refused ?? [])
    const own = leftInit.find(({ name }) => name === 'setup')
    if (row.told !== undefined) expect([own?.sets, own?.calls, own?.processor]).toEqual(row.told)
  },
)

test.skipIf(!hasGcc)(`what only comes up with a processor is told${withoutGcc}`, () => {
  const text = (number: string) =>
    `void init_maker(void *c) { __asm__ volatile("wrmsr" :: "c"(${number}), "a"(1), "d"(0)); *(int *)c = 1; }\n`
  const [before, after] = ['0x10', '0x11'].map(number => compile(text(number)))
  const rules = { ...RULES, countRunning: () => 1 }
  const told = (unit: string) =>
    select(
      [{ unit, fileSymbol: 'maker.c', verdicts: judge(before ?? new Uint8Array(), after ?? new Uint8Array()) }],
      rules,
    ).notices.filter(({ code }) => code === 'cpu-bring-up')
  expect(told('arch/x86/cpu/maker.o').map(each => each.text)).toEqual([
    'init_maker of arch/x86/cpu/maker.o runs only when a processor comes up: those that run do not get what it does otherwise: it would set the processor by wrmsr 0x11; no longer set the processor by wrmsr 0x10; not known: where 1 of its writes go, and what they write; under which conditions it does any of it',
  ])
  expect(told('common/maker.o')).toEqual([])
})

/** The other one's, which sets the same variable. */
const STILL = ['init-code setup', 'init-left-needed setup']
const BOOT_UNITS = ['arch/x86/one.o', 'common/two.o'] as const

test.skipIf(!hasGcc).for([
  {
    name: 'one name of two units',
    leave: ['setup'],
    refused: ['init-left-ambiguous setup'],
    left: ['arch/x86/one.o', 'common/two.o'],
  },
  { name: 'all', leave: ['all'], refused: [], left: ['arch/x86/one.o', 'common/two.o'] },
  { name: 'the one', leave: ['arch/x86/one.o#setup'], refused: STILL, left: ['arch/x86/one.o'] },
  { name: 'the other', leave: ['common/two.o#setup'], refused: STILL, left: ['common/two.o'] },
  {
    name: 'each by itself',
    leave: ['arch/x86/one.o#setup', 'common/two.o#setup'],
    refused: [],
    left: ['arch/x86/one.o', 'common/two.o'],
  },
  {
    name: 'one by itself, and both by their name',
    leave: ['arch/x86/one.o#setup', 'setup'],
    refused: [],
    left: ['arch/x86/one.o', 'common/two.o'],
  },
  { name: 'a unit that has none', leave: ['x.o#setup'], refused: ['init-code setup', 'init-code setup'], left: [] },
])(`boot functions of one name: $name${withoutGcc}`, ({ leave, refused, left }) => {
  const text = (number: number) => `${HEAD.replace('USED', '')}\nstatic INIT void setup(void) { limit = ${number}; }\n`
  const verdicts = judge(compile(text(5)), compile(text(6)))
  const units = BOOT_UNITS.map(unit => ({ unit, fileSymbol: unit.replace('.o', '.c'), verdicts }))
  const selection = select(units, { ...RULES, countRunning: () => 1, leaveInit: new Set(leave) })
  const { refusals, leftInit, notices } = selection
  expect(refusals.map(({ code, symbol }) => `${code} ${symbol}`)).toEqual(refused)
  expect(leftInit.map(({ unit }) => unit)).toEqual(left)
  const [first] = refusals
  if (first?.code === 'init-left-ambiguous') {
    expect(first.text).toBe(
      '--leave-init setup names changed boot code of 2 units: arch/x86/one.o#setup and common/two.o#setup',
    )
    expect(first.hint).toContain('--leave-init arch/x86/one.o#setup --leave-init common/two.o#setup')
  }
  expect(notices.some(({ code }) => code === 'init-not-left')).toBe(left.length === 0)
})
