/** The pure stages from two objects to a selection, for tests. */
import { compareUnit, type UnitVerdicts } from '../../src/compare/compare.ts'
import { onlySaid } from '../../src/compare/only-said.ts'
import { correlate } from '../../src/correlate/correlate.ts'
import { readElf } from '../../src/elf/index.ts'
import { targetOf } from '../../src/loaders/loaders.ts'
import { PROCESS } from '../../src/loaders/process/process.ts'
import { XEN } from '../../src/loaders/xen/xen.ts'
import { X86_64 } from '../../src/machines/x86-64/x86-64.ts'
import { pieceMap } from '../../src/pieces/pieces.ts'
import { type Selection, type SelectRules, select } from '../../src/select/select.ts'

export const RULES: SelectRules = {
  target: targetOf(XEN, X86_64.number),
  denied: () => undefined,
}

/** For a program. */
export const PROGRAM_RULES: SelectRules = { ...RULES, target: targetOf(PROCESS, X86_64.number) }

export function judge(original: Uint8Array, patched: Uint8Array, loader = RULES.target.loader): UnitVerdicts {
  const before = pieceMap(readElf<'original'>(original), { loader })
  const after = pieceMap(readElf<'patched'>(patched), { loader })
  return compareUnit(correlate(before, after))
}

/** `f1: changed (size)` for everything whose verdict is not same, functions first. */
export function verdictLines({ functions, data, unnamed }: UnitVerdicts): readonly string[] {
  return [...functions, ...data, ...unnamed]
    .filter(({ verdict }) => verdict.kind !== 'same')
    .map(({ name, verdict }) =>
      verdict.kind === 'changed' ? `${name}: changed (${verdict.because.what})` : `${name}: ${verdict.kind}`,
    )
}

/** `returnWide` has the functions whose result may need two registers. */
export function selectFrom(
  original: Uint8Array,
  patched: Uint8Array,
  rules: SelectRules = RULES,
  returnWide: readonly string[] = [],
): Selection {
  const verdicts = judge(original, patched, rules.target.loader)
  const functions = verdicts.functions.flatMap(each => [each.original, each.patched])
  const singleResults = new Set(
    functions.flatMap(piece => (piece === undefined || returnWide.includes(piece.name) ? [] : [piece.name])),
  )
  const said = onlySaid(verdicts, rules.target.loader)
  return select([{ unit: 'unit.o', fileSymbol: 'unit.c', verdicts, singleResults, onlySaid: said }], rules)
}

/** `replacement f1`, `content .rodata.str1.1+0x0`, in the selection's order. */
export function selectionLines({ pieces, refusals }: Selection): readonly string[] {
  return [
    ...pieces.map(({ role, piece }) => `${role} ${piece.name}`),
    ...refusals.map(({ code, symbol }) => `refused ${code} ${symbol}`),
  ]
}
