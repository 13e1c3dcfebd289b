/** Numbers that stand in AArch64 code. */
import type { NumberField } from '../machine.ts'
import { numberUse } from './decode.ts'
import { WORD, wordAt, wordsOf } from './words.ts'

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

/** Every number that the code holds, be it put together of two halves, wherever they stand. */
export function heldNumbers(code: Uint8Array): ReadonlySet<number> {
  const held = new Set<number>()
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
    held.add(use.value).add(Math.abs(use.value))
    if (use.does === 'set') given.set(use.register, (given.get(use.register) ?? new Set()).add(use.value))
  }
  return held
}
