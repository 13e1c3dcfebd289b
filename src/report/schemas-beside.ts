/** The JSON that verify, rehearse and advise write, which pages show beside the reports of builds. */
import * as v from 'valibot'
import type { Errno } from '../verify/model.ts'
import type { Advice } from './advice.ts'
import { entry, refusal } from './schema.ts'

const text = v.string()
const texts = v.array(v.string())
const whole = v.pipe(v.number(), v.integer())

/** What a command that has no form of its own for a failure writes. */
export const failure = v.object({
  schema: v.literal(1),
  command: v.nullable(text),
  version: text,
  outcome: v.literal('error'),
  error: v.object({ code: text, text, trail: texts, hint: v.nullable(text) }),
})

export const rehearsal = v.object({
  schema: v.literal(1),
  outcome: v.picklist(['passed', 'failed', 'crashed', 'timeout']),
  hypervisor: v.object({ name: v.picklist(['Xen', 'Linux']), file: text, version: text, buildId: text }),
  payloads: texts,
  digests: texts,
  operations: v.array(
    v.object({
      line: whole,
      text,
      operation: text,
      result: v.nullable(v.number()),
      errno: v.nullable(text),
      expectation: text,
      expected: v.boolean(),
      output: texts,
      console: texts,
      time: v.number(),
    }),
  ),
  notRun: whole,
  downfall: v.nullable(v.object({ kind: v.picklist(['crashed', 'hung']), sign: text, lines: texts })),
  console: texts,
  timings: v.object({ boot: v.number(), script: v.number(), total: v.number() }),
})

const errnos: readonly Errno[] = [
  'ENOEXEC',
  'EBADMSG',
  'ENOPKG',
  'EINVAL',
  'EOPNOTSUPP',
  'ENOENT',
  'EEXIST',
  'EOVERFLOW',
  'ERANGE',
  'ENODATA',
  'ENOMEM',
  'ENOSPC',
  'ENOSYS',
]
const verdict = v.picklist([...errnos, 'crash', 'wrong'])
const stage = v.picklist(['upload', 'apply', 'run', 'revert'])

/** `version` is one of a list, which verify has. */
export const verification = v.object({
  schema: v.literal(1),
  target: v.picklist(['xen', 'linux']),
  version: text,
  sha256: text,
  accepted: v.boolean(),
  complete: v.boolean(),
  errno: v.nullable(verdict),
  stage: v.nullable(stage),
  decidedBy: v.nullable(text),
  checks: v.array(
    v.object({
      code: text,
      status: v.picklist(['passed', 'failed', 'not-applicable']),
      text,
      stage,
      errno: v.exactOptional(verdict),
      place: v.exactOptional(text),
      warning: v.exactOptional(text),
    }),
  ),
})

const way = v.picklist(['auto', 'neutral', 'mask', 'ignore', 'table'])
export const advice: v.GenericSchema<Advice> = v.object({
  schema: v.literal(1),
  command: v.literal('advise'),
  version: text,
  outcome: v.picklist(['advised', 'nothing-to-do', 'refused']),
  recommended: v.nullable(way),
  reason: text,
  ways: v.array(
    v.object({
      way,
      outcome: v.picklist(['built', 'nothing-to-do', 'refused', 'differs', 'error']),
      error: v.nullable(failure.entries.error),
      functions: v.array(entry),
      helpers: whole,
      left: whole,
      refusals: v.array(refusal),
      size: v.nullable(whole),
      effort: v.object({ compiles: whole, cached: whole, compileTime: v.number(), otherTime: v.number() }),
      files: v.array(v.object({ file: text, way, reason: text })),
      logs: v.object({
        text,
        backtraces: text,
        examples: v.array(v.object({ function: text, prints: text, means: text })),
        off: v.nullable(whole),
      }),
    }),
  ),
})
