/**
 * Holds mask's verdicts against a second witness: the original's own tokens, compiled with the patched source's line
 * numbers. If lines are all that differs, that object and the patched one are equal.
 *
 * mask knows that a field moves with the lines, not that it is a line: `__LINE__ + 5` moves too, and holds the number of a
 * line further down. Where a patch changes that 5 by as many lines as it adds in between, the new number is the one that
 * the line map wants, and a change of meaning would be lost. No rule about the number itself can tell; this can.
 * And mask cannot answer where the code grows with the number (127 and 128), or a number is computed with or spelled out
 * in a string; there equality is an answer.
 *
 * The witness was made by putting directives into the text. On lines that none can reach it says nothing, and a function
 * with a number of such a line is taken at mask's word, with a notice.
 *
 * In:  mask's verdicts, and the plain comparison of the witness with the same patched pieces, unchanged.
 * Out: mask's verdicts, with "changed" where the witness objects and "line-only" where it is equal; the functions that
 *      were taken at mask's word.
 */
import type { Judged, LineOracle, LineSite, UnitVerdicts } from './model.ts'
import { ownPieces, sharedPieces } from './own-pieces.ts'

export interface ProvenLines {
  readonly verdicts: UnitVerdicts
  /** Names of what only mask vouches for. */
  readonly unproven: readonly string[]
}

export interface Witness {
  readonly verdicts: UnitVerdicts
  /** Whether the witness has another number than the patched source on the site's line. */
  readonly isOff: (site: LineSite) => boolean
}

export function provenLines(mask: UnitVerdicts, lines: LineOracle, witness: Witness): ProvenLines {
  const unproven: string[] = []
  const shared = sharedPieces(mask)
  const check = (ours: readonly Judged[], theirs: readonly Judged[], absent: 'same' | 'unknown'): readonly Judged[] => {
    const seen = new Map(theirs.map(judged => [judged.patched?.id, judged.verdict]))
    return ours.map(judged => {
      const { kind } = judged.verdict
      if (kind !== 'line-only' && kind !== 'changed') return judged
      const other = seen.get(judged.patched?.id)
      if (other === undefined ? absent === 'same' : other.kind === 'same')
        return kind === 'changed' ? { ...judged, verdict: { kind: 'line-only', sites: 1 } } : judged
      if (kind === 'changed') return judged
      if ([...ownPieces(mask, judged), ...shared].flatMap(id => lines.sitesOf(id)).some(witness.isOff)) {
        unproven.push(judged.name)
        return judged
      }
      return {
        ...judged,
        verdict: { kind: 'changed', because: { what: 'more-than-lines', verdict: other ?? { kind: 'new' } } },
      }
    })
  }
  const { functions, data, unnamed } = witness.verdicts
  const verdicts = {
    ...mask,
    functions: check(mask.functions, functions, 'unknown'),
    data: check(mask.data, data, 'unknown'),
    // Only what differs is listed there.
    unnamed: check(mask.unnamed, unnamed, 'same'),
  }
  return { verdicts, unproven }
}
