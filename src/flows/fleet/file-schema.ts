/** What a fleet's file may hold, as it is written: YAML or JSON. docs/schema/fleet-file.json is made of it. */
import * as v from 'valibot'

const text = v.pipe(v.string(), v.minLength(1))
const texts = v.array(text)
/** A name is a folder's too. */
export const FLEET_NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,199}$/
const name = v.pipe(
  v.string(),
  v.regex(
    FLEET_NAME,
    'a name has letters, digits and . _ + - only, begins with one of the first two, and has no more than 200',
  ),
)
const hex = v.pipe(v.string(), v.regex(/^(?:[0-9a-fA-F]{2})+$/, 'a build-id is an even number of hexadecimal digits'))
const date = v.pipe(v.string(), v.isoDate('a day is written as 2027-12-31'))
const whole = v.pipe(v.number(), v.integer(), v.minValue(1))

const rehearsal = v.strictObject({
  /** What boots; the base's image unless given. */
  hypervisor: v.optional(text),
  script: v.optional(text),
  cpus: v.optional(whole, 1),
  /** Milliseconds. */
  timeout: v.optional(whole, 60_000),
})

/** A payload that is applied already; and the patches that it was made from, where new text is to have them as well. */
const applied = v.union([
  text,
  v.strictObject({ payload: text, patches: v.pipe(texts, v.minLength(1, 'at least one patch')) }),
])

const base = v.strictObject({
  name,
  tree: text,
  target: v.optional(v.picklist(['xen', 'process', 'linux']), 'xen'),
  'build-id': v.optional(hex),
  'end-of-life': v.optional(date),
  symbols: v.optional(text),
  image: v.optional(text),
  on: v.optional(v.array(applied), []),
  config: v.optional(text),
  'make-args': v.optional(v.array(v.pipe(v.string(), v.regex(/^[^=\s]+=/, 'it must be VAR=VALUE'))), []),
  'build-dir': v.optional(text),
  toolchain: v.optional(text),
  'toolchain-path': v.optional(texts, []),
  depends: v.optional(hex),
  'xen-depends': v.optional(hex),
  'without-ibt': v.optional(v.boolean(), false),
  rehearse: v.optional(v.union([v.boolean(), rehearsal]), false),
})

const options = v.strictObject({
  lines: v.optional(v.picklist(['auto', 'neutral', 'mask', 'table', 'ignore']), 'auto'),
  'accept-type': v.optional(texts, []),
  'leave-init': v.optional(texts, []),
  'promote-callers': v.optional(texts, []),
  'compile-all': v.optional(v.boolean(), false),
  with: v.optional(texts, []),
  strip: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 1),
})

const patches = v.pipe(texts, v.minLength(1, 'at least one patch'))

const fix = v.strictObject({
  name,
  ids: v.optional(texts, []),
  /** The fix whose payload it is built upon. */
  on: v.optional(text),
  /** Fixes that are in this one payload, which takes the place of theirs. */
  cumulative: v.optional(v.pipe(texts, v.minLength(1, 'at least one fix'))),
  /** Variables of payloads whose place it takes, which nobody needs afterwards. */
  loses: v.optional(v.array(v.strictObject({ variables: texts, reason: text, who: text })), []),
  patches: v.optional(patches),
  /** By base, where they differ. */
  'patches-for': v.optional(v.record(v.string(), patches), {}),
  /** By base, why it needs none. */
  'not-affected': v.optional(v.record(v.string(), text), {}),
  options: v.optional(options, {}),
  'expected-refusals': v.optional(
    v.array(
      v.strictObject({
        base: text,
        codes: v.pipe(texts, v.minLength(1, 'at least one code of a refusal')),
        /** Of functions and data that are refused; any unless given. */
        symbols: v.optional(v.pipe(texts, v.minLength(1, 'at least one symbol'))),
        reason: text,
        who: text,
      }),
    ),
    [],
  ),
})

export const fleetFile = v.strictObject({
  bases: v.pipe(v.array(base), v.minLength(1, 'at least one base')),
  fixes: v.pipe(v.array(fix), v.minLength(1, 'at least one fix')),
})

export type FleetFile = v.InferOutput<typeof fleetFile>

/** What is wrong, at a path of keys and indexes. */
export interface Fault {
  readonly path: readonly (string | number)[]
  readonly text: string
}
