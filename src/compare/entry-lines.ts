/**
 * Line numbers that entries of special sections hold where their layout says so (a bug of Linux: u16 behind its two pointers).
 * That is knowledge of the system, not of this object: it is for two objects without a shifted one, which would tell all.
 */
import type { PieceId, PieceMap } from '../pieces/model.ts'
import { bytesOf } from './content.ts'
import { lineIn } from './fields.ts'
import type { LineSite } from './model.ts'
import type { LineSites } from './sites.ts'

export function linesInEntries(map: PieceMap<'original'>): LineSites {
  const byPiece = new Map<PieceId<'original'>, readonly LineSite[]>()
  for (const piece of map.pieces) {
    const field = piece.kind === 'entry' ? map.sections[piece.section]?.layout?.lineAt : undefined
    if (field === undefined) continue
    const line = lineIn(bytesOf(map, piece), field)
    byPiece.set(piece.id, [{ piece: piece.id, in: 'data', ...field, file: fileOf(map, piece), line }])
  }
  return { byPiece, unexplained: [] }
}

/** Who the lines are of, as a key: the text that the entry's second reference leads to. */
function fileOf(map: PieceMap<'original'>, { references }: PieceMap<'original'>['pieces'][number]): string {
  const target = references[1]?.target
  const text = target?.to === 'piece' ? map.pieces[target.piece] : undefined
  return text === undefined ? '' : Buffer.from(bytesOf(map, text)).toString('latin1')
}
