/**
 * The JSON of every command as valibot schemas: docs/schema/*.json is made of them (`npm run schemas`), and tests hold
 * what commands really print against them. To add a command with JSON: a row here.
 *
 * Versions go up when a field changes its meaning or goes; fields may be added within a version.
 */
import * as v from 'valibot'
import type { AgentReport } from '../flows/agent.ts'
import { fleetFile } from '../flows/fleet/file-schema.ts'
import type { OperationReport } from '../flows/operate.ts'
import { LINUX_VERSIONS, XEN_VERSIONS } from '../flows/verify/verify.ts'
import type { RehearsalResult } from '../hosts/rehearsal/index.ts'
import type { AssistReport } from '../report/assist-report.ts'
import type { DoctorReport } from '../report/doctor-report.ts'
import { fleetIndex } from '../report/fleet-index.ts'
import { fleetPlan } from '../report/fleet-plan.ts'
import { fleetRollout } from '../report/fleet-rollout.ts'
import type { PayloadSummary } from '../report/inspect.ts'
import type { ModuleSummary } from '../report/inspect-module.ts'
import type { LinesReport } from '../report/lines-report.ts'
import { refusal, runReport } from '../report/schema.ts'
import { advice, failure, rehearsal as tried, verification as verified } from '../report/schemas-beside.ts'
import type { Translation } from '../report/translate/model.ts'
import type { TreeReport } from '../report/tree-report.ts'
import { updates } from '../report/updates.ts'
import type { VerifyReport } from '../verify/model.ts'

const text = v.string()
const texts = v.array(v.string())
const whole = v.pipe(v.number(), v.integer())

const rehearsal: v.GenericSchema<RehearsalResult> = tried
const verification: v.GenericSchema<VerifyReport> = v.object({
  ...verified.entries,
  version: v.picklist([...XEN_VERSIONS, ...LINUX_VERSIONS]),
})

const payload: v.GenericSchema<PayloadSummary> = v.object({
  schema: v.literal(1),
  command: v.literal('inspect'),
  buildId: v.nullable(text),
  depends: v.nullable(text),
  xenDepends: v.nullable(text),
  functions: v.array(v.object({ name: text, oldSize: whole, newSize: whole, expectation: v.nullable(text) })),
  hooks: v.array(v.object({ hook: text, function: text })),
  needs: texts,
  modinfo: texts,
  sections: v.array(v.object({ name: text, size: whole })),
})

const lookedUp = { object: text, name: text, position: whole }

const CALLBACKS = ['pre_patch', 'post_patch', 'pre_unpatch', 'post_unpatch'] as const

const liveModule: v.GenericSchema<ModuleSummary> = v.object({
  schema: v.literal(1),
  command: v.literal('inspect'),
  target: v.literal('linux'),
  name: v.nullable(text),
  buildId: v.nullable(text),
  madeFor: v.nullable(text),
  signed: v.boolean(),
  replaces: v.nullable(v.boolean()),
  functions: v.nullable(v.array(v.object({ ...lookedUp, newSize: v.nullable(whole) }))),
  callbacks: v.nullable(v.array(v.object({ object: text, callback: v.picklist(CALLBACKS), function: text }))),
  states: v.nullable(v.array(v.object({ id: text, version: whole }))),
  exported: v.array(v.object({ name: text, checksum: v.nullable(text) })),
  lookedUp: v.array(v.object(lookedUp)),
  modinfo: texts,
  sections: v.array(v.object({ name: text, size: whole })),
})

const inspection: v.GenericSchema<PayloadSummary | ModuleSummary> = v.union([payload, liveModule])

const lineSites: v.GenericSchema<LinesReport> = v.object({
  schema: v.literal(1),
  command: v.literal('lines'),
  version: text,
  outcome: v.literal('done'),
  sites: v.array(
    v.object({
      unit: text,
      function: text,
      section: text,
      offset: whole,
      in: v.picklist(['code', 'data', 'addend']),
      bits: whole,
      file: text,
      line: whole,
      calls: texts,
    }),
  ),
  unexplained: v.array(v.object({ unit: text, text })),
})

const printer = v.object({ payload: v.nullable(text), functions: texts })
const place = v.object({
  file: text,
  line: whole,
  version: v.variant('is', [
    v.object({ is: v.literal('original') }),
    v.object({ is: v.literal('patched'), payload: text }),
  ]),
})

const translation: v.GenericSchema<Translation> = v.object({
  schema: v.literal(1),
  command: v.literal('translate'),
  version: text,
  outcome: v.literal('done'),
  source: v.picklist(['patched', 'original']),
  payloads: v.array(v.object({ name: text, report: text, buildId: v.nullable(text) })),
  references: v.array(
    v.object({ logLine: whole, text, meanings: v.array(v.object({ place, printers: v.array(printer) })) }),
  ),
})

/** Of the operations on hosts, which share one form. */
const operation: v.GenericSchema<OperationReport> = v.object({
  schema: v.literal(1),
  command: v.picklist(['upload', 'get', 'list', 'apply', 'revert', 'replace', 'unload', 'load', 'symbols']),
  version: text,
  host: text,
  outcome: v.picklist(['done', 'failed']),
  payload: v.nullable(text),
  result: whole,
  errno: v.nullable(text),
  words: texts,
  numbers: v.exactOptional(v.record(text, v.number())),
  runs: v.exactOptional(v.nullable(text)),
  payloads: v.exactOptional(
    v.array(
      v.object({
        name: text,
        state: v.pipe(text, v.regex(/^(CHECKED|APPLIED|unknown \(\d+\))$/)),
        rc: whole,
        metadata: text,
      }),
    ),
  ),
})

const agent: v.GenericSchema<AgentReport> = v.object({
  schema: v.literal(1),
  command: v.literal('agent'),
  version: text,
  outcome: v.literal('done'),
  is: v.picklist(['library', 'source']),
  file: text,
})

const use = v.picklist(['build', 'rehearse', 'rehearse-arm64', 'process', 'xen', 'linux'])
const diagnosis: v.GenericSchema<DoctorReport> = v.object({
  schema: v.literal(1),
  command: v.literal('doctor'),
  version: text,
  outcome: v.picklist(['ready', 'missing']),
  asked: v.array(use),
  ready: v.array(use),
  checks: v.array(
    v.object({
      id: text,
      uses: v.array(use),
      needed: v.boolean(),
      status: v.picklist(['ok', 'missing', 'not-checked']),
      text,
      hint: v.nullable(text),
    }),
  ),
})

const neutralized = v.object({
  schema: v.literal(1),
  command: v.literal('neutralize'),
  version: text,
  outcome: v.literal('done'),
  style: v.picklist(['auto', 'directive', 'reformat']),
  files: v.array(
    v.object({
      file: text,
      insertions: whole,
      reformatted: whole,
      numbering: v.picklist(['above', 'between', 'shared', 'none']),
      unsafe: texts,
    }),
  ),
  notes: texts,
  patch: text,
})

const assistance: v.GenericSchema<AssistReport> = v.object({
  schema: v.literal(1),
  command: v.literal('assist'),
  version: text,
  outcome: v.picklist(['written', 'nothing-to-do', 'refused']),
  ways: v.array(v.object({ code: text, unit: text, symbol: text, text })),
  remaining: v.array(refusal),
  unwritten: v.array(v.object({ symbol: text, why: text })),
  fill: v.array(v.object({ line: whole, text })),
  with: v.nullable(text),
  patch: v.nullable(v.object({ file: text, text })),
  source: text,
})

const tree: v.GenericSchema<TreeReport> = v.object({
  schema: v.literal(1),
  command: v.literal('tree'),
  version: text,
  outcome: v.literal('done'),
  target: v.picklist(['xen', 'linux']),
  package: text,
  packageVersion: text,
  tree: text,
  symbols: text,
  image: text,
  makeArguments: texts,
  otherConfig: texts,
  notices: v.array(v.object({ code: text, text })),
  equal: whole,
  different: v.array(v.object({ unit: text, function: text, text })),
  absent: v.array(v.object({ unit: text, function: text })),
  unchecked: texts,
})

/**
 * By the name of the file in docs/schema, which is the command's, except that build and diff share `report`, and all
 * operations on hosts `operation`. `fleet-file` is what `fleet` reads.
 */
export const SCHEMAS = {
  report: runReport,
  advise: v.union([advice, failure]),
  agent: v.union([agent, failure]),
  assist: v.union([assistance, failure]),
  doctor: v.union([diagnosis, failure]),
  fleet: v.union([fleetIndex, failure]),
  'fleet-file': fleetFile,
  'fleet-plan': v.union([fleetPlan, failure]),
  'fleet-apply': v.union([fleetRollout, failure]),
  publish: v.union([updates, failure]),
  inspect: v.union([inspection, failure]),
  lines: v.union([lineSites, failure]),
  neutralize: v.union([neutralized, failure]),
  operation: v.union([operation, failure]),
  rehearse: v.union([rehearsal, failure]),
  translate: v.union([translation, failure]),
  tree: v.union([tree, failure]),
  verify: v.union([verification, failure]),
} as const
