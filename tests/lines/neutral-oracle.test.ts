/**
 * Neutralized texts against the preprocessor: random files of awkward pieces, random edits, every style. gcc -E must see
 * the patched file's tokens, and on every line that did not change and is not listed as unsafe, the original's number.
 * HOTSPLICE_NEUTRAL_RUNS sets how many.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { neutralize } from '../../src/lines/neutral.ts'
import type { NeutralStyle } from '../../src/lines/neutral-model.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { edit, edits, files } from './awkward.ts'
import { faults } from './faults.ts'
import { presumedTokens } from './presumed.ts'
import { touched } from './touched.ts'

const runs = Number(process.env.HOTSPLICE_NEUTRAL_RUNS ?? 8)
const seed = Number(process.env.HOTSPLICE_SEED ?? 20261122)
describe.skipIf(!hasGcc)(`neutral texts, by gcc${withoutGcc}`, () => {
  test.for<NeutralStyle>(['auto', 'directive', 'reformat'])('%s', { timeout: 1_200_000 }, style => {
    let [compared, clean] = [0, 0]
    fc.assert(
      fc.property(files, edits, (oldText, splices) => {
        const newText = edit(oldText, splices)
        const change = touched(oldText, newText)
        fc.pre(change !== undefined)
        if (change === undefined) return
        fc.pre(presumedTokens(oldText) !== undefined && presumedTokens(newText) !== undefined)
        const neutral = neutralize(change, { style })
        compared++
        if (neutral.unsafe.length === 0) clean++
        for (const options of [[], ['-DX']]) expect(faults(change, neutral, options), neutral.text).toEqual([])
      }),
      { numRuns: runs, seed },
    )
    if (process.env.HOTSPLICE_NEUTRAL_RUNS)
      console.log(`${style}: ${compared} compared, ${clean} without an unsafe line`)
    if (style === 'auto') expect(clean).toBeGreaterThan(compared / 2)
  })

  test('an off line that is not listed is found', () => {
    const change = touched('int a = __LINE__;\nint b;\n', 'int n;\nint a = __LINE__;\nint b;\n')
    expect(change).toBeDefined()
    if (change === undefined) return
    const neutral = neutralize(change, { style: 'auto' })
    expect(faults(change, neutral, [])).toEqual([])
    expect(faults(change, { ...neutral, text: change.newText }, [])).not.toEqual([])
    expect(faults(change, { ...neutral, text: neutral.text.replace('int b', 'int c') }, [])).not.toEqual([])
  })
})
