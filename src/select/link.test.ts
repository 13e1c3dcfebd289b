/**
 * Where a reference to a replaced function leads: a call or jump goes to the payload's copy, of whatever encoding it is.
 * An address that is kept is the running function's, so that it stays equal to the one that others keep.
 */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { PROGRAM_RULES, selectFrom } from '../../tests/support/judge.ts'

interface Row {
  readonly name: string
  /** What `user` does with `target`, in assembly. */
  readonly how: string
  readonly leads: 'payload' | 'running'
}

const ROWS: readonly Row[] = [
  { name: 'a call', how: 'call target', leads: 'payload' },
  { name: 'a jump', how: 'jmp target', leads: 'payload' },
  { name: 'a jump if equal (0F 84)', how: 'je target', leads: 'payload' },
  { name: 'a jump on overflow, the first of its kind (0F 80)', how: 'jo target', leads: 'payload' },
  { name: 'a jump if greater, the last of its kind (0F 8F)', how: 'jg target', leads: 'payload' },
  { name: 'its address in a register', how: 'leaq target(%rip), %rax', leads: 'running' },
  { name: 'its address as a constant', how: 'movq $target, %rax', leads: 'running' },
  { name: 'its first bytes as data', how: 'movl target(%rip), %eax', leads: 'running' },
  {
    name: 'a field behind bytes that look like half of a jump (90 84)',
    how: 'nop; .byte 0x84; .long target - .',
    leads: 'running',
  },
]

test.skipIf(!hasGcc).for(ROWS)(`$name: $leads${withoutGcc}`, ({ how, leads }) => {
  const selection = selectFrom(object(how, 1), object(how, 2))
  expect(selection.refusals).toEqual([])
  const user = selection.pieces.find(({ piece }) => piece.name === 'user')
  expect(user?.references.map(({ link }) => link.to)).toEqual([leads])
})

test.skipIf(!hasGcc).for([
  { name: 'data that keeps its address', value: 'target', leads: 'running' },
  { name: 'data that leads into its middle', value: '(char *)target + 4', leads: 'payload' },
])(`$name: $leads${withoutGcc}`, ({ value, leads }) => {
  const text = (by: number, data: string, taken: string) => `
    extern void take(const void *);
    __attribute__((noinline)) int target(int a) { return a * 9 + ${by}; }
    ${data}
    void user(void) { take(${taken}); take((void *)2); }
  `
  const before = text(1, '', '(void *)1')
  const after = text(2, `void *const kept[] = { ${value} };`, 'kept')
  const selection = selectFrom(compile(before), compile(after))
  expect(selection.refusals).toEqual([])
  const kept = selection.pieces.find(({ piece }) => piece.name === 'kept')
  expect(kept?.references.map(({ link }) => link.to)).toEqual([leads])
})

test.skipIf(!hasGcc).for([
  { name: 'a static one', text: 'static __thread int mine;', flags: ['-fno-pie'] },
  { name: 'a static one of a shared object', text: 'static __thread int mine;', flags: ['-fPIC'] },
  { name: 'one of another unit', text: 'extern __thread int mine;', flags: ['-fPIE'] },
])(`a thread-local variable that no address stands for is called so: $name${withoutGcc}`, ({ text, flags }) => {
  const program = (by: number) => compile(`${text} int f(int a) { mine += a * ${by}; return mine; }`, ['-O1', ...flags])
  const countRunning = (name: string) => (name.endsWith('mine') ? 0 : 1)
  const { refusals } = selectFrom(program(3), program(5), { ...PROGRAM_RULES, countRunning })
  expect(refusals.map(({ code, symbol }) => `${code} ${symbol}`)).toEqual(['thread-local-data f'])
})

test.skipIf(!hasGcc)(`what is only missing is not${withoutGcc}`, () => {
  const program = (by: number) => compile(`extern int mine; int f(int a) { mine += a * ${by}; return mine; }`)
  const { refusals } = selectFrom(program(3), program(5), { ...PROGRAM_RULES, countRunning: () => 0 })
  expect(refusals.map(({ code }) => code)).toContain('symbol-not-found')
  expect(refusals.map(({ code }) => code)).not.toContain('thread-local-data')
})

/** Two functions that a change of `by` makes different, and both are long enough to be replaced. */
function object(how: string, by: number): Uint8Array {
  return compile(`
    __attribute__((noinline)) int target(int a) { return a * 9 + ${by}; }
    void user(void) { __asm__ volatile("movl $${by}, %eax; testl %eax, %eax; ${how}"); }
  `)
}
