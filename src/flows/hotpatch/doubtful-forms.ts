/**
 * What in a unit may be another form of a variable than its name says (`correlate/forms.ts`), and matters: a byte does
 * only where something that uses it is not the same any more, since the same code takes it for what it was.
 */
import type { Side } from '../../base/side.ts'
import type { UnitVerdicts } from '../../compare/model.ts'
import { isByte, type MaybeForms, maybeForms } from '../../correlate/forms.ts'
import { through } from '../../correlate/through.ts'
import type { PieceMap } from '../../pieces/model.ts'
import { partOf } from '../../pieces/names.ts'

export function doubtfulForms({ correlation, functions }: UnitVerdicts): MaybeForms {
  const { original, patched } = correlation
  const [before, after] = [maybeForms(original), maybeForms(patched)]
  if (before.length + after.length === 0) return { original: new Set(), patched: new Set() }
  const same = new Set(functions.flatMap(({ name, verdict }) => (verdict.kind === 'same' ? [name] : [])))
  const other = new Set(functions.flatMap(({ name, verdict }) => (verdict.kind === 'same' ? [] : [name])))
  const isSame = (user: string) => same.has(user) && !other.has(user)
  const [atStake, nowAtStake] = [usedByOthers(original, isSame), usedByOthers(patched, isSame)]
  const bytes = new Set([...before, ...after].filter(isByte).map(({ name }) => name))
  const inQuestion = new Set([...bytes].filter(name => atStake.has(name) || nowAtStake.has(name)))
  const names = (pieces: typeof before | typeof after) =>
    new Set(pieces.filter(piece => !isByte(piece) || inQuestion.has(piece.name)).map(({ name }) => name))
  return { original: names(before), patched: names(after) }
}

/** Names of what is referred to by anything else than the functions, and their parts, that are the same. */
function usedByOthers<S extends Side>(map: PieceMap<S>, isSame: (user: string) => boolean): ReadonlySet<string> {
  const used = new Set<string>()
  for (const { kind, name, references } of map.pieces) {
    if (kind === 'function' && isSame(partOf(name) ?? name)) continue
    for (const reference of references) {
      const target = through(map, reference.target)
      const piece = target.to === 'piece' ? map.pieces[target.piece] : undefined
      if (piece !== undefined) used.add(piece.name)
    }
  }
  return used
}
