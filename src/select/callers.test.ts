/** What stands in one section with a function, and may reach it by a distance that the object does not tell. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { judge, RULES } from '../../tests/support/judge.ts'
import { callersOf } from './callers.ts'

const NOPS = '.skip 16, 0x90'
/** `f` with `before` in front of it, as objtool names the pad of a function. */
const program = (before: string, rest = '') => `
__asm__(".section .text.f, \\"ax\\", @progbits\\n"
  ".type __pfx_f, @function\\n__pfx_f: ${before}\\n.size __pfx_f, . - __pfx_f\\n"
  ".type f, @function\\nf: lea 1(%rdi), %eax\\nret\\n.size f, . - f\\n.text\\n");
extern int f(int); extern int __pfx_f(int);
int g(int i) { return f(i) * 3; }
${rest}`

test.skipIf(!hasGcc).for([
  { what: 'nops of a name of their own', text: program(NOPS), callers: ['g'], unknown: [] },
  {
    what: 'nops that somebody goes to',
    text: program(NOPS, 'int h(int i) { return __pfx_f(i) + 5; }'),
    callers: ['g'],
  },
  { what: 'nops that somebody has the address of', text: program(NOPS, 'int (*p)(int) = __pfx_f;'), callers: ['g'] },
  { what: 'code', text: program('jmp f + 1'), callers: ['g'] },
])(`before it: $what${withoutGcc}`, ({ text, callers, unknown }) => {
  const object = compile(text, ['-O2', '-ffunction-sections', '-fcf-protection=none'])
  const verdicts = judge(object, object)
  const { original } = verdicts.correlation
  const [f] = original.pieces.filter(({ name }) => name === 'f')
  if (f === undefined) throw new Error('the object has no f')
  const units = [{ unit: 'unit.o', fileSymbol: 'unit.c', verdicts, singleResults: new Set<string>() }]
  const found = callersOf(units, { unit: 0, piece: f.id }, RULES)
  expect(found.callers.map(({ piece }) => original.pieces[piece]?.name)).toEqual(callers)
  const hidden =
    '__pfx_f (unit.o) lies in one section with it, and may reach it by a distance that the object does not tell'
  expect(found.unknown).toEqual(unknown ?? [hidden])
})
