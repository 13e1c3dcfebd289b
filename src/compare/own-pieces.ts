import type { PieceId } from '../pieces/model.ts'
import type { Judged, UnitVerdicts } from './model.ts'

/** The original's pieces that a verdict is about: a function's code, parts and special entries. */
export function ownPieces({ correlation, parts }: UnitVerdicts, { original, patched }: Judged): PieceId<'original'>[] {
  const successors = patched === undefined ? [] : (parts.get(patched.id) ?? [])
  const own = [original?.id, ...successors.map(part => correlation.toOriginal.get(part.id))].filter(
    id => id !== undefined,
  )
  return [...own, ...own.flatMap(id => correlation.original.entriesOf.get(id) ?? [])]
}

/** The original's pieces that functions reach and share: data, strings, tables, fixup code. */
export function sharedPieces({ correlation }: UnitVerdicts): PieceId<'original'>[] {
  return correlation.original.pieces.filter(({ kind }) => kind !== 'function' && kind !== 'entry').map(({ id }) => id)
}
