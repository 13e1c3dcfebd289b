/**
 * Units whose objects are not what their commands make of their sources. Part of the pipeline. Where the build changed names
 * behind the compiler's back, what the patch is compiled to names things as the source does: its code would call, and its data
 * would join, what the program has by those names. And where the source was edited since, the patched object has those edits
 * too, of which nobody has asked. A file's time does not tell: copies and archives keep old ones.
 *
 * So another compile of the same text is the witness, with the very command of the tree: options by which each thing lies
 * apart make other jumps.
 */
import type { Refusal } from '../../base/refusal.ts'
import type { Side } from '../../base/side.ts'
import { compareUnit, type Difference, type Judged } from '../../compare/compare.ts'
import { correlate } from '../../correlate/correlate.ts'
import { readElf } from '../../elf/index.ts'
import { PROCESS } from '../../loaders/process/process.ts'
import type { PieceMap } from '../../pieces/model.ts'
import { pieceMap } from '../../pieces/pieces.ts'
import { changedSince } from '../../program/changed-object.ts'
import type { UnitInput } from '../../select/select.ts'
import { type AffectedUnit, ownObjects, type Tree, tellsTime, tryCompile, type Unit } from '../../trees/index.ts'
import { readable } from './own-evidence.ts'

interface Made {
  readonly input: UnitInput
  readonly unit: Unit
  /** All files of which the compiler makes it, as far as that is known. */
  readonly reads: readonly string[]
}

export async function changedObjects(
  tree: Tree,
  units: readonly UnitInput[],
  affected: readonly AffectedUnit[],
): Promise<readonly Refusal[]> {
  const readBy = new Map(affected.map(each => [each.unit.unit, each.reads ?? each.unit.dependencies]))
  const built = units.flatMap((input): readonly Made[] => {
    const unit = tree.units.find(each => each.unit === input.unit)
    if (unit?.object === undefined || unit.role === 'embedded') return []
    return [{ input, unit, reads: readBy.get(unit.unit) ?? unit.dependencies }]
  })
  const own = await ownObjects(
    tree,
    built.map(({ unit }) => unit),
  )
  const again = await compiledAgain(tree, built.filter(isDoubtful))
  return built.flatMap(({ input, unit, reads }): readonly Refusal[] => {
    const { original } = input.verdicts.correlation
    const words = readable(() => {
      const linked = own.get(unit.unit)
      const made = again.get(unit.unit)
      const object = linked === undefined ? original.object : readElf<'original'>(linked)
      const witness = linked === undefined ? made && readElf<'original'>(made) : original.object
      const names = witness && changedSince(object, witness)
      if (names !== undefined || made === undefined || tellsTime(tree, reads)) return names
      const map = linked === undefined ? original : pieceMap(object, { loader: PROCESS })
      return otherContent(map, pieceMap(readElf<'patched'>(made), { loader: PROCESS }))
    })
    return words === undefined ? [] : [refusalOf(unit, words)]
  })
}

/** Whether anything of it may go into a payload. */
function isDoubtful({ input: { verdicts } }: Made): boolean {
  const isLeft = ({ verdict: { kind } }: Judged) => kind === 'same' || kind === 'line-only'
  return !verdicts.functions.every(isLeft) || !verdicts.data.every(isLeft)
}

/** By unit, what the tree's own command makes of the tree's text. */
async function compiledAgain(tree: Tree, units: readonly Made[]): Promise<ReadonlyMap<string, Uint8Array>> {
  const requests = units.map(({ unit }) => ({
    unit: { ...unit, command: unit.ownCommand ?? unit.command },
    overlay: new Map(),
    label: 'original',
  }))
  const results = await tryCompile(tree, requests, 'object')
  return new Map(results.flatMap(({ done }) => (done === undefined ? [] : [[done.unit.unit, done.object] as const])))
}

/**
 * In words, the first function or variable that another compile has otherwise; a section's name is no content. Where the
 * build has stripped local names, nothing tells what code leads to.
 */
function otherContent(object: PieceMap<'original'>, made: PieceMap<'patched'>): string | undefined {
  const kept = localNames(object)
  if ([...localNames(made)].some(name => !kept.has(name))) return undefined
  const { functions, data } = compareUnit(correlate(object, made))
  const other = [...functions, ...data].find(
    ({ verdict }) => verdict.kind !== 'same' && !(verdict.kind === 'changed' && isOfSection(verdict.because)),
  )
  return other && `${other.name} is not the same`
}

function localNames({ object: { symbols } }: PieceMap<Side>): ReadonlySet<string> {
  return new Set(symbols.flatMap(({ binding, kind, name }) => (binding === 'local' ? `${kind} ${name}` : [])))
}

function isOfSection(difference: Difference): boolean {
  if (difference.what === 'reaches') return difference.within !== undefined && isOfSection(difference.within)
  return difference.what === 'section'
}

function refusalOf({ unit }: Unit, words: string): Refusal {
  return {
    code: 'changed-object',
    unit,
    symbol: '',
    text: `${unit} of the tree is not what its command makes of its source: ${words}. It was changed after it was compiled, as objcopy does, or the source or the command was`,
    hint: 'objcopy’s --redefine-sym, --prefix-symbols, --localize-symbol and --rename-section are lost in what a patch is compiled to: say the same in the source (asm labels, static, section attributes); where source or command changed since, build the tree again',
  }
}
