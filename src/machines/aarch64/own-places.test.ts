/** A `switch` goes where its own table says. What it names on the way is an address within the code, which may be kept. */
import { describe, expect, test } from 'vitest'
import { compileArm64, missingForArm64 } from '../../../tests/support/arm64.ts'
import { readElf } from '../../elf/index.ts'
import { indirectJumps, takesPlaces } from './own-places.ts'

const NOTHING = new Set<number>()

/** The code of the function `f`. */
function codeOf(object: Uint8Array): Uint8Array {
  const elf = readElf<'original'>(object)
  const symbol = elf.symbols.find(({ name }) => name === 'f')
  if (symbol?.place.in !== 'section') throw new Error('there is no f')
  const { section, offset } = symbol.place
  return elf.sections[section]?.bytes.subarray(offset, offset + symbol.size) ?? new Uint8Array()
}

const isElsewhere = (code: Uint8Array) =>
  indirectJumps(code, { relocated: NOTHING, own: NOTHING, labels: NOTHING, entered: NOTHING }).isElsewhere

/** The way of gcc and clang to a label, and what is done behind it with what is still in registers. */
const assembly = (jump: string, behind: string) =>
  `.text; .type f, %function; f: adr x1, 1f; ${jump}; 1: mov w2, #1; ${behind}; ret; .size f, .-f`

const KEPT: Readonly<Record<string, string>> = {
  'what it counts from': assembly('add x0, x1, w0, sxtb #2; br x0', 'str x1, [x3]'),
  'where it goes': assembly('add x0, x1, w0, sxth #2; br x0', 'str x0, [x3]'),
  'the same, in one register': assembly('ldrb w0, [x4, x5]; add x1, x1, x0, lsl #2; br x1', 'stp x1, x2, [x3]'),
  'as an argument': assembly('add x0, x1, w0, sxtw #2; br x0', 'bl g'),
}

/** gcc 12 makes a table of no fewer than 17. */
const NUMBERS = Array.from({ length: 24 }, (_, at) => at)
const CASES = NUMBERS.map(at => `case ${at}: g${at}(n); break;`).join('\n')
const HEAD = NUMBERS.map(at => `void g${at}(int);`).join('\n')

describe.skipIf(missingForArm64 !== '')(`what a switch names on AArch64 ${missingForArm64}`, () => {
  test.for(Object.entries(KEPT))('%s may be kept', ([, text]) => {
    const code = codeOf(compileArm64(text, ['-x', 'assembler'], 'unit.s'))
    expect(isElsewhere(code)).toBe(false)
    expect(takesPlaces(code, NOTHING)).toBe(true)
  })

  test('alone, it goes nowhere that nobody knows', () => {
    const code = codeOf(compileArm64(`${HEAD} void f(int n) { switch (n) { ${CASES} } g0(n); }`))
    expect(isElsewhere(code)).toBe(false)
    expect(takesPlaces(code, NOTHING)).toBe(true)
  })

  test('beside it, another jump does', () => {
    const text = `${HEAD} void f(int n, void (*o)(int)) { switch (n) { ${CASES} } o(n); }`
    expect(isElsewhere(codeOf(compileArm64(text)))).toBe(true)
  })
})
