/** What hooks lead to, be it through functions and tables of the payload. */
import type { Piece } from '../pieces/model.ts'
import type { PieceAddress, SelectedPiece } from './model.ts'

export interface HooksReach {
  /** Names of the running system, and of the payload's own where `nameOf` has one. */
  readonly names: ReadonlySet<string>
  /** Pieces of the payload that hooks come by. */
  readonly within: ReadonlySet<Piece<'patched'>>
}

export function reachedByHooks(
  pieces: readonly SelectedPiece[],
  nameOf: (address: PieceAddress) => string | undefined = () => undefined,
): HooksReach {
  const byKey = new Map(pieces.map(each => [keyOf(each.address), each]))
  const within = new Set<Piece<'patched'>>()
  const names = new Set<string>()
  const work = pieces.filter(({ role }) => role === 'hook')
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    if (within.has(next.piece)) continue
    within.add(next.piece)
    for (const { link } of next.references) {
      const name = link.to === 'running' ? link.name : link.to === 'payload' ? nameOf(link.target) : undefined
      if (name !== undefined) names.add(name)
      const target = link.to === 'payload' ? byKey.get(keyOf(link.target)) : undefined
      // What replaces a function of the running system does not run for the hook alone.
      if (target !== undefined && target.role !== 'replacement') work.push(target)
    }
  }
  return { names, within }
}

const keyOf = ({ unit, piece }: PieceAddress): string => `${unit} ${piece}`
