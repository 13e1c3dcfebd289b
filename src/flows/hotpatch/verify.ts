/**
 * Holds a payload that was just assembled against the loader's rules, from a fresh parse. Part of the pipeline: a
 * payload that the running system would not take, or would take and die of, does not leave the tool.
 */
import type { Reason, Refusal } from '../../base/refusal.ts'
import { type VerifyReport, verifyPayload, XEN_VERSIONS, type XenVersion } from '../../verify/index.ts'
import type { Running, RunningOptions } from './running.ts'

export interface CheckedPayload {
  readonly report: VerifyReport
  readonly refusals: readonly Refusal[]
  readonly warnings: readonly Reason[]
}

/** Rules about what lies below the payload, which a given build-id says is not what the symbols know. */
const GIVEN: readonly (readonly [keyof RunningOptions, string])[] = [
  ['depends', 'stack'],
  ['xenDepends', 'xen-depends-match'],
]

/** Whose rules are asked for a tree of this version. */
export function rulesFor(version: string | undefined): XenVersion {
  return XEN_VERSIONS.find(each => each === version) ?? '4.22'
}

/** Verifies for the tree's version of Xen; the newest rules known where the tree's are not. */
export function checkPayload(
  payload: Uint8Array,
  { symbols, tableUse, below }: Running,
  version: string | undefined,
  options: RunningOptions,
): CheckedPayload {
  const known = rulesFor(version)
  const report = verifyPayload({ payload, symbols, version: known, tableUse, on: below })
  const excused = new Set(GIVEN.filter(([option]) => options[option] !== undefined).map(([, code]) => code))
  const failed = report.checks.filter(({ status, code }) => status === 'failed' && !excused.has(code))
  return {
    report,
    refusals: failed.map(({ code, text, errno, place }) => ({
      code: 'loader-rule',
      unit: '',
      symbol: place ?? '',
      text: `Xen ${known} would ${errno === 'crash' ? 'crash' : `answer ${errno ?? 'with an error'}`} [${code}]: ${text}`,
      hint: `docs/findings has a section on ${code}; hotsplice verify shows every rule. If the patch is not at fault, this is a mistake of ours: please report it`,
    })),
    warnings: report.checks.flatMap(({ code, warning }) => (warning === undefined ? [] : [{ code, text: warning }])),
  }
}
