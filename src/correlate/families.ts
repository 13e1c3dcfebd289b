/**
 * Variables that their names do not tell apart: static locals, whose numbers mean nothing, and whatever else stands twice
 * under one local name (assembly, `_entry` of each message that a kernel may print, objects that were linked into one).
 * Those of one name are a family. Which of them is which, only their use tells.
 */
import type { Side } from '../base/side.ts'
import type { PieceId, PieceMap } from '../pieces/model.ts'
import { isCompilerMade, staticFamily } from '../pieces/names.ts'
import { isStaticLocal } from '../pieces/static-locals.ts'

/** By variable, what it is one of. */
export type Families<S extends Side> = ReadonlyMap<PieceId<S>, string>

/** Local names, with the file that they are local to, under which either object has two variables. */
export function namesInQuestion(...maps: readonly PieceMap<Side>[]): ReadonlySet<string> {
  const several = new Set<string>()
  for (const map of maps) {
    const seen = new Set<string>()
    for (const name of localVariables(map).values()) (seen.has(name) ? several : seen).add(name)
  }
  return several
}

/** The variables of one object that have a family. */
export function familiesIn<S extends Side>(map: PieceMap<S>, inQuestion: ReadonlySet<string>): Families<S> {
  const families = new Map<PieceId<S>, string>()
  for (const piece of map.pieces) {
    if (isStaticLocal(piece)) families.set(piece.id, staticFamily(piece.name) ?? piece.name)
  }
  if (inQuestion.size === 0) return families
  for (const [id, name] of localVariables(map)) if (inQuestion.has(name) && !families.has(id)) families.set(id, name)
  return families
}

function localVariables<S extends Side>(map: PieceMap<S>): ReadonlyMap<PieceId<S>, string> {
  const names = new Map<PieceId<S>, string>()
  let files: readonly number[] | undefined
  for (const { id, kind, local, name, symbols } of map.pieces) {
    const [first] = symbols
    if (kind !== 'data' || !local || first === undefined || isCompilerMade(name)) continue
    files ??= fileOfSymbols(map)
    names.set(id, `${files[first]}#${name}`)
  }
  return names
}

/**
 * For each symbol, the number of the FILE symbol it stands under (gABI, "Symbol Table": a file's symbols follow it).
 * One for most objects; a partly linked one has many, with locals of equal names. The number serves and not the name,
 * because objcopy may have renamed the file in one of the two objects.
 */
export function fileOfSymbols<S extends Side>(map: PieceMap<S>): readonly number[] {
  let file = 0
  return map.object.symbols.map(symbol => {
    if (symbol.kind === 'file') file++
    return file
  })
}
