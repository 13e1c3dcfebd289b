/**
 * Constants of one name in functions (`static const char *const names[]`), and those that macros number
 * (`__UNIQUE_ID_alias267`), by what they hold. Nobody can have written to them, so two that hold the same are as good as
 * one; a number that the compiler gave tells nothing.
 */
import type { Side } from '../base/side.ts'
import type { Piece, PieceMap } from '../pieces/model.ts'
import { countedBase, staticFamily } from '../pieces/names.ts'
import { isStaticLocal } from '../pieces/static-locals.ts'
import { isWritable } from '../pieces/writable.ts'
import type { Pairing } from './pairing.ts'

/** Pairs each constant with the first of its name and content that is free. */
export function sameContent(pairing: Pairing): number {
  const patched = new Map<string, Piece<'patched'>[]>()
  for (const [key, piece] of constants(pairing.patched)) patched.set(key, [...(patched.get(key) ?? []), piece])
  let made = 0
  for (const [key, original] of constants(pairing.original)) {
    const successor = patched.get(key)?.find(piece => pairing.isFreePatched(piece))
    if (successor !== undefined && pairing.pair(original, successor, 'same-content')) made++
  }
  return made
}

function constants<S extends Side>(map: PieceMap<S>): readonly (readonly [string, Piece<S>])[] {
  return map.pieces.flatMap(piece => {
    const family = isStaticLocal(piece) ? staticFamily(piece.name) : countedBase(piece.name)
    if (family === undefined || piece.kind !== 'data' || !piece.local || isWritable(map, piece)) return []
    const key = contentOf(map, piece)
    return key === undefined ? [] : [[`${family} ${key}`, piece] as const]
  })
}

/** Bytes and what is referred to, in words; undefined where those do not tell it. */
function contentOf<S extends Side>(map: PieceMap<S>, piece: Piece<S>): string | undefined {
  const references = piece.references.map(({ offset, type, target }) => {
    if (target.to === 'external') return `${offset} ${type} ${target.name} ${target.delta}`
    const reached = target.to === 'piece' ? map.pieces[target.piece] : undefined
    if (target.to !== 'piece' || reached?.kind !== 'string' || reached.references.length > 0) return undefined
    return `${offset} ${type} ${bytesOf(map, reached)} ${target.delta}`
  })
  if (references.includes(undefined)) return undefined
  return JSON.stringify([bytesOf(map, piece), references])
}

function bytesOf<S extends Side>(map: PieceMap<S>, { section, offset, size }: Piece<S>): string {
  const bytes = map.object.sections[section]?.bytes.subarray(offset, offset + size) ?? new Uint8Array()
  return Buffer.from(bytes).toString('latin1')
}
