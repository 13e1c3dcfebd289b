/** The pure stages from two objects to a selection, for tests. */
import { compareUnit, type UnitVerdicts } from '../../src/compare/compare.ts'
import { correlate } from '../../src/correlate/correlate.ts'
import { readElf } from '../../src/elf/index.ts'
import { pieceMap } from '../../src/pieces/pieces.ts'
import { type Selection, type SelectRules, select } from '../../src/select/select.ts'

export const RULES: SelectRules = {
  table: 'xen',
  machine: 62,
  runningName: (file, name, local) => (local ? `${file}#${name}` : name),
  smallest: pad => (pad ? 9 : 5),
  startsWithLandingPad: code => Buffer.from(code.subarray(0, 4)).toString('hex') === 'f30f1efa',
  denied: () => undefined,
}

export function judge(original: Uint8Array, patched: Uint8Array, table = RULES.table): UnitVerdicts {
  const before = pieceMap(readElf<'original'>(original), { table })
  const after = pieceMap(readElf<'patched'>(patched), { table })
  return compareUnit(correlate(before, after), table)
}

/** `f1: changed (size)` for everything whose verdict is not same, functions first. */
export function verdictLines({ functions, data, unnamed }: UnitVerdicts): readonly string[] {
  return [...functions, ...data, ...unnamed]
    .filter(({ verdict }) => verdict.kind !== 'same')
    .map(({ name, verdict }) =>
      verdict.kind === 'changed' ? `${name}: changed (${verdict.because.what})` : `${name}: ${verdict.kind}`,
    )
}

export function selectFrom(original: Uint8Array, patched: Uint8Array, rules: SelectRules = RULES): Selection {
  return select([{ unit: 'unit.o', fileSymbol: 'unit.c', verdicts: judge(original, patched, rules.table) }], rules)
}

/** `replacement f1`, `content .rodata.str1.1+0x0`, in the selection's order. */
export function selectionLines({ pieces, refusals }: Selection): readonly string[] {
  return [
    ...pieces.map(({ role, piece }) => `${role} ${piece.name}`),
    ...refusals.map(({ code, symbol }) => `refused ${code} ${symbol}`),
  ]
}
