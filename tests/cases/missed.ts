/**
 * What binutils' text says of two objects that ours does not. Ours may call more changed, never less.
 *
 * The text spells a constant by its content, so that whoever uses one that changed is another text. Ours says that of the
 * constant. Only that excuses a function, and only one that uses it: a change elsewhere in the unit is no excuse.
 */
import type { UnitVerdicts } from '../../src/compare/compare.ts'
import type { Piece } from '../../src/pieces/model.ts'
import type { ObjectText } from '../xen/oracle/functions.ts'

/** Names of functions and data that differ as binutils has them, and do not as ours has them. */
export function missedDifferences(verdicts: UnitVerdicts, before: ObjectText, after: ObjectText): readonly string[] {
  const functions = namesOfDifferent(verdicts, verdicts.functions)
  const data = namesOfDifferent(verdicts, verdicts.data)
  const missedFunctions = differing(before.functions, after.functions).filter(name => !functions.has(name))
  const missedData = differing(before.data, after.data).filter(name => !data.has(familyOf(name)) && !MADE.test(name))
  return [...missedFunctions.filter(name => !usesChangedData(verdicts, name)), ...missedData]
}

/** A table that gcc made of a switch is content of its function, whose text spells it. */
const MADE = /^CSWTCH\b/

/** Aliases included. */
function namesOfDifferent({ correlation }: UnitVerdicts, judged: UnitVerdicts['functions']): ReadonlySet<string> {
  const { symbols } = correlation.patched.object
  return new Set(
    judged
      .filter(({ verdict }) => verdict.kind !== 'same')
      .flatMap(({ name, patched: piece }) => [name, ...(piece?.symbols ?? []).map(id => symbols[id]?.name ?? '')])
      .map(familyOf),
  )
}

function usesChangedData({ data, correlation }: UnitVerdicts, name: string): boolean {
  const { pieces } = correlation.patched
  const changed = new Set(data.flatMap(({ verdict, patched }) => (verdict.kind === 'changed' ? [patched?.id] : [])))
  const seen = new Set<Piece<'patched'>>()
  const uses = (piece: Piece<'patched'>): boolean => {
    if (seen.has(piece)) return false
    seen.add(piece)
    return piece.references.some(({ target }) => {
      const reached = target.to === 'piece' ? pieces[target.piece] : undefined
      if (reached === undefined || reached.kind === 'function') return false
      return changed.has(reached.id) || uses(reached)
    })
  }
  return pieces.some(piece => piece.kind === 'function' && familyOf(piece.name) === name && uses(piece))
}

const familyOf = (name: string) => name.replace(/[. ].*/, '')

function differing(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter(name => before.get(name) !== after.get(name))
}
