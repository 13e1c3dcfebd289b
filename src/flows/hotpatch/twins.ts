/**
 * Functions that changed, while another unit has the very same under the same name. Part of the pipeline. No link takes
 * both, so one is another program's, or a member of an archive that was not taken (a copy of a library's sources); and
 * neither the name nor the code of what runs says which it is.
 *
 * Worse mistake: to replace one by the patch of the other.
 */
import type { Refusal } from '../../base/refusal.ts'
import { type ElfObject, type ElfSymbol, type FoundSymbol, readElf } from '../../elf/index.ts'
import { strengthOf } from '../../program/definitions.ts'
import type { LinkedProgram } from '../../program/linked-program.ts'
import type { UnitInput } from '../../select/select.ts'
import { definersOf, readGiven, type Tree, type Unit } from '../../trees/index.ts'
import { OwnEvidence, readable } from './own-evidence.ts'

interface Changed {
  readonly input: UnitInput
  readonly symbol: ElfSymbol<'original'>
}

/** What runs, as far as it is known, and where its file is. */
interface Known {
  readonly program: LinkedProgram | undefined
  readonly path: string | undefined
}

export function twins(tree: Tree, units: readonly UnitInput[], known: Known): readonly Refusal[] {
  const evidence = new OwnEvidence(tree)
  const changed = new Map(units.flatMap(changedIn))
  const { definers } = definersOf(tree, new Set(changed.keys()), new Set(units.map(({ unit }) => unit)))
  return definers.flatMap(({ unit: other, found }) => {
    const alike = found.filter(({ symbol }) => isAlike(symbol, changed.get(symbol.name)))
    if (alike.length === 0) return []
    const twin = tree.units.find(({ unit }) => unit === other)
    const path = twin?.object ?? other
    const object = readable(() => readElf<'original'>(readGiven(path, '--tree')))
    return alike.flatMap(each => {
      const own = changed.get(each.symbol.name)
      if (own === undefined || object === undefined || isSettled(own, each, known.program)) return []
      if (!haveSameBytes(own, each.symbol, object) || isTold(tree, own, { twin, evidence, known })) return []
      return [refusalFor(own, other)]
    })
  })
}

function changedIn(input: UnitInput): readonly (readonly [string, Changed])[] {
  const { original } = input.verdicts.correlation
  return input.verdicts.functions.flatMap(({ verdict, original: piece }) => {
    if (verdict.kind !== 'changed') return []
    return (piece?.symbols ?? []).flatMap(id => {
      const symbol = original.object.symbols[id]
      return symbol !== undefined && strengthOf(symbol) === 'strong' ? [[symbol.name, { input, symbol }] as const] : []
    })
  })
}

function isAlike(found: ElfSymbol<'original'>, own: Changed | undefined): boolean {
  return (
    own !== undefined && strengthOf(found) === 'strong' && found.kind === 'function' && found.size === own.symbol.size
  )
}

/** Whether the program has the file of the one, and not that of the other. */
function isSettled({ input }: Changed, { file }: FoundSymbol<'original'>, program: LinkedProgram | undefined): boolean {
  if (program === undefined || file === '' || file === input.fileSymbol) return false
  return program.countOfFile(input.fileSymbol) > 0 && program.countOfFile(file) === 0
}

interface Asked {
  readonly twin: Unit | undefined
  readonly evidence: OwnEvidence
  readonly known: Known
}

/** Whether the build's records, or debug information, say that the program has nothing of the twin, and may have the one. */
function isTold({ units }: Tree, { input }: Changed, { twin, evidence, known }: Asked): boolean {
  const own = units.find(({ unit }) => unit === input.unit)
  if (own === undefined || twin === undefined || known.program === undefined || known.path === undefined) return false
  return evidence.deny(known.path, twin) && !evidence.deny(known.path, own)
}

function haveSameBytes(
  { input, symbol }: Changed,
  other: ElfSymbol<'original'>,
  object: ElfObject<'original'>,
): boolean {
  const [one, two] = [bytesOf(input.verdicts.correlation.original.object, symbol), bytesOf(object, other)]
  return one !== undefined && two !== undefined && Buffer.compare(one, two) === 0
}

function bytesOf({ sections }: ElfObject<'original'>, { place, size }: ElfSymbol<'original'>): Uint8Array | undefined {
  return place.in === 'section' ? sections[place.section]?.bytes.subarray(place.offset, place.offset + size) : undefined
}

function refusalFor({ input: { unit }, symbol: { name } }: Changed, other: string): Refusal {
  return {
    code: 'other-definition',
    unit,
    symbol: name,
    text: `${name} changed in ${unit}, and ${other} has the same function under that name, unchanged: which of the two the program has is not known`,
    hint: 'give the program with its names (--symbols), whose files tell it; or build from a tree that has only the units of the program',
  }
}
