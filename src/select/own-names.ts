/** Names that the patch's own new functions and data have, by which its units find one another. */
import type { Side } from '../base/side.ts'
import type { Piece, PieceMap } from '../pieces/model.ts'
import type { PieceAddress, SelectRules, UnitInput } from './model.ts'

/** Global names that only the patched objects have: of what is new, and of what was local to its file before. */
export function newGlobals(units: readonly UnitInput[]): ReadonlyMap<string, PieceAddress> {
  const globals = new Map<string, PieceAddress>()
  units.forEach(({ verdicts, untaken }, unit) => {
    const { original, patched: map, toOriginal } = verdicts.correlation
    for (const { patched } of [...verdicts.functions, ...verdicts.data]) {
      if (patched === undefined || patched.local) continue
      const before = globalNames(original, original.pieces[toOriginal.get(patched.id) ?? -1])
      for (const name of globalNames(map, patched)) {
        if (!before.has(name) && untaken?.has(name) !== true) globals.set(name, { unit, piece: patched.id })
      }
    }
  })
  return globals
}

/** What is static in its file, by the name that it would have in the running system: C cannot spell that by accident. */
export function newLocals(units: readonly UnitInput[], { target }: SelectRules): ReadonlyMap<string, PieceAddress> {
  const locals = new Map<string, PieceAddress>()
  units.forEach(({ verdicts, fileSymbol }, unit) => {
    for (const { verdict, patched } of [...verdicts.functions, ...verdicts.data]) {
      if (verdict.kind !== 'new' || patched?.local !== true) continue
      const name = target.loader.runningName(fileSymbol, patched.name, true)
      if (name !== patched.name) locals.set(name, { unit, piece: patched.id })
    }
  })
  return locals
}

function globalNames<S extends Side>(map: PieceMap<S>, piece: Piece<S> | undefined): ReadonlySet<string> {
  const symbols = (piece?.symbols ?? []).map(id => map.object.symbols[id])
  return new Set(symbols.flatMap(symbol => (symbol === undefined || symbol.binding === 'local' ? [] : [symbol.name])))
}
