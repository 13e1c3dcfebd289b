/**
 * New variables that ought to have been old ones. A variable that moves from a file into a function, from a function into
 * the file, or to another file is a new one to the compiler: the payload would bring it, empty, while what the running
 * system has gathered in the old one stays behind unread. Names tell: a new writable object that is called like one that is
 * gone, up to what compilers make of names (`count`, `count.0`, clang's `f.count`, LLVM's `count.b`).
 *
 * Static locals that could be several old ones are refused elsewhere (`ambiguous-static`).
 */
import type { Refusal } from '../base/refusal.ts'
import { isCompilerMade, namesInSource } from '../pieces/names.ts'
import { isWritable } from '../pieces/writable.ts'
import type { SelectedPiece, UnitInput } from './model.ts'

interface Gone {
  readonly unit: string
  readonly name: string
}

export function leftBehind(units: readonly UnitInput[], pieces: readonly SelectedPiece[]): readonly Refusal[] {
  const gone = goneVariables(units)
  return pieces.flatMap(({ address, piece, role }): readonly Refusal[] => {
    const input = units[address.unit]
    if (role !== 'new-data' || input === undefined) return []
    if (!isWritable(input.verdicts.correlation.patched, piece)) return []
    const olds = new Set(namesInSource(piece.name).flatMap(name => gone.get(name) ?? []))
    return [...olds].map(old => ({
      code: 'state-left-behind',
      unit: input.unit,
      symbol: piece.name,
      text: `${piece.name} is new in ${input.unit}, and ${old.name}, which the running system has from ${old.unit}, is gone: the new variable would begin afresh, and what the old one holds would be lost`,
      hint: 'leave the variable where it is declared, and reach it from where it is needed; if it is meant to be another one, give it another name',
    }))
  })
}

function goneVariables(units: readonly UnitInput[]): ReadonlyMap<string, readonly Gone[]> {
  const gone = new Map<string, Gone[]>()
  for (const { unit, verdicts } of units) {
    for (const { verdict, original, name } of verdicts.data) {
      if (verdict.kind !== 'gone' || original === undefined || isCompilerMade(name)) continue
      if (!isWritable(verdicts.correlation.original, original)) continue
      const found = { unit, name: original.name }
      for (const base of namesInSource(original.name)) gone.set(base, [...(gone.get(base) ?? []), found])
    }
  }
  return gone
}
