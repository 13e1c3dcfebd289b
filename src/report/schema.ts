/**
 * The report's shape as a valibot schema: reads a report back, and is the source of docs/schema/report.json
 * (`npm run schemas` writes it). The types of `model.ts` and this schema must agree; the compiler checks it.
 */
import * as v from 'valibot'
import { InputError } from '../base/errors.ts'
import type { RunReport } from './model.ts'
import { REPORT_SCHEMA } from './model.ts'

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const strings = v.array(v.string())

const reason = v.object({ code: v.string(), text: v.string() })

export const reportedError = v.object({
  code: v.string(),
  text: v.string(),
  trail: strings,
  hint: v.nullable(v.string()),
})

const target = v.object({
  name: v.picklist(['xen', 'process', 'linux']),
  version: v.nullable(v.string()),
  machine: v.nullable(count),
})

export const entry = v.object({
  name: v.string(),
  unit: v.string(),
  symbols: strings,
  verdict: v.picklist(['changed', 'new', 'gone', 'line-only']),
  included: v.boolean(),
  reasons: v.array(reason),
})

export const refusal = v.object({
  code: v.string(),
  unit: v.string(),
  symbol: v.string(),
  text: v.string(),
  hint: v.string(),
  place: v.exactOptional(v.object({ file: v.string(), line: count })),
})

const way = v.picklist(['auto', 'neutral', 'mask', 'ignore', 'table'])

const sourceText = v.nullable(v.object({ path: v.string(), sha256: v.string(), lines: count }))
const lineRuns = v.array(v.tuple([count, count, count]))

const lines = v.object({
  way,
  root: v.string(),
  files: v.array(
    v.object({
      file: v.string(),
      way,
      insertions: count,
      unsafe: v.array(count),
      reason: v.string(),
      original: sourceText,
      patched: sourceText,
      map: lineRuns,
      between: v.optional(v.array(v.object({ sha256: v.string(), map: lineRuns }))),
      numbers: lineRuns,
      numbering: v.picklist(['above', 'between', 'shared', 'none']),
      embedded: v.nullable(v.array(v.object({ line: count, stays: strings, replaced: strings, set: strings }))),
    }),
  ),
  held: v.array(count),
  code: v.array(
    v.object({
      unit: v.string(),
      symbol: v.string(),
      size: count,
      files: strings,
      rows: v.array(v.tuple([count, count, count])),
    }),
  ),
})

const payload = v.object({ file: v.string(), size: count, sha256: v.string(), buildId: v.string() })

const piece = v.object({
  unit: v.string(),
  name: v.string(),
  role: v.string(),
  size: count,
  reason,
  because: v.nullable(count),
})

const unit = v.object({
  unit: v.string(),
  source: v.string(),
  kind: v.picklist(['changed', 'new', 'removed']),
  because: strings,
  text: v.picklist(['patched', 'neutral']),
  command: strings,
  cached: v.boolean(),
  compileTime: v.number(),
})

const listedCode = v.nullable(
  v.object({
    size: count,
    instructions: v.array(v.tuple([count, v.string()])),
    sites: v.array(v.object({ offset: count, file: v.string(), line: count })),
    // Reports of 0.2.0 and before have none.
    references: v.optional(v.array(v.object({ offset: count, name: v.string() })), []),
  }),
)
const details = v.object({
  patches: strings,
  neutral: v.nullable(v.string()),
  // Reports of 0.2.0 and before have none.
  texts: v.optional(
    v.array(
      v.object({
        file: v.string(),
        offsets: v.array(v.number()),
        wrote: v.optional(v.array(count)),
        functions: v.nullable(v.array(v.tuple([v.nullable(v.string()), count, count]))),
      }),
    ),
    [],
  ),
  listings: v.array(
    v.object({
      unit: v.string(),
      name: v.string(),
      symbol: v.string(),
      original: listedCode,
      patched: listedCode,
    }),
  ),
  unlisted: count,
})
const base = v.object({ buildId: v.nullable(v.string()), depends: v.nullable(v.string()) })
const patch = v.object({ name: v.string(), subject: v.nullable(v.string()) })

const explanation = v.object({
  leftOut: v.array(
    v.object({
      file: v.string(),
      hunk: v.number(),
      of: v.number(),
      patch: v.string(),
      patchLine: v.number(),
      codes: v.array(v.string()),
    }),
  ),
  outcome: v.picklist(['built', 'nothing-to-do', 'refused', 'error']),
  functions: v.array(v.object({ unit: v.string(), name: v.string() })),
  remaining: v.array(v.string()),
  text: v.string(),
})

const leftInit = v.object({
  unit: v.string(),
  name: v.string(),
  sets: strings,
  calls: strings,
  processor: strings,
  unknown: strings,
})

/** Fields that this version does not know pass: a newer hotsplice may have added them. */
export const runReport: v.GenericSchema<unknown, RunReport> = v.object({
  schema: v.literal(REPORT_SCHEMA),
  command: v.picklist(['build', 'diff']),
  version: v.string(),
  outcome: v.picklist(['built', 'nothing-to-do', 'refused', 'differs', 'error']),
  error: v.nullable(reportedError),
  target: v.nullable(target),
  // Reports of 0.2.0 and before have none of those with a default.
  base: v.optional(v.nullable(base), null),
  patches: v.optional(v.array(patch), []),
  compiler: v.nullable(v.string()),
  functions: v.array(entry),
  data: v.array(entry),
  refusals: v.array(refusal),
  explanation: v.optional(v.nullable(explanation), null),
  leftInit: v.optional(v.array(leftInit), []),
  lines,
  payload: v.nullable(payload),
  pieces: v.array(piece),
  units: v.array(unit),
  warnings: v.array(reason),
  notices: v.array(reason),
  notCompared: v.array(v.object({ unit: v.string(), what: v.string(), text: v.string() })),
  details: v.optional(v.nullable(details), null),
  timings: v.record(v.string(), v.number()),
})

/**
 * Reads a report that `--json` wrote. Fields that this version does not know pass.
 *
 * @param text the JSON
 * @param name what errors call the file
 * @returns the report
 * @throws {InputError} where it is no JSON, or no report of this form
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { readReport } from 'hotsplice/report'
 *
 * const report = readReport(await readFile('fix.json', 'utf8'), 'fix.json')
 * assert.equal(report.outcome, 'built')
 * assert.throws(() => readReport('{}', 'empty.json'), { code: 'report/not-a-report' })
 * ```
 */
export function readReport(text: string, name: string): RunReport {
  const result = v.safeParse(runReport, fromJson(text, name))
  if (result.success) return result.output
  const [issue] = result.issues
  const place = v.getDotPath(issue) ?? 'its top level'
  throw new InputError(
    'report/not-a-report',
    `${name} is not a report of version ${REPORT_SCHEMA}: at ${place}, ${issue.message}`,
    WHAT_TO_GIVE,
  )
}

const WHAT_TO_GIVE = 'give a report that `hotsplice build --json FILE` or `hotsplice diff --json FILE` wrote'

function fromJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new InputError('report/not-json', `${name} is not JSON: ${why}`, WHAT_TO_GIVE)
  }
}
