/** Objects that differ in what is gone once the system is up, and in what is not. */
import { expect, test } from 'vitest'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { PROCESS } from '../loaders/process/process.ts'
import { XEN } from '../loaders/xen/xen.ts'
import { differsAtStartOnly } from './at-start.ts'

const TEXT = `extern int other(int);
__attribute__((section(".init.text"))) int early(int i) { return other(i) * 3; }
__attribute__((section(".init.data"))) int table[2] = { 1, 2 };
int late(int i) { return other(i) + 4; }
int kept[2] = { 5, 6 };
const char *said = "said";
`
const edited = (from: string, to: string) => {
  expect(TEXT).toContain(from)
  return compile(TEXT.replace(from, to))
}

test.skipIf(!hasGcc).for([
  { name: 'code that runs at boot', from: '* 3', to: '* 5', only: true },
  { name: 'data that is read at boot', from: '1, 2', to: '1, 3', only: true },
  { name: 'code that stays', from: '+ 4', to: '+ 7', only: false },
  { name: 'data that stays', from: '5, 6', to: '5, 7', only: false },
  { name: 'a string', from: '"said"', to: '"told"', only: false },
  { name: 'both kinds of code', from: 'return other(i)', to: 'return 1 + other(i)', only: true },
  {
    name: 'data that stays no longer',
    from: 'int kept[2]',
    to: '__attribute__((section(".init.data"))) int kept[2]',
    only: false,
  },
  { name: 'what code that stays calls', from: 'return other(i) + 4', to: 'return early(i) + 4', only: false },
])(`$name: $only${withoutGcc}`, ({ from, to, only }) => {
  const objects = [compile(TEXT), edited(from, to)] as const
  expect(differsAtStartOnly(...objects, XEN)).toBe(only)
  expect(differsAtStartOnly(...objects, PROCESS)).toBe(false)
})

test.skipIf(!hasGcc)(`what is copied to where it stays is not gone${withoutGcc}`, () => {
  const text = (mask: number) =>
    `__asm__(".section .init.text\\ntrampoline_start: testl $${mask}, trampoline_flags\\n.globl trampoline_end\\ntrampoline_end:");`
  expect(differsAtStartOnly(compile(text(1)), compile(text(2)), XEN)).toBe(false)
})

test.skipIf(!hasGcc)(`what is no object of this class tells nothing${withoutGcc}`, () => {
  expect(differsAtStartOnly(compile(TEXT), new Uint8Array(60), XEN)).toBe(false)
})
