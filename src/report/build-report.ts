/**
 * The report of a build from what its stages returned. Nothing is decided here: verdicts, reasons and refusals are
 * copied; what the run did not reach stays empty.
 *
 * In:  the results of the stages, unchanged.
 * Out: a RunReport without a payload; `withPayload` adds it once the file is there.
 */
import type { Reason, Refusal } from '../base/refusal.ts'
import type { UnitVerdicts, Verdict } from '../compare/model.ts'
import type { PieceAddress, SelectedPiece, Selection } from '../select/model.ts'
import type { SourceChange } from '../source/model.ts'
import type { Affected, ObjectPair, TreeFacts } from '../trees/model.ts'
import { dataEntries, functionEntries } from './entries.ts'
import {
  type Details,
  emptyReport,
  type FileLines,
  type IncludedPiece,
  type Lines,
  type NotCompared,
  type Outcome,
  type ReportedBase,
  type ReportedPatch,
  type ReportedPayload,
  type ReportedUnit,
  type RunReport,
} from './model.ts'
import { notCompared } from './not-compared.ts'

/** What the report needs of a run; the pipeline's own result has all of it. */
export interface RunFacts {
  readonly version: string
  readonly target: 'xen' | 'process' | 'linux'
  readonly tree: { readonly facts: TreeFacts; readonly notices: readonly Reason[] }
  readonly change: SourceChange
  readonly affected: Affected
  readonly pairs: readonly ObjectPair[]
  readonly units: readonly { readonly unit: string; readonly verdicts: UnitVerdicts }[]
  readonly selection: Selection
  readonly refusals: readonly Refusal[]
  readonly lines: Omit<Lines, 'root'> & { readonly neutralUnits: ReadonlySet<string> }
  readonly warnings: readonly Reason[]
  readonly notices: readonly Reason[]
  readonly notCompared?: readonly NotCompared[]
  readonly base: ReportedBase | null
  readonly patches: readonly ReportedPatch[]
  readonly details: Details | null
  readonly timings: Readonly<Record<string, number>>
  /** The words for a verdict; the select stage has them. */
  readonly reasonOf: (verdict: Verdict) => Reason
  /** A file of the tree as its build names it. */
  readonly shortName: (path: string) => string
}

export function buildReport(facts: RunFacts): RunReport {
  const { tree, change, affected, selection, refusals } = facts
  const inclusion = inclusions(selection)
  const perUnit = facts.units.map(({ unit, verdicts }, at) => ({
    unit,
    verdicts,
    reasonOf: facts.reasonOf,
    inclusion: (piece: number) => inclusion.get(keyOf({ unit: at, piece })),
  }))
  return {
    ...emptyReport('build', facts.version),
    outcome: outcomeOf(selection, refusals),
    target: { name: facts.target, version: tree.facts.version ?? null, machine: selection.machine ?? null },
    base: facts.base,
    patches: facts.patches,
    compiler: tree.facts.compiler,
    functions: perUnit.flatMap(functionEntries),
    data: perUnit.flatMap(dataEntries),
    refusals,
    leftInit: selection.leftInit,
    lines: linesOf(facts),
    pieces: includedPieces(selection),
    units: reportedUnits(facts),
    warnings: facts.warnings,
    notices: [
      ...change.notices.map(text => ({ code: 'source', text })),
      ...tree.notices,
      ...affected.notices,
      ...facts.notices,
    ],
    notCompared: [...(facts.notCompared ?? []), ...perUnit.flatMap(notCompared)],
    details: facts.details,
    timings: facts.timings,
  }
}

/** The report of a build whose payload was written. */
export function withPayload(report: RunReport, payload: ReportedPayload): RunReport {
  return { ...report, outcome: 'built', payload }
}

/** Until the payload is written, a run that could build one has not done so. */
function outcomeOf(selection: Selection, refusals: readonly Refusal[]): Outcome {
  if (refusals.length > 0) return 'refused'
  return selection.pieces.length + selection.switchedOff.length === 0 ? 'nothing-to-do' : 'built'
}

type Position = Pick<PieceAddress, 'unit'> & { readonly piece: number }

const keyOf = ({ unit, piece }: Position) => `${unit}:${piece}`

function inclusions({ pieces }: Selection): ReadonlyMap<string, Reason> {
  return new Map(pieces.map(piece => [keyOf(piece.address), piece.reason]))
}

function includedPieces({ units, pieces }: Selection): readonly IncludedPiece[] {
  const position = new Map(pieces.map((piece, at) => [keyOf(piece.address), at]))
  return pieces.map(({ address, piece, role, reason, because }: SelectedPiece) => ({
    unit: units[address.unit]?.unit ?? '',
    name: piece.name,
    role,
    size: piece.size,
    reason,
    because: because === undefined ? null : (position.get(keyOf(because)) ?? null),
  }))
}

/** Files are named as the build names them: Xen's below the folder that it is built in. */
function linesOf({ lines, tree, shortName: named }: RunFacts): Lines {
  const text = (side: FileLines['original']) => (side === null ? null : { ...side, path: named(side.path) })
  const files = lines.files.map(file => ({
    ...file,
    file: named(file.file),
    original: text(file.original),
    patched: text(file.patched),
  }))
  return { way: lines.way, root: tree.facts.sourceFolder, files, held: lines.held, code: lines.code }
}

function reportedUnits({ affected: { affected }, pairs, lines }: RunFacts): readonly ReportedUnit[] {
  const byUnit = new Map(pairs.map(pair => [pair.unit, pair]))
  return affected.map(({ unit, because, kind }) => {
    const pair = byUnit.get(unit.unit)
    return {
      unit: unit.unit,
      source: unit.source,
      kind,
      because,
      text: lines.neutralUnits.has(unit.unit) ? 'neutral' : 'patched',
      command: pair?.command ?? [],
      cached: pair?.cached ?? false,
      compileTime: pair?.compileTime ?? 0,
    }
  })
}
