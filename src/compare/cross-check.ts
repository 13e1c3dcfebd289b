/**
 * Holds two ways of treating line numbers against each other, function by function.
 *
 * neutral compiled a text whose unchanged lines keep their numbers; mask compiled the patch as it is and explained each
 * line number away. They fail in different places: neutral where the text was rewritten wrongly, mask where a number
 * only looks like a line. So where both can answer they must agree; where they do not, the function is changed, and the
 * verdict says what each saw.
 *
 * mask cannot answer where a function's length depends on its line numbers (a one-byte immediate, 127 and 128), because
 * everything behind it moves; nor where something moved with the lines that is no number of a line (one that is computed
 * with, or spelled out in a string). There neutral's answer stands, because the code it compared is equal byte for byte.
 *
 * In:  the verdicts of both ways over the same original pieces, unchanged.
 * Out: neutral's verdicts, with what only mask can add (that line numbers differ) and what mask objects to.
 */
import type { Piece } from '../pieces/model.ts'
import type { Difference, Judged, UnitVerdicts, Verdict } from './model.ts'

export interface Disagreement {
  readonly name: string
  readonly neutral: Verdict
  readonly mask: Verdict
}

export interface CrossChecked {
  readonly verdicts: UnitVerdicts
  readonly disagreements: readonly Disagreement[]
}

/** `isBlind` tells of what mask judged that the shifted compile could not explain a difference in it. */
export function crossCheck(
  neutral: UnitVerdicts,
  mask: UnitVerdicts,
  isBlind: (judged: Judged) => boolean = () => false,
): CrossChecked {
  const disagreements: Disagreement[] = []
  const check = (ours: readonly Judged[], theirs: readonly Judged[]): readonly Judged[] => {
    const byKey = new Map(theirs.map(judged => [keyOf(judged), judged]))
    return ours.map(judged => {
      const other = byKey.get(keyOf(judged))
      if (other === undefined) return judged
      const verdict = agreed(judged.verdict, other.verdict, () => isBlind(other))
      if (verdict !== undefined) return { ...judged, verdict }
      disagreements.push({ name: judged.name, neutral: judged.verdict, mask: other.verdict })
      return { ...judged, verdict: disagreement(judged.verdict, other.verdict) }
    })
  }
  const verdicts: UnitVerdicts = {
    ...neutral,
    functions: check(neutral.functions, mask.functions),
    data: check(neutral.data, mask.data),
    unnamed: check(neutral.unnamed, mask.unnamed),
  }
  return { verdicts, disagreements }
}

/** What both say together; undefined where they contradict each other. */
function agreed(neutral: Verdict, mask: Verdict, isBlind: () => boolean): Verdict | undefined {
  if (neutral.kind === mask.kind) return neutral
  if (neutral.kind === 'same' && mask.kind === 'line-only') return mask
  if (neutral.kind === 'same' && mask.kind === 'changed' && (isAboutLength(mask.because) || isBlind()))
    return { kind: 'line-only', sites: 1 }
  return undefined
}

/** Whether the first difference is one of length, behind which mask sees nothing. */
function isAboutLength(difference: Difference): boolean {
  if (difference.what === 'size') return true
  return difference.what === 'part' && typeof difference.difference === 'object' && isAboutLength(difference.difference)
}

function disagreement(neutral: Verdict, mask: Verdict): Verdict {
  if (neutral.kind === 'new' || neutral.kind === 'gone') return neutral
  return { kind: 'changed', because: { what: 'disagreement', neutral, mask } }
}

/** Both ways share the original's pieces; what is new has only its name. */
function keyOf({ original, name }: Judged): string {
  const id: Piece<'original'>['id'] | undefined = original?.id
  return id === undefined ? `new ${name}` : `${id}`
}
