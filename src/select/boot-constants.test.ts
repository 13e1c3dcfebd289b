/** Constants that a starting kernel writes into its code: a live patch's own code would keep the placeholder. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { RULES, selectFrom } from '../../tests/support/judge.ts'
import { LINUX } from '../loaders/linux/linux.ts'
import { targetOf } from '../loaders/loaders.ts'
import { X86_64 } from '../machines/x86-64/x86-64.ts'

const FLAGS = ['-O2', '-ffunction-sections', '-fdata-sections', '-fcf-protection=none', '-mcmodel=kernel', '-fno-pie']
/** As arch/x86/include/asm/runtime-const.h of Linux 6.12 has it. */
const HEAD = `#define runtime_const_ptr(sym) ({ typeof(sym) ret; \\
  asm("mov %1,%0\\n1:\\n.pushsection runtime_ptr_" #sym ",\\"a\\"\\n\\t.long 1b - %c2 - .\\n.popsection" \\
  : "=r" (ret) : "i" (0x0123456789abcdefull), "i" (sizeof(long))); ret; })
extern unsigned long limit; extern int out(unsigned long);
`
const plain = (factor: number) => `${HEAD}int f(unsigned long i) { return out(i) * ${factor}; }`
const within = (factor: number) =>
  `${HEAD}int f(unsigned long i) { return i < runtime_const_ptr(limit) ? out(i) * ${factor} : 0; }`

test.skipIf(!hasGcc).for([
  { what: 'stays where it is', before: within(3), after: within(5) },
  { what: 'moves', before: within(3), after: within(3).replace('return', 'out(7); return') },
  { what: 'comes', before: plain(3), after: within(3) },
  {
    what: 'comes in a new function',
    before: plain(3),
    after: `${plain(3)} ${within(3).replace(HEAD, '').replace(' f', ' g')}`,
  },
])(`a place that $what is refused${withoutGcc}`, ({ before, after }) => {
  const rules = { ...RULES, target: targetOf(LINUX, X86_64.number) }
  const { refusals } = selectFrom(compile(before, FLAGS), compile(after, FLAGS), rules)
  expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(['boot-constant']))
})

test.skipIf(!hasGcc)(`what is as it was is no matter${withoutGcc}`, () => {
  const rules = { ...RULES, target: targetOf(LINUX, X86_64.number) }
  const other = (factor: number) => `${within(3)} int g(unsigned long i) { return out(i) * ${factor}; }`
  expect(selectFrom(compile(other(3), FLAGS), compile(other(5), FLAGS), rules).refusals).toEqual([])
})
