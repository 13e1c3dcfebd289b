/** Pairs as they are being made, and what every rule asks about static locals. */
import type { Side } from '../base/side.ts'
import type { Piece, PieceId, PieceMap } from '../pieces/model.ts'
import { sourceName } from '../pieces/names.ts'
import { type Families, familiesIn, namesInQuestion } from './families.ts'
import type { FormEvidence, Pair, RuleName } from './model.ts'
import { isEntry, through } from './through.ts'

/** Pairs made so far, and how to make one. A pair once made stays. */
export class Pairing {
  readonly original: PieceMap<'original'>
  readonly patched: PieceMap<'patched'>
  readonly pairs: Pair[] = []
  readonly toPatched = new Map<PieceId<'original'>, PieceId<'patched'>>()
  readonly toOriginal = new Map<PieceId<'patched'>, PieceId<'original'>>()
  /** The variables that a name does not tell apart, each with what it is one of. */
  readonly originalFamilies: Families<'original'>
  readonly patchedFamilies: Families<'patched'>
  /** Who uses each of those, by name in the source. */
  readonly originalUsers: ReadonlyMap<PieceId<'original'>, ReadonlySet<string>>
  readonly patchedUsers: ReadonlyMap<PieceId<'patched'>, ReadonlySet<string>>

  readonly #forms: FormEvidence | undefined

  constructor(original: PieceMap<'original'>, patched: PieceMap<'patched'>, forms?: FormEvidence) {
    this.#forms = forms
    this.original = original
    this.patched = patched
    const inQuestion = namesInQuestion(original, patched)
    this.originalFamilies = familiesIn(original, inQuestion)
    this.patchedFamilies = familiesIn(patched, inQuestion)
    this.originalUsers = usersOfVariables(original, this.originalFamilies)
    this.patchedUsers = usersOfVariables(patched, this.patchedFamilies)
  }

  /** Pairs the two unless either has a partner; answers whether it did. */
  pair(original: Piece<'original'>, patched: Piece<'patched'>, rule: RuleName): boolean {
    if (this.toPatched.has(original.id) || this.toOriginal.has(patched.id)) return false
    if (this.#areOtherForms(original, patched)) return false
    this.toPatched.set(original.id, patched.id)
    this.toOriginal.set(patched.id, original.id)
    this.pairs.push({ original: original.id, patched: patched.id, rule })
    return true
  }

  /** Whether they are of one name, and not of one variable, or not the same of it. */
  #areOtherForms({ kind, name }: Piece<'original'>, patched: Piece<'patched'>): boolean {
    const forms = this.#forms
    if (forms === undefined || kind !== 'data') return false
    if (!forms.original.has(name) && !forms.patched.has(patched.name)) return false
    return forms.pairs.get(name) !== patched.name
  }

  isFree(piece: Piece<'original'>): boolean {
    return !this.toPatched.has(piece.id)
  }

  isFreePatched(piece: Piece<'patched'>): boolean {
    return !this.toOriginal.has(piece.id)
  }
}

/** For each variable that has a family, the names in the source of the functions and variables that refer to it. */
function usersOfVariables<S extends Side>(
  map: PieceMap<S>,
  families: Families<S>,
): ReadonlyMap<PieceId<S>, ReadonlySet<string>> {
  const users = new Map<PieceId<S>, Set<string>>()
  if (families.size === 0) return users
  for (const piece of map.pieces) {
    if (isEntry(map, piece)) continue
    for (const reference of piece.references) {
      const target = through(map, reference.target)
      if (target.to !== 'piece' || !families.has(target.piece)) continue
      const name = `${sourceName(piece.name)}`
      const present = users.get(target.piece)
      if (present === undefined) users.set(target.piece, new Set([name]))
      else present.add(name)
    }
  }
  return users
}
