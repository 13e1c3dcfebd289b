/** Numbers that stand in AArch64 code. */
import type { NumberField } from '../machine.ts'
import { numberUse } from './decode.ts'
import { bitsOf, WORD, wordAt, wordsOf } from './words.ts'

/**
 * For each of `offsets`, the field that holds a number as it is: sixteen bits of `movz`, twelve of `add` or `cmp`. Numbers
 * in two instructions, turned over (`movn`), or made of a pattern (`orr`) stand in no field of their own.
 */
export function numberFieldsAt(code: Uint8Array, offsets: readonly number[]): ReadonlyMap<number, NumberField> {
  const fields = new Map<number, NumberField>()
  for (const offset of offsets) {
    const start = offset - (offset % WORD)
    const word = wordAt(code, start)
    // Neither field has a part in the last byte.
    const use = word === undefined || offset - start === WORD - 1 ? undefined : numberUse(word)
    if (use?.does === 'set' && use.isPlain) fields.set(offset, { offset: start, at: 5, bits: 16 })
    if (use?.does === 'add' && use.isPlain) fields.set(offset, { offset: start, at: 10, bits: 12 })
  }
  return fields
}

/**
 * Every number that the code may give to somebody: those it holds, be it put together of two halves, wherever they stand,
 * and what compilers make of one by a condition. Of two numbers, code may only hold one.
 */
export function heldNumbers(code: Uint8Array): ReadonlySet<number> {
  const held = standingNumbers(code)
  const steps = stepsIn(code)
  for (const number of [...held]) for (const step of steps) held.add(number + step)
  return held
}

function standingNumbers(code: Uint8Array): Set<number> {
  const held = new Set<number>()
  const added = { high: new Set<number>(), low: new Set<number>() }
  /** What each register may have been given, of which `movk` changes a half. */
  const given = new Map<number, Set<number>>()
  for (const { word } of wordsOf(code)) {
    const use = numberUse(word)
    if (use === undefined) continue
    if (use.does === 'insert') {
      const before = given.get(use.register) ?? new Set([0])
      for (const number of before) {
        const unit = 2 ** use.shift
        const half = Math.floor(number / unit) % 65536
        const whole = number + (use.value - half) * unit
        held.add(whole)
        if (before.size < 64) before.add(whole)
      }
      continue
    }
    if (use.value === undefined) continue
    // Turned over by a condition (`csneg`, `csinv`), too.
    held.add(use.value).add(-use.value).add(~use.value)
    if (use.does === 'add') added[use.isPlain ? 'low' : 'high'].add(use.value)
    if (use.does === 'set') given.set(use.register, (given.get(use.register) ?? new Set()).add(use.value))
  }
  // Of more than twelve bits, a number is added in two halves.
  for (const high of added.high) for (const low of added.low) held.add(high + low).add(high - low)
  return held
}

/**
 * How far what a condition makes of a number may lie from it: `cset` and its like give 0 or 1, or add it, as carries and
 * signs do; a shift counts that, and of a sign a mask is cut.
 */
function stepsIn(code: Uint8Array): ReadonlySet<number> {
  const steps = new Set<number>()
  for (const { word } of wordsOf(code)) {
    const isChoice = (word & 0x1fe00000) === 0x1a800000 && bitsOf(word, 10, 2) + bitsOf(word, 30, 1) > 0
    const isCarry = (word & 0x1fe0fc00) === 0x1a000000
    const isPartOf = (word & 0x1f800000) === 0x13000000
    if (isChoice || isCarry || isPartOf) steps.add(1).add(-1)
    // lsl, ubfiz; add and sub of a register that is shifted
    const [turn, last] = [bitsOf(word, 16, 6), bitsOf(word, 10, 6)]
    if (isPartOf && turn > last) addShifted(steps, (word >>> 31 === 0 ? 32 : 64) - turn)
    if ((word & 0x1f200000) === 0x0b000000) addShifted(steps, bitsOf(word, 22, 2) === 0 ? last : 0)
    const use = numberUse(word)
    if (use?.does === 'mask' && use.value !== undefined) steps.add(use.value | 0).add(-(use.value | 0))
  }
  return steps
}

function addShifted(steps: Set<number>, shift: number): void {
  if (shift <= MOST_APART) steps.add(2 ** shift).add(-(2 ** shift))
}

/** Nobody counts lines by shifts beyond these bits. */
const MOST_APART = 12
