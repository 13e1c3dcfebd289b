/** The report of a run, as plain data: what `--json` writes and every view shows. */
import { buildReport } from '../../report/build-report.ts'
import type { ReportedBase, RunReport } from '../../report/model.ts'
import { verdictReason } from '../../select/words.ts'
import type { PatchText } from '../../source/model.ts'
import type { Base } from '../../trees/index.ts'
import { shortName } from '../../trees/index.ts'
import { detailsOf, reportedPatches } from './details.ts'
import type { HotpatchRun } from './hotpatch.ts'
import { codeLines } from './line-facts.ts'
import type { ListedUnit } from './listings.ts'

export interface ReportOptions {
  /** Of hotsplice. */
  readonly version: string
  readonly patches: readonly PatchText[]
  /** Whether it has what only a page shows. */
  readonly details?: boolean
}

/** The payload is not in it: nobody has written one. */
export function reportOfRun(base: Base, run: HotpatchRun, { version, patches, details }: ReportOptions): RunReport {
  const { change, affected, pairs, units, selection, refusals, warnings, notices, timings } = run
  const own = new Set(pairs.map(({ unit }) => unit))
  return buildReport({
    version,
    target: base.target,
    tree: base,
    change,
    affected,
    pairs,
    units,
    selection,
    refusals,
    lines: { ...run.lines, code: codeLines(selection, own) },
    warnings,
    notices,
    base: baseOf(run),
    patches: reportedPatches(patches),
    details: details === true ? detailsOf({ ...run, patches, units: listedUnits(run) }) : null,
    notCompared: run.leftOut.map(({ unit, text }) => ({ unit, what: 'not-reached', text })),
    timings,
    reasonOf: verdictReason,
    shortName: path => shortName(base.layout, path),
  })
}

function baseOf({ base: { xenDepends, depends, kernel } }: HotpatchRun): ReportedBase | null {
  if (kernel !== undefined) return { buildId: hex(kernel.facts.buildId), depends: null }
  if (xenDepends === undefined && depends === undefined) return null
  return { buildId: hex(xenDepends), depends: hex(depends) }
}

const hex = (id: Uint8Array | undefined) => (id === undefined ? null : Buffer.from(id).toString('hex'))

function listedUnits({ units, sites }: HotpatchRun): readonly ListedUnit[] {
  return units.map(({ unit, verdicts }) => ({ unit, verdicts, sites: sites.get(unit) }))
}
