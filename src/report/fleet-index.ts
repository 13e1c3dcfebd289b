/**
 * What came of a fleet: the matrix of its bases and fixes, as plain data. The JSON of `hotsplice fleet build`, and the file
 * index.json of its folder; docs/schema/fleet.json says the same.
 *
 * Nothing in it depends on when or how quickly it was made, rehearsals apart: the same fleet gives the same index.
 */
import * as v from 'valibot'
import type { StoredFile } from '../base/stored-file.ts'
import type { ReportedError } from './model.ts'
import { reportedError } from './schema.ts'

export const FLEET_SCHEMA = 1

const CELL_OUTCOMES = [
  'built',
  'nothing-to-do',
  'not-affected',
  'expected-refusal',
  'refused',
  'does-not-apply',
  'rehearsal-failed',
  'below-missing',
  'end-of-life',
  'error',
  'not-done',
] as const
export type CellOutcome = (typeof CELL_OUTCOMES)[number]

export interface FleetIndex {
  readonly schema: 1
  readonly command: 'fleet'
  /** Of hotsplice. */
  readonly version: string
  readonly outcome: FleetOutcome
  readonly bases: readonly FleetIndexBase[]
  readonly fixes: readonly FleetIndexFix[]
  /** One for each base and fix, base by base. */
  readonly cells: readonly FleetCell[]
}

/**
 * - as-expected: every cell is;
 * - nothing-to-do: likewise, and no fix changes code anywhere;
 * - not-as-expected: something was refused, failed in rehearsal, or was to be refused and was not;
 * - failed: a patch does not apply, or something else was wrong;
 * - not-done: the run was ended before.
 */
export type FleetOutcome = 'as-expected' | 'nothing-to-do' | 'not-as-expected' | 'failed' | 'not-done'

export interface FleetIndexBase {
  readonly name: string
  /** As the fleet's file says it; null where it does not. */
  readonly buildId: string | null
  readonly endOfLife: string | null
  /** What is applied there already, the lowest first. */
  readonly on: readonly PayloadBelow[]
}

/** A payload that the fleet stands on, by the name that it has on hosts. */
export interface PayloadBelow {
  readonly name: string
  /** Null where nothing is built for the base, so that nobody looked. */
  readonly buildId: string | null
}

export interface FleetIndexFix {
  readonly name: string
  readonly ids: readonly string[]
}

export interface FleetCell {
  readonly base: string
  readonly fix: string
  readonly outcome: CellOutcome
  readonly asExpected: boolean
  /** In words: what came of it, and why. */
  readonly text: string
  /** Codes of refusals, each once. */
  readonly codes: readonly string[]
  /** What was to be refused here, and who said so; null where nothing was. */
  readonly expected: { readonly codes: readonly string[]; readonly reason: string; readonly who: string } | null
  /** Fixes whose payloads this one goes upon, the lowest first. */
  readonly upon: readonly string[]
  /** Fixes whose changes its text has, in their order, its own among them; empty where nothing is made. */
  readonly includes: readonly string[]
  /** Whether it takes the place of payloads of fixes that it includes, instead of going upon them. */
  readonly isCumulative: boolean
  /** Files are relative to the index’s folder. Null unless the outcome is `built`. */
  readonly payload: StoredPayload | null
  /** The payload’s debug file; null where units were compiled without debug information. */
  readonly debugFile: StoredFile | null
  /** The JSON of `hotsplice build --details`, without what depends on the clock. */
  readonly report: StoredFile | null
  /** The report for a browser. */
  readonly page: StoredFile | null
  /** The JSON of `hotsplice rehearse`. */
  readonly rehearsal: (StoredFile & { readonly outcome: string }) | null
  readonly error: ReportedError | null
  /** Digests of what it was made from, by what that is; empty where nothing is made. */
  readonly inputs: Readonly<Record<string, string>>
}

export interface StoredPayload extends StoredFile {
  readonly buildId: string
  /** The build-id of what runs, which it is made for; null where nobody knows. */
  readonly runs: string | null
  /** The build-id of what it is applied upon: what runs, or a payload; null where it asks for nothing. */
  readonly depends: string | null
}

const text = v.string()
const storedEntries = { file: text, sha256: text, size: v.number() }
export const storedFile: v.GenericSchema<StoredFile> = v.object(storedEntries)
export const storedPayload: v.GenericSchema<StoredPayload> = v.object({
  ...storedEntries,
  buildId: text,
  runs: v.nullable(text),
  depends: v.nullable(text),
})
export const storedRehearsal = v.object({ ...storedEntries, outcome: text })

const fleetCell: v.GenericSchema<FleetCell> = v.object({
  base: text,
  fix: text,
  outcome: v.picklist(CELL_OUTCOMES),
  asExpected: v.boolean(),
  text,
  codes: v.array(text),
  expected: v.nullable(v.object({ codes: v.array(text), reason: text, who: text })),
  upon: v.array(text),
  includes: v.array(text),
  isCumulative: v.boolean(),
  payload: v.nullable(storedPayload),
  debugFile: v.nullable(storedFile),
  report: v.nullable(storedFile),
  page: v.nullable(storedFile),
  rehearsal: v.nullable(storedRehearsal),
  error: v.nullable(reportedError),
  inputs: v.record(text, text),
})

export const fleetIndex: v.GenericSchema<FleetIndex> = v.object({
  schema: v.literal(FLEET_SCHEMA),
  command: v.literal('fleet'),
  version: text,
  outcome: v.picklist(['as-expected', 'nothing-to-do', 'not-as-expected', 'failed', 'not-done']),
  bases: v.array(
    v.object({
      name: text,
      buildId: v.nullable(text),
      endOfLife: v.nullable(text),
      on: v.array(v.object({ name: text, buildId: v.nullable(text) })),
    }),
  ),
  fixes: v.array(v.object({ name: text, ids: v.array(text) })),
  cells: v.array(fleetCell),
})
