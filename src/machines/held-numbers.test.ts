/**
 * Compilers make one of two lines out of the other: `c ? 300 : 301` is one number and a bit that is added. Whatever code
 * can give to a log, it holds by our account.
 */
import { describe, expect, test } from 'vitest'
import { compileArm64, missingForArm64 } from '../../tests/support/arm64.ts'
import { compile, hasGcc, withoutGcc } from '../../tests/support/gcc.ts'
import { readElf } from '../elf/index.ts'
import { machineOf } from './machines.ts'

const CONDITIONS = [
  'c > 7',
  'c < u',
  'u < 7u',
  'c == 0',
  'c != u',
  'c & 1',
  'c & 4',
  'c < 0',
  '(u & 16) == 0',
  'c >= 0',
]
const FIRST = [300, 70000]
const APART = [1, 2, 3, 5, 8, 9, 16, 100]
const LEVELS = ['-O2', '-Os']

interface Choice {
  readonly condition: string
  readonly lines: readonly [number, number]
}
const CHOICES: readonly Choice[] = CONDITIONS.flatMap(condition =>
  FIRST.flatMap(first =>
    APART.flatMap(apart => [
      { condition, lines: [first, first + apart] as const },
      { condition, lines: [first + apart, first] as const },
    ]),
  ),
)
const TEXT = CHOICES.map(
  ({ condition, lines: [a, b] }, at) => `int f${at}(int c, unsigned u) { return (${condition}) ? ${a} : ${b}; }`,
).join('\n')

/** What no function holds of the two lines it gives. */
function notHeld(bytes: Uint8Array): readonly string[] {
  const object = readElf<'original'>(bytes)
  const { code } = machineOf(object.header.machine)
  return object.symbols.flatMap(({ name, kind, place, size }) => {
    const choice = CHOICES[Number(name.slice(1))]
    if (kind !== 'function' || place.in !== 'section' || choice === undefined) return []
    const section = object.sections[place.section]
    const held = code?.heldNumbers(section?.bytes.subarray(place.offset, place.offset + size) ?? new Uint8Array())
    const missing = choice.lines.filter(line => held?.has(line) !== true)
    return missing.map(line => `${choice.condition}: ${line} of ${choice.lines.join(' and ')}`)
  })
}

describe.each(LEVELS)('one of two lines, %s', level => {
  test.skipIf(missingForArm64 !== '')(`is held on AArch64 ${missingForArm64}`, () => {
    expect(notHeld(compileArm64(TEXT, [level]))).toEqual([])
  })

  test.skipIf(!hasGcc)(`is held on x86-64 ${withoutGcc}`, () => {
    expect(notHeld(compile(TEXT, [level]))).toEqual([])
  })
})
