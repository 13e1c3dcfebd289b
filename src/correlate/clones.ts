/**
 * What the compiler made of functions: clones and parts (`f.constprop.5`, `f.part.0`, `f.isra.1`, `f.cold.7`). GCC up to 8
 * numbers them by one counter for the whole unit, so that a clone more in one function gives those of all others new
 * numbers, and one of them the name that another had.
 *
 * So the numbers are taken for an order: where there are as many of one function and kind as before, the first is the
 * first. Where not, names are all there is, and the general rule asks those. A pair that does not fit does no harm:
 * who calls the clone is compared through the pair, and stays only if it calls this very one in both objects.
 */
import type { Side } from '../base/side.ts'
import type { Piece, PieceMap } from '../pieces/model.ts'
import { isClone } from '../pieces/names.ts'
import { fileOfSymbols } from './families.ts'
import type { Pairing } from './pairing.ts'

export function byCloneOrder(pairing: Pairing): number {
  let made = 0
  const patched = clones(pairing.patched)
  for (const [key, originals] of clones(pairing.original)) {
    const successors = patched.get(key) ?? []
    if (originals.length !== successors.length) continue
    originals.forEach((original, index) => {
      const successor = successors[index]
      if (successor !== undefined && pairing.pair(original, successor, 'clone')) made++
    })
  }
  return made
}

const NUMBER = /\.\d+(?=\.|$)/g

/** By name without numbers, those of one file in the order of their numbers. */
function clones<S extends Side>(map: PieceMap<S>): ReadonlyMap<string, readonly Piece<S>[]> {
  const found = new Map<string, Piece<S>[]>()
  const ofClones = map.pieces.filter(({ kind, local, name }) => kind === 'function' && local && isClone(name))
  if (ofClones.length === 0) return found
  const files = fileOfSymbols(map)
  for (const piece of ofClones) {
    const key = `${files[piece.symbols[0] ?? 0]}#${piece.name.replaceAll(NUMBER, '')}`
    found.set(key, [...(found.get(key) ?? []), piece])
  }
  for (const pieces of found.values()) if (pieces.length > 1) pieces.sort((a, b) => byNumbers(a.name, b.name))
  return found
}

function byNumbers(a: string, b: string): number {
  const [before, after] = [a, b].map(name => (name.match(NUMBER) ?? []).map(each => Number(each.slice(1))))
  for (const [index, number] of (before ?? []).entries()) {
    const difference = number - (after?.[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
