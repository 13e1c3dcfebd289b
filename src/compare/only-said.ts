/**
 * Boot code of which only what it printed is another: the same instructions, and messages that a function takes which prints
 * them and keeps nothing. It has run, and printed the old message; nothing that lasts is missed, so nobody has to say
 * that it may be left out.
 *
 * Worse mistake: to leave out what would have set something. Whatever is not seen to be such a message counts as that.
 */
import type { Side } from '../base/side.ts'
import type { Loader } from '../loaders/loader.ts'
import { machineOf } from '../machines/machines.ts'
import type { Piece, PieceId, PieceMap, Reference } from '../pieces/model.ts'
import { sectionClassOf } from '../pieces/section-facts.ts'
import { isSameBut } from './compare.ts'
import type { ReferencePair } from './content.ts'
import type { Judged, UnitVerdicts } from './model.ts'

type Facts = Pick<Loader, 'prints' | 'startMemory'>

/** The changed functions that are such code. */
export function onlySaid(verdicts: UnitVerdicts, loader: Facts): ReadonlySet<PieceId<'patched'>> {
  const found = verdicts.functions.filter(
    judged => loader.startMemory === 'freed' && isOnlySaid(verdicts, judged, loader),
  )
  return new Set(found.flatMap(({ patched }) => (patched === undefined ? [] : [patched.id])))
}

function isOnlySaid({ correlation }: UnitVerdicts, judged: Judged, { prints }: Facts): boolean {
  const { original, patched } = correlation
  if (judged.verdict.kind !== 'changed' || judged.original === undefined || judged.patched === undefined) return false
  const classes = [sectionClassOf(original, judged.original), sectionClassOf(patched, judged.patched)]
  if (classes.some(each => each !== 'init-code')) return false
  const isMessage = ({ original: from, before, patched: to, after }: ReferencePair) =>
    isPrinted(original, from, before, prints) && isPrinted(patched, to, after, prints)
  return isSameBut(correlation, judged, isMessage)
}

/** Whether it leads to a string, which code hands to what prints it, and to nothing else. */
function isPrinted<S extends Side>(
  map: PieceMap<S>,
  piece: Piece<S>,
  { target, offset }: Reference<S>,
  prints: ReadonlySet<string>,
): boolean {
  const text = target.to === 'piece' ? map.pieces[target.piece] : undefined
  const section = map.object.sections[piece.section]
  if (text?.kind !== 'string' || piece.kind !== 'function' || section === undefined) return false
  const { code } = machineOf(map.object.header.machine)
  const call = code?.takenByCall?.(section.bytes.subarray(piece.offset, piece.offset + piece.size), offset)
  const callee = piece.references.find(reference => reference.offset === call)?.target
  if (code === undefined || callee?.to !== 'external' || !prints.has(callee.name)) return false
  // The function's start, not what lies behind it.
  return callee.delta === -BigInt(code.fieldBias.plain)
}
