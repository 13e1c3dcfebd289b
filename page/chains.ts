/** Why something is in the payload: the links from the change that began it to the thing itself. */
import type { Entry, IncludedPiece, RunReport } from '../src/report/model.ts'

export interface Link {
  readonly piece: IncludedPiece
  readonly at: number
}

/** Of each of the entry's pieces that something else needed, or that is the change itself; the change first. */
export function chainsOf({ pieces }: RunReport, { unit, symbols }: Entry): readonly (readonly Link[])[] {
  const names = new Set(symbols)
  return pieces.flatMap((piece, at) => {
    if (piece.unit !== unit || !names.has(piece.name) || piece.role === 'part') return []
    return [chainTo(pieces, at)]
  })
}

function chainTo(pieces: readonly IncludedPiece[], from: number): readonly Link[] {
  const links: Link[] = []
  const seen = new Set<number>()
  for (let at: number | null = from; at !== null && !seen.has(at); ) {
    seen.add(at)
    const piece: IncludedPiece | undefined = pieces[at]
    if (piece === undefined) break
    links.unshift({ piece, at })
    at = piece.because
  }
  return links
}

/** What the entry's pieces needed, directly. */
export function broughtBy({ pieces }: RunReport, { unit, symbols }: Entry): readonly IncludedPiece[] {
  const names = new Set(symbols)
  const own = new Set(pieces.flatMap((piece, at) => (piece.unit === unit && names.has(piece.name) ? [at] : [])))
  return pieces.filter((piece, at) => piece.because !== null && own.has(piece.because) && !own.has(at))
}
