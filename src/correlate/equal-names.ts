/**
 * What stands several times under one local name, paired in turn: the first of a section's with the first, where there are
 * as many as before.
 *
 * Worse mistake: to pair two variables that are not the same one. So variables are paired in turn only where nothing that
 * has a name of its own refers to one of that name in either object, and new code can use none by mistake: messages of a
 * kernel's index, entries of a set. For functions any pairing is sound (`correlate.ts`).
 */
import type { Side } from '../base/side.ts'
import type { Piece, PieceMap } from '../pieces/model.ts'
import { type Families, fileOfSymbols } from './families.ts'
import type { Pairing } from './pairing.ts'
import { isEntry, through } from './through.ts'

/** Static functions of one name, which assembly may have, and whoever links objects into one. */
export function equalFunctions(pairing: Pairing): number {
  const isOne = (piece: Piece<Side>) => piece.kind === 'function' && piece.local
  return inTurn(pairing, {
    before: keyed(pairing.original, isOne, ({ id, name }, file) =>
      pairing.toPatched.has(id) ? undefined : `${file}#${name}`,
    ),
    after: keyed(pairing.patched, isOne, ({ id, name }, file) =>
      pairing.toOriginal.has(id) ? undefined : `${file}#${name}`,
    ),
  })
}

/** Variables of one name that nothing refers to but others like them. */
export function unusedByCode(pairing: Pairing): number {
  const { original, patched, originalFamilies, patchedFamilies } = pairing
  const used = new Set([...usedFamilies(original, originalFamilies), ...usedFamilies(patched, patchedFamilies)])
  const familyOf = (family: string | undefined) => (family === undefined || used.has(family) ? undefined : family)
  const isOne = (piece: Piece<Side>) => piece.kind === 'data'
  return inTurn(pairing, {
    before: keyed(original, isOne, ({ id }) => familyOf(originalFamilies.get(id))),
    after: keyed(patched, isOne, ({ id }) => familyOf(patchedFamilies.get(id))),
  })
}

/**
 * The families of which something refers to one that is told by its own name, so that code may get there. What only
 * members of others refer to is used if those are.
 */
function usedFamilies<S extends Side>(map: PieceMap<S>, families: Families<S>): ReadonlySet<string> {
  const leads = new Map<string, Set<string>>()
  const used = new Set<string>()
  for (const piece of map.pieces) {
    const { id, references } = piece
    if (isEntry(map, piece)) continue
    const from = families.get(id)
    for (const reference of references) {
      const target = through(map, reference.target)
      const to = target.to === 'piece' ? families.get(target.piece) : undefined
      if (to === undefined) continue
      if (from === undefined) used.add(to)
      else leads.set(from, (leads.get(from) ?? new Set()).add(to))
    }
  }
  // A set that grows while it is gone through yields what is added too.
  for (const family of used) for (const to of leads.get(family) ?? []) used.add(to)
  return used
}

type Keyed<S extends Side> = ReadonlyMap<string, readonly Piece<S>[]>

function inTurn(
  pairing: Pairing,
  { before, after }: { readonly before: Keyed<'original'>; readonly after: Keyed<'patched'> },
): number {
  let made = 0
  for (const [key, originals] of before) {
    const successors = after.get(key) ?? []
    if (originals.length !== successors.length) continue
    originals.forEach((original, index) => {
      const successor = successors[index]
      if (successor !== undefined && pairing.pair(original, successor, 'in-turn')) made++
    })
  }
  return made
}

/** Pieces by key and the name of their section, without their own in it, in the order of the object. */
function keyed<S extends Side>(
  map: PieceMap<S>,
  isOne: (piece: Piece<S>) => boolean,
  keyOf: (piece: Piece<S>, file: number) => string | undefined,
): Keyed<S> {
  const files = fileOfSymbols(map)
  const groups = new Map<string, Piece<S>[]>()
  for (const piece of map.pieces) {
    const [first] = piece.symbols
    const key = isOne(piece) && first !== undefined ? keyOf(piece, files[first] ?? 0) : undefined
    if (key === undefined) continue
    const section = map.object.sections[piece.section]?.name ?? ''
    const own = `.${piece.name}`
    const whole = `${key} ${section.endsWith(own) ? section.slice(0, -own.length) : section}`
    groups.set(whole, [...(groups.get(whole) ?? []), piece])
  }
  return groups
}
