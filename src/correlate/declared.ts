/**
 * Static variables of one name, told apart by the text: by the lines on which they are declared and used, as the debug
 * information of both objects has them, and the patch's line map.
 *
 * What counts is a line that the patch leaves alone and that uses the variable before and after. A declaration that stays
 * tells less: of two blocks that change places, or one that comes before another, a difference of texts often leaves
 * `static int count;` to the wrong one. It serves for the last variable of a name, when all others are found.
 *
 * Worse mistake: to take one for the other. What two declarations could be, or uses speak against, is left alone.
 */
import type { Side } from '../base/side.ts'
import { inlinedCalls, type Place, readLineSequences, rowAt, staticPlaces } from '../dwarf/index.ts'
import type { PieceId, PieceMap } from '../pieces/model.ts'
import { staticFamily } from '../pieces/names.ts'
import { isStaticLocal } from '../pieces/static-locals.ts'
import { through } from './through.ts'

export interface DeclaredStatic {
  readonly symbol: string
  readonly declared: Place
  /** Lines whose code refers to it. */
  readonly uses: readonly Use[]
}

export interface Use extends Place {
  /** By which the line came where it is, the innermost first: `test_and_set_bool(warned)` is the same line for each `warned`. */
  readonly calls: readonly Place[]
}

/** Of an object with debug information. */
export function declaredStatics<S extends Side>(map: PieceMap<S>): readonly DeclaredStatic[] {
  const places = staticPlaces(map.object)
  const uses = usesIn(map)
  return map.pieces.flatMap((piece): readonly DeclaredStatic[] => {
    const declared = isStaticLocal(piece) ? places(piece.section, piece.offset) : undefined
    // What is only a part of a variable, or made of it, is told by that (`forms.ts`).
    if (declared === undefined || declared.form !== '') return []
    return [{ symbol: piece.name, declared: declared.declared, uses: uses.get(piece.id) ?? [] }]
  })
}

function usesIn<S extends Side>(map: PieceMap<S>): ReadonlyMap<PieceId<S>, readonly Use[]> {
  const sequences = readLineSequences(map.object)
  const callsAt = inlinedCalls(map.object)
  const uses = new Map<PieceId<S>, Use[]>()
  for (const { kind, section, offset, references } of map.pieces) {
    if (kind !== 'function') continue
    for (const reference of references) {
      const target = through(map, reference.target)
      const piece = target.to === 'piece' ? map.pieces[target.piece] : undefined
      if (piece === undefined || !isStaticLocal(piece)) continue
      const at = offset + reference.offset
      const sequence = sequences.find(each => each.section === section && at >= each.from && at < each.end)
      const row = sequence === undefined ? undefined : rowAt(sequence, at)
      if (row === undefined) continue
      uses.set(piece.id, [...(uses.get(piece.id) ?? []), { ...row, calls: callsAt(section, at) }])
    }
  }
  return uses
}

/** Whether what stands on the one line stood on the other. */
export type SameLine = (before: Place, after: Place) => boolean

/** By name in the original object, the name in the patched one of the same variable. */
export function toldByLines(
  original: readonly DeclaredStatic[],
  patched: readonly DeclaredStatic[],
  isSame: SameLine,
): ReadonlyMap<string, string> {
  const families = new Set(original.map(familyOf))
  return new Map([...families].flatMap(family => [...toldIn(only(original, family), only(patched, family), isSame)]))
}

const familyOf = ({ symbol }: DeclaredStatic) => staticFamily(symbol) ?? symbol
const only = (all: readonly DeclaredStatic[], family: string) => all.filter(each => familyOf(each) === family)

/**
 * A use in common is not enough: where an inner variable hides an outer one, and comes or goes, the uses of the one become
 * the other's. All must be in common, or the declaration too.
 */
function areOne(a: DeclaredStatic, b: DeclaredStatic, isSame: SameLine): boolean {
  const hasAll = (uses: readonly Use[], others: readonly Use[], same: SameLine) =>
    uses.every(use => others.some(other => isSameUse(use, other, same)))
  const isWhole = hasAll(a.uses, b.uses, isSame) && hasAll(b.uses, a.uses, (after, before) => isSame(before, after))
  return isWhole || isSame(a.declared, b.declared)
}

function isSameUse(a: Use, b: Use, isSame: SameLine): boolean {
  if (!isSame(a, b) || a.calls.length !== b.calls.length) return false
  return a.calls.every((call, at) => isSame(call, b.calls[at] ?? NOWHERE))
}

const NOWHERE: Place = { file: '', line: 0 }

function toldIn(
  original: readonly DeclaredStatic[],
  patched: readonly DeclaredStatic[],
  isSame: SameLine,
): ReadonlyMap<string, string> {
  const told = new Map<string, string>()
  const share = (a: DeclaredStatic, b: DeclaredStatic) =>
    a.uses.some(use => b.uses.some(other => isSameUse(use, other, isSame)))
  for (const a of original) {
    const [b, ...more] = patched.filter(each => share(a, each))
    if (b === undefined || more.length > 0 || !areOne(a, b, isSame)) continue
    if (original.every(each => each === a || !share(each, b))) told.set(a.symbol, b.symbol)
  }
  const found = new Set(told.values())
  const left = [
    original.filter(({ symbol }) => !told.has(symbol)),
    patched.filter(({ symbol }) => !found.has(symbol)),
  ] as const
  const [[a, ...others], [b, ...more]] = left
  if (a === undefined || b === undefined || others.length + more.length > 0) return told
  const isDoubtful = patched.some(each => share(a, each)) || original.some(each => share(each, b))
  if (isSame(a.declared, b.declared) && !isDoubtful) told.set(a.symbol, b.symbol)
  return told
}
