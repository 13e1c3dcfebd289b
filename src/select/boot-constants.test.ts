/** Constants that a starting kernel writes into its code: a live patch's own code reads the variable that they are the value of. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { RULES, selectFrom } from '../../tests/support/judge.ts'
import { LINUX } from '../loaders/linux/linux.ts'
import { targetOf } from '../loaders/loaders.ts'
import { X86_64 } from '../machines/x86-64/x86-64.ts'

const work = mkdtempSync(join(tmpdir(), 'hotsplice-constants-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

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
/** In a register of the upper eight. */
const UPPER = within(5).replace('typeof(sym) ret', 'register typeof(sym) ret asm("r11")')
const SHIFT = `unsigned low = i; asm("shrl $12,%0\\n1:\\n.pushsection runtime_shift_limit,\\"a\\"\\n.long 1b - 1 - .\\n.popsection" : "+r" (low)); i = low;`
const rules = { ...RULES, target: targetOf(LINUX, X86_64.number) }
const selected = (before: string, after: string, more: Partial<typeof rules> = {}) =>
  selectFrom(compile(before, FLAGS), compile(after, FLAGS), { ...rules, ...more })

test.skipIf(!hasGcc).for([
  { what: 'stays where it is', before: within(3), after: within(5) },
  { what: 'is in another register', before: within(3), after: UPPER },
  { what: 'moves', before: within(3), after: within(3).replace('return', 'out(7); return') },
  { what: 'comes', before: plain(3), after: within(3) },
  {
    what: 'comes in a new function',
    before: plain(3),
    after: `${plain(3).replace('return', 'extern int g(unsigned long); return g(i) +')} ${within(3).replace(HEAD, '').replace(' f', ' g')}`,
  },
])(`where a place $what, the variable is read${withoutGcc}`, ({ before, after }) => {
  const { refusals, pieces, notices } = selected(before, after)
  expect(refusals).toEqual([])
  expect(notices.map(({ code }) => code)).toEqual(['start-constant-read'])
  const [own, ...others] = pieces.filter(({ instead }) => instead !== undefined)
  expect(others).toEqual([])
  const [instead] = own?.instead ?? []
  const leading = own?.references.filter(({ link }) => link.to === 'running' && link.name === 'limit')
  expect(leading).toEqual([expect.objectContaining({ type: 2, offset: (instead?.at ?? 0) + 3 })])
  // Of as many bytes as before, and objdump's own words for it.
  const file = join(work, `code-${before.length}-${after.length}`)
  writeFileSync(file, instead?.bytes ?? '')
  const words = execFileSync('objdump', ['-D', '-b', 'binary', '-m', 'i386:x86-64', file], { encoding: 'utf8' })
  expect(words).toMatch(/ 0:\s.*\bmov\s+0x0\(%rip\),%r\w+ .*\n +7:\s.*\bnopl\s+\(%rax\)\s*$/)
  const register = /\bmov\s+0x0\(%rip\),(%r\w+)/.exec(words)?.[1]
  expect(register).toBe(movedInto(after))
})

/** Where the compiler has the placeholder put, by objdump. */
function movedInto(text: string): string | undefined {
  const file = join(work, 'whole.o')
  writeFileSync(file, compile(text, FLAGS))
  const words = execFileSync('objdump', ['-d', file], { encoding: 'utf8' })
  return /movabs \$0x123456789abcdef,(%r\w+)/.exec(words)?.[1]
}

test.skipIf(!hasGcc).for([
  { what: 'of a number of bits', text: within(5).replace('return', `${SHIFT} return`), more: {} },
  {
    what: 'of a variable that only the unit has',
    text: within(5).replace('extern unsigned long limit', 'static unsigned long limit __attribute__((used))'),
    more: {},
  },
  {
    what: 'of a variable that the kernel does not tell',
    text: within(5),
    more: { countRunning: (name: string) => (name === 'limit' ? 0 : 1) },
  },
  { what: 'in an instruction that is not known', text: within(5).replace('mov %1,%0', 'mov %1,%0; nop'), more: {} },
])(`a place $what is refused${withoutGcc}`, ({ text, more }) => {
  const { refusals } = selected(plain(3), text, more)
  expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(['boot-constant']))
})

test.skipIf(!hasGcc)(`what is as it was is no matter${withoutGcc}`, () => {
  const other = (factor: number) => `${within(3)} int g(unsigned long i) { return out(i) * ${factor}; }`
  const { refusals, notices } = selected(other(3), other(5))
  expect([refusals, notices]).toEqual([[], []])
})
