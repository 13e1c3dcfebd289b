/** Refusals without those that say the same again. */
import type { Refusal } from '../base/refusal.ts'

/** Without what the linker refuses as well, whose words also say who uses it. */
export function withoutTold(refusals: readonly Refusal[], told: readonly Refusal[]): readonly Refusal[] {
  const keyOf = ({ code, unit, symbol }: Refusal) => JSON.stringify([code, unit, symbol])
  const keys = new Set(told.map(keyOf))
  return refusals.filter(refusal => !keys.has(keyOf(refusal)))
}

export function withoutRepeats(refusals: readonly Refusal[]): readonly Refusal[] {
  const seen = new Set<string>()
  return refusals.filter(({ code, unit, symbol, text }) => {
    const key = JSON.stringify([code, unit, symbol, text])
    return !seen.has(key) && seen.add(key) !== undefined
  })
}
