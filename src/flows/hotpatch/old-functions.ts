/**
 * The functions that a payload replaces, as the program has them. Part of the pipeline, for loaders that compare the old
 * code themselves.
 *
 * Where a tree's functions have no sections of their own, the originals are compiled with an option more than the program
 * was. The same code comes of it but for jumps and calls between functions, which an assembler makes as short as it can
 * where both lie in one section. So sizes and bytes are taken from the tree's own object, of which the program was linked.
 */
import { InputError } from '../../base/errors.ts'
import type { Refusal } from '../../base/refusal.ts'
import { readElf } from '../../elf/index.ts'
import type { Target } from '../../loaders/loader.ts'
import type { OriginalCode } from '../../loaders/original-code.ts'
import { smallestFunction, startsWithLandingPad } from '../../machines/machine.ts'
import type { PieceMap } from '../../pieces/model.ts'
import { type CutOptions, pieceMap } from '../../pieces/pieces.ts'
import { leftToCallers } from '../../select/by-callers.ts'
import type { Replacement, Selection, StuckFunction, UnitInput } from '../../select/model.ts'
import { originOf } from '../../select/origins.ts'
import { type Affected, ownObjects, type Tree } from '../../trees/index.ts'
import { originalsOf } from './originals.ts'

export interface OldFunctions {
  /** With the sizes that the functions have in the program, and what these forbid. */
  readonly selection: Selection
  readonly originals: readonly OriginalCode[]
}

interface Context {
  readonly tree: Tree
  readonly affected: Affected
  readonly target: Target
  readonly cut: CutOptions
}

export async function oldFunctions(
  units: readonly UnitInput[],
  selection: Selection,
  { tree, affected, target, cut }: Context,
): Promise<OldFunctions> {
  const { loader } = target
  // Where somebody has rules for what a loader takes, the build knows the running code, and compares it itself.
  if (loader.rules !== undefined) return { selection, originals: [] }
  // Those whose callers have a copy of them: that is right for the old one only, so it is compared as well.
  const left = leftToCallers(units, loader)
  const replaced = new Set(
    [...selection.replacements, ...left].map(({ address }) => originOf(units, address)?.input.unit),
  )
  const wanted = affected.affected.flatMap(({ unit, kind }) => (kind !== 'new' && replaced.has(unit.unit) ? unit : []))
  const maps = new Map<string, PieceMap<'original'>>()
  for (const [unit, bytes] of await ownObjects(tree, wanted)) {
    const map = mapOf(bytes, cut)
    if (map !== undefined) maps.set(unit, map)
  }
  const originals = originalsOf(units, selection, loader.runningName, maps)
  const leftOriginals = originalsOf(units, { replacements: left }, loader.runningName, maps)
  const sizes = new Map(originals.map(({ name, size }) => [name, size]))
  const sized = selection.replacements.map(each => ({
    before: each,
    oldSize: sizes.get(each.runningName) ?? each.oldSize,
  }))
  const replacements = sized.map(({ before, oldSize }) => ({ ...before, oldSize }))
  const shrunk = replacements.filter(({ oldSize }, at) => oldSize < (sized[at]?.before.oldSize ?? 0))
  const small = shrunk.flatMap(each => tooSmall(units, each, target))
  return {
    selection: {
      ...selection,
      replacements,
      refusals: [...selection.refusals, ...small.map(({ refusal }) => refusal)],
      stuck: [...selection.stuck, ...small],
    },
    originals: [...originals, ...leftOriginals],
  }
}

/** What is no object says nothing; whether the code is right, is compared when the payload is loaded. */
function mapOf(bytes: Uint8Array, cut: CutOptions): PieceMap<'original'> | undefined {
  try {
    return pieceMap(readElf<'original'>(bytes), cut)
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}

/** Those that the selection found large enough, and that are smaller in the program. */
function tooSmall(
  units: readonly UnitInput[],
  { address, runningName, unit, oldSize }: Replacement,
  { machine: { patching } }: Target,
): readonly StuckFunction[] {
  const origin = originOf(units, address)
  const { object } = origin?.input.verdicts.correlation.original ?? {}
  const code = object?.sections[origin?.piece.section ?? -1]?.bytes.subarray(origin?.piece.offset)
  if (patching === undefined || code === undefined) return []
  const least = smallestFunction(patching, startsWithLandingPad(patching, code))
  if (oldSize >= least) return []
  const refusal: Refusal = {
    code: 'too-small',
    unit,
    symbol: origin?.piece.name ?? runningName,
    text: `${runningName} has ${oldSize} bytes in the program, but the jump to its replacement takes ${least}`,
    hint: 'change its callers instead, or make them not call it: patch them so that they use a new function',
  }
  return [{ address, refusal }]
}
