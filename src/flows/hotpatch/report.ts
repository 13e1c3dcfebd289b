/** The report of a run, as plain data: what `--json` writes and every view shows. */
import { buildReport } from '../../report/build-report.ts'
import type { RunReport } from '../../report/model.ts'
import { verdictReason } from '../../select/words.ts'
import type { Base } from '../../trees/index.ts'
import { shortName } from '../../trees/index.ts'
import type { HotpatchRun } from './hotpatch.ts'
import { codeLines } from './line-facts.ts'

/** `version` is hotsplice's. The payload is not in it: nobody has written one. */
export function reportOfRun(base: Base, run: HotpatchRun, version: string): RunReport {
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
    notCompared: run.leftOut.map(({ unit, text }) => ({ unit, what: 'not-reached', text })),
    timings,
    reasonOf: verdictReason,
    shortName: path => shortName(base.layout, path),
  })
}
