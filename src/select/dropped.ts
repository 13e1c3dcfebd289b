/**
 * What a link has left out of the program (`--gc-sections`, sections of a group that another unit has). A function that
 * changed and is in no program cannot be replaced, and nobody calls it: it is left out here too. What new code needs of it
 * comes along as if it were new, where it is code or constant: such a copy holds nothing.
 *
 * Worse mistake: to call something left out that runs under another name, or in a library. So the program is to have
 * nothing that could be it, and to be linked from the very unit; and a variable is never brought in place of one that is
 * only not found.
 */
import type { Reason } from '../base/refusal.ts'
import type { Judged } from '../compare/model.ts'
import type { Piece, PieceMap } from '../pieces/model.ts'
import { isCompilerMade } from '../pieces/names.ts'
import { isWritable } from '../pieces/writable.ts'
import type { PieceAddress, SelectRules, UnitInput } from './model.ts'
import { type Origin, originOf } from './origins.ts'

type Rules = Pick<SelectRules, 'linked'>

const OTHER_SYSTEM = 'is --symbols of the system that runs, and the tree the one it was built from?'
const LEFT_OUT =
  'if its link left it out, use what the program has: only code and constants that exactly one unit defines can come along; otherwise check --symbols and the tree'

/** For what new code needs and the running system's symbols do not have. */
export const hintOfMissing = ({ linked }: Rules) => (linked === undefined ? OTHER_SYSTEM : LEFT_OUT)

/** Whether the link left the piece out, so that nothing of it runs. */
export function isDropped({ linked }: Rules, origin: Pick<Origin, 'input' | 'piece'> | undefined): boolean {
  return origin !== undefined && linked?.lacks(origin.input, origin.piece) === true && linked.hasUnit(origin.input)
}

/** Whether new code that needs the piece may have a copy of its own. */
export function canComeAlong({ linked }: Rules, { input, piece }: Pick<Origin, 'input' | 'piece'>): boolean {
  if (linked === undefined || isWritable(input.verdicts.correlation.original, piece)) return false
  return linked.lacks(input, piece)
}

/** The globals of all units that the link left out and new code may have a copy of, by name. */
export function leftOutGlobals(units: readonly UnitInput[], rules: Rules): (name: string) => PieceAddress | undefined {
  if (rules.linked === undefined) return () => undefined
  let defined: ReadonlyMap<string, PieceAddress> | undefined
  return name => {
    defined ??= definedGlobals(units)
    const address = defined.get(name)
    const origin = address && originOf(units, address)
    return origin !== undefined && canComeAlong(rules, origin) ? address : undefined
  }
}

/** By name, where its patched piece is; of several units the first. */
function definedGlobals(units: readonly UnitInput[]): ReadonlyMap<string, PieceAddress> {
  const found = new Map<string, PieceAddress>()
  units.forEach(({ verdicts: { functions, data, correlation }, untaken }, unit) => {
    for (const { original, patched } of [...functions, ...data]) {
      if (original === undefined || patched === undefined) continue
      for (const name of globalsOf(correlation.original, original)) {
        if (untaken?.has(name) !== true && !found.has(name)) found.set(name, { unit, piece: patched.id })
      }
    }
  })
  return found
}

function globalsOf({ object }: PieceMap<'original'>, { symbols }: Piece<'original'>): readonly string[] {
  return symbols.flatMap(id => {
    const symbol = object.symbols[id]
    return symbol === undefined || symbol.binding === 'local' ? [] : [symbol.name]
  })
}

/** What changed and is left out, in words. */
export function droppedNotices(units: readonly UnitInput[], rules: Rules): readonly Reason[] {
  if (rules.linked === undefined) return []
  return units.flatMap((input, unit) => {
    const isTold = ({ verdict, patched, name }: Judged) =>
      verdict.kind === 'changed' &&
      patched !== undefined &&
      !isCompilerMade(name) &&
      isDropped(rules, originOf(units, { unit, piece: patched.id }))
    return [...input.verdicts.functions, ...input.verdicts.data].filter(isTold).map(({ name }) => ({
      code: 'not-in-program',
      text: `${name} of ${input.unit} changed, but is not in the program: its link left it out, so nothing is to be replaced`,
    }))
  })
}
