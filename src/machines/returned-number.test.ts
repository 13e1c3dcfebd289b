/** The number that a function returns without looking at anything: it says which version of Xen an image is. */
import { describe, expect, test } from 'vitest'
import { compileArm64, missingForArm64 } from '../../tests/support/arm64.ts'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { readElf } from '../elf/index.ts'
import { machineOf } from './machines.ts'

const RETURNS: readonly (readonly [name: string, text: string, number | undefined])[] = [
  ['a number', 'int f(void) { return 17; }', 17],
  ['what is counted on from a number', 'int g(int); int f(void) { return g(17) + 1; }', undefined],
  ['what another says of a number', 'int g(int); int f(void) { return g(17); }', undefined],
  [
    'a number that is counted on',
    'int f(void) { int n = 17; __asm__ volatile ("mov %0, %0" : "+r" (n)); return n; }',
    undefined,
  ],
  ['one of two', 'extern int c; int f(void) { return c ? 17 : 4; }', undefined],
  ['a number, behind something else', 'extern int c; int f(void) { c = 17; return 18; }', undefined],
]
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  plain: ['-O2'],
  'with frames': ['-O2', '-fno-omit-frame-pointer', '-mno-omit-leaf-frame-pointer'],
}
const GUARDED = {
  x86: ['-O2', '-fcf-protection=full'],
  thunk: ['-O2', '-mfunction-return=thunk-extern'],
  arm64: ['-O2', '-mbranch-protection=pac-ret+leaf+bti', '-fno-omit-frame-pointer', '-mno-omit-leaf-frame-pointer'],
}

function returned(bytes: Uint8Array): number | undefined {
  const object = readElf<'original'>(bytes)
  const symbol = object.symbols.find(({ name }) => name === 'f')
  if (symbol?.place.in !== 'section') throw new Error('there is no f')
  const code = object.sections[symbol.place.section]?.bytes.subarray(symbol.place.offset)
  return machineOf(object.header.machine).code?.returnedNumber(code ?? new Uint8Array())
}

describe.each(Object.entries({ ...FLAGS, guarded: GUARDED.arm64 }))('AArch64, %s', (_, flags) => {
  test.skipIf(missingForArm64 !== '').for(RETURNS)(`%s ${missingForArm64}`, ([, text, number]) => {
    expect(returned(compileArm64(text, [...flags]))).toBe(number)
  })
})

const X86 = { ...FLAGS, 'with landing pads': GUARDED.x86, 'through a thunk': GUARDED.thunk }
describe.each(Object.entries(X86))('x86-64, %s', (_, flags) => {
  test.skipIf(!hasGcc).for(RETURNS)(`%s${withoutGcc}`, ([, text, number]) => {
    expect(returned(compile(text, flags))).toBe(number)
  })
})
