/** The report of `hotsplice diff`: verdicts of one pair of objects, and no selection. */
import type { Reason } from '../base/refusal.ts'
import type { UnitVerdicts, Verdict } from '../compare/model.ts'
import type { TargetName } from '../loaders/loaders.ts'
import { dataEntries, functionEntries } from './entries.ts'
import { type Details, emptyReport, type RunReport, type Way } from './model.ts'
import { notCompared } from './not-compared.ts'

export interface DiffFacts {
  readonly version: string
  readonly target: TargetName
  /** How the report calls the pair. */
  readonly unit: string
  readonly verdicts: UnitVerdicts
  /** `mask` where a shifted object told the line numbers, else `ignore`. */
  readonly way: Way
  readonly details?: Details | null
  readonly timings: Readonly<Record<string, number>>
  readonly reasonOf: (verdict: Verdict) => Reason
}

export function diffReport(given: DiffFacts): RunReport {
  const { version, target, unit, verdicts, way, timings, reasonOf } = given
  const facts = { unit, verdicts, reasonOf, inclusion: () => undefined }
  const functions = functionEntries(facts)
  const data = dataEntries(facts)
  const differs = [...functions, ...data].some(entry => entry.verdict !== 'line-only')
  return {
    ...emptyReport('diff', version),
    outcome: differs ? 'differs' : 'nothing-to-do',
    target: { name: target, version: null, machine: verdicts.correlation.patched.object.header.machine },
    functions,
    data,
    lines: { way, root: '', files: [], held: [], code: [] },
    notCompared: notCompared({ unit, verdicts }),
    details: given.details ?? null,
    timings,
  }
}
