/**
 * "The patch changes no token here", by gcc: where we say so of all of a patch, the preprocessor must put out the same
 * tokens, strings made by `#` included, and each token must be on lines that the refined map calls counterparts.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chunksOf } from '../../src/lines/chunks.ts'
import { neutralize } from '../../src/lines/neutral.ts'
import { corresponds, refineLineMap } from '../../src/lines/token-map.ts'
import { hasGcc, withoutGcc } from '../support/gcc.ts'
import { edit, editHarmlessly, edits, files, harmlessEdits } from './awkward.ts'
import { isLineNumber } from './faults.ts'
import { type PresumedToken, presumedTokens } from './presumed.ts'
import { touched } from './touched.ts'

const runs = Number(process.env.HOTSPLICE_NEUTRAL_RUNS ?? 15)
const seed = Number(process.env.HOTSPLICE_SEED ?? 20261122)

const sameText = (a: PresumedToken[], b: PresumedToken[]) =>
  a.length === b.length &&
  a.every(({ text }, index) => text === b[index]?.text || (isLineNumber(text) && isLineNumber(b[index]?.text ?? '')))

describe.skipIf(!hasGcc)(`equal tokens, by gcc${withoutGcc}`, () => {
  const changes = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.tuple(files, harmlessEdits).map(([old, steps]) => [old, editHarmlessly(old, steps)] as const),
    },
    { weight: 1, arbitrary: fc.tuple(files, edits).map(([old, splices]) => [old, edit(old, splices)] as const) },
  )

  test('no wrong "equal", and its tokens are where the map says', { timeout: 1_200_000 }, () => {
    let [equal, harmless] = [0, 0]
    fc.assert(
      fc.property(changes, ([oldText, newText]) => {
        const change = touched(oldText, newText)
        if (change === undefined) return
        const map = refineLineMap(change)
        const allEqual = map.equalChunks.length === chunksOf(change.lineMap).length
        for (const options of [[], ['-DX']]) {
          const [before, after] = [presumedTokens(oldText, options), presumedTokens(newText, options)]
          if (before === undefined) continue
          if (after !== undefined && sameText(before, after)) harmless++
          if (!allEqual) continue
          equal++
          expect(after, newText).toBeDefined()
          expect(sameText(before, after ?? []), newText).toBe(true)
          for (const [index, { line }] of before.entries()) {
            expect(corresponds(map, line, after?.[index]?.line ?? 0), `${line} in ${newText}`).toBe(true)
          }
        }
      }),
      { numRuns: runs, seed },
    )
    if (process.env.HOTSPLICE_NEUTRAL_RUNS) console.log(`${harmless} harmless by gcc, ${equal} called equal`)
    expect(equal).toBeGreaterThan(harmless / 3)
  })

  test('a harmless edit, made neutral, leaves every token on its line', { timeout: 1_200_000 }, () => {
    let [harmless, clean] = [0, 0]
    fc.assert(
      fc.property(files, harmlessEdits, (oldText, steps) => {
        const newText = editHarmlessly(oldText, steps)
        const change = touched(oldText, newText)
        if (change === undefined || refineLineMap(change).equalChunks.length !== chunksOf(change.lineMap).length) return
        const neutral = neutralize(change, { style: 'auto' })
        for (const options of [[], ['-DX']]) {
          const before = presumedTokens(oldText, options)
          if (before === undefined) continue
          harmless++
          if (neutral.unsafe.length > 0) continue
          clean++
          expect(presumedTokens(neutral.text, options), neutral.text).toEqual(before)
        }
      }),
      { numRuns: runs, seed },
    )
    if (process.env.HOTSPLICE_NEUTRAL_RUNS) console.log(`${harmless} harmless, ${clean} made neutral`)
    expect(clean).toBeGreaterThan(harmless * 0.9)
  })
})
