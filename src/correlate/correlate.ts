/**
 * Pairs each named piece of the original object with its successor in the patched object.
 *
 * Names are not enough. The compiler numbers static locals (`count.12` may become `count.14`, while another variable
 * becomes `count.12`; clang's `f.count` may have been `f.count.1`). So we ask a list of rules, strictest evidence first,
 * and go round until none finds anything. A rule pairs two pieces only if, by its evidence, each is the other's sole
 * candidate; what several could be stays alone and is reported.
 *
 * For functions any pairing is sound: a kept function's calls are compared through the pairs, so whoever calls a
 * function under a pair that does not fit is itself changed and calls the new code. For writable data a wrong pair
 * corrupts state: patched code uses somebody else's variable. So variables are never paired by position or by
 * content, nor by a number that the compiler gave; a missed pair costs a refusal.
 *
 * Strings, jump tables, compiler-made constants and other unnamed pieces are not paired at all: they are compared by
 * content where something reaches them.
 *
 * In:  two piece maps, unchanged.
 * Out: the pairs with the rule behind each, and the static locals left ambiguous.
 */
import type { PieceMap } from '../pieces/model.ts'
import { byCloneOrder } from './clones.ts'
import { equalFunctions, unusedByCode } from './equal-names.ts'
import { heldLiterals } from './held-literals.ts'
import { pairIdentical } from './identical.ts'
import type { Ambiguity, Correlation, TextEvidence } from './model.ts'
import { Pairing } from './pairing.ts'
import {
  byChangedBinding,
  byDeclaration,
  byForm,
  byName,
  candidatesLeft,
  lastOfName,
  onlyInFunction,
  onlyInText,
  onlyOfName,
  otherForms,
  samePlace,
} from './rules.ts'
import { sameContent } from './same-content.ts'

export type { Ambiguity, Correlation, Pair, RuleName, TextEvidence } from './model.ts'

/** Whether something with a name has no successor yet. */
const isLeft = (pairing: Pairing): boolean =>
  pairing.original.pieces.some(piece => (piece.kind === 'function' || piece.kind === 'data') && pairing.isFree(piece))

/** Pairs the pieces of one unit's two objects. */
export function correlate(
  original: PieceMap<'original'>,
  patched: PieceMap<'patched'>,
  { sole, declared, forms }: TextEvidence = {},
): Correlation {
  const pairing = new Pairing(original, patched, forms)
  if (forms !== undefined) byForm(pairing, forms)
  byCloneOrder(pairing)
  byName(pairing)
  byChangedBinding(pairing)
  equalFunctions(pairing)
  sameContent(pairing)
  if (pairing.originalFamilies.size > 0 && pairing.patchedFamilies.size > 0) {
    unusedByCode(pairing)
    const rounds = [samePlace, onlyOfName, onlyInFunction, lastOfName]
    // To a fixed point: each pair can make another rule's evidence unambiguous.
    while (rounds.some(rule => rule(pairing) > 0));
    if (sole !== undefined) onlyInText(pairing, sole)
    // Last: whoever is left alone then has a declaration that came or went, and is nobody's successor.
    if (declared !== undefined) byDeclaration(pairing, declared)
  }
  if (candidatesLeft(pairing).length > 0 || isLeft(pairing)) pairIdentical(pairing)
  heldLiterals(pairing)
  const ambiguities: Ambiguity[] = [...otherForms(pairing, forms), ...candidatesLeft(pairing)]
  const { pairs, toPatched, toOriginal } = pairing
  return { original, patched, pairs, toPatched, toOriginal, ambiguities }
}
