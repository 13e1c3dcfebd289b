/**
 * What the payload is to tell its loader of the old code (`loaders/original-code.ts`). Part of the pipeline: for loaders
 * that compare it themselves, because the running system is known to nobody before.
 */
import { digestOf, linkedBytes, type OriginalCode } from '../../loaders/original-code.ts'
import { machineOf } from '../../machines/machines.ts'
import type { Selection, UnitInput } from '../../select/model.ts'

/** One for each replaced function of which it can be said. */
export function originalsOf(
  units: readonly UnitInput[],
  { replacements }: Selection,
  runningName: (fileSymbol: string, name: string, local: boolean) => string,
): readonly OriginalCode[] {
  const ordered = replacements.toSorted((a, b) => a.address.unit - b.address.unit || a.address.piece - b.address.piece)
  return ordered.flatMap(({ address, runningName: name, oldSize: size }): readonly OriginalCode[] => {
    const input = units[address.unit]
    const maps = input?.verdicts.correlation
    const piece = maps?.original.pieces[maps.toOriginal.get(address.piece) ?? -1]
    const object = maps?.original.object
    if (input === undefined || piece === undefined || object === undefined) return []
    const inside = piece.references.filter(({ offset }) => offset < size)
    const linked = linkedBytes(machineOf(object.header.machine), inside, size)
    const bytes = object.sections[piece.section]?.bytes.slice(piece.offset, piece.offset + size)
    if (linked === undefined || bytes?.length !== size) return []
    const names = piece.symbols.flatMap(id => {
      const symbol = object.symbols[id]
      return symbol === undefined ? [] : [runningName(input.fileSymbol, symbol.name, symbol.binding === 'local')]
    })
    return [{ name, size, names: [...new Set(names)].sort(), linked, digest: digestOf(bytes, linked) }]
  })
}
