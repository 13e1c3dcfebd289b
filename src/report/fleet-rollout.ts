/**
 * What became of hosts that a fleet's payloads were brought to, as plain data: the JSON of `hotsplice fleet apply`;
 * docs/schema/fleet-apply.json says the same. Its log has a line for each thing that happened, in the words of `RolloutEvent`.
 */
import * as v from 'valibot'
import type { PlanStep } from './fleet-plan.ts'
import { fleetSteps } from './fleet-plan.ts'
import type { Ink } from './ink.ts'
import { counted } from './text.ts'

const HOST_ENDS = ['done', 'as-it-was', 'reverted', 'stuck', 'interrupted', 'not-reached'] as const
const ENDS = ['done', 'nothing-to-do', 'in-part', 'failed', 'interrupted', 'dry-run'] as const

export interface FleetRollout {
  readonly schema: 1
  readonly command: 'fleet apply'
  /** Of hotsplice. */
  readonly version: string
  /**
   * - done: every host has all it needs;
   * - nothing-to-do: every host had;
   * - in-part: likewise, but for what the plan had no way to;
   * - failed: it stopped at a host, which was brought back as it was or is stuck;
   * - interrupted; dry-run.
   */
  readonly outcome: (typeof ENDS)[number]
  /** Hosts in the order in which they are gone to; those of one wave at once. */
  readonly waves: readonly (readonly string[])[]
  readonly hosts: readonly RolledHost[]
}

export interface RolledHost {
  readonly host: string
  readonly base: string | null
  /**
   * - done: all steps, and every check afterwards;
   * - as-it-was: nothing was changed there, because nothing was to be, or a check before said no (`isFault`);
   * - reverted: something went wrong, and what had been done there is taken back;
   * - stuck: that could not be done either; somebody has to look;
   * - interrupted: some steps were done, each of them whole;
   * - not-reached: the rollout had ended before.
   */
  readonly outcome: (typeof HOST_ENDS)[number]
  readonly isFault: boolean
  /** What is where, and why. */
  readonly text: string
  readonly steps: readonly PlanStep[]
  /** Fixes that it lacks after all steps. */
  readonly lacking: readonly string[]
}

/** What goes into the log, with the time and who it was. */
export type RolloutEvent =
  | { readonly event: 'rollout'; readonly waves: readonly (readonly string[])[] }
  /** `payloads`: what the host says is there, so that it tells, too, what came of a `begins` without its `did`. */
  | ({ readonly event: 'checked' | 'looked-at' } & OnHost & Judged & Found)
  | ({ readonly event: 'health'; readonly moment: 'before' | 'after' } & OnHost & Judged)
  /** Before anything is asked of the host; one without its `did` was not seen to end. */
  | ({ readonly event: 'begins' } & OnHost & Deed)
  | ({ readonly event: 'did'; readonly result: number | null; readonly words: readonly string[] } & OnHost & Deed)
  | ({ readonly event: 'host'; readonly outcome: RolledHost['outcome']; readonly text: string } & OnHost)
  | { readonly event: 'over'; readonly outcome: FleetRollout['outcome'] }

interface OnHost {
  readonly host: string
}
interface Found {
  readonly runs: string | null
  /** Null where it did not say. */
  readonly payloads: readonly { readonly name: string; readonly state: string }[] | null
}
interface Judged {
  readonly isRight: boolean
  readonly text: string
}

/** One operation on a host; `sha256` of the payload, where one is brought. */
export interface Deed {
  readonly purpose: 'forward' | 'back' | 'tidy'
  readonly operation: 'upload' | 'apply' | 'revert' | 'replace' | 'unload'
  readonly name: string
  readonly sha256: string | null
}

const text = v.string()
export const fleetRollout: v.GenericSchema<FleetRollout> = v.object({
  schema: v.literal(1),
  command: v.literal('fleet apply'),
  version: text,
  outcome: v.picklist(ENDS),
  waves: v.array(v.array(text)),
  hosts: v.array(
    v.object({
      host: text,
      base: v.nullable(text),
      outcome: v.picklist(HOST_ENDS),
      isFault: v.boolean(),
      text,
      steps: fleetSteps,
      lacking: v.array(text),
    }),
  ),
})

const WORDS: Readonly<Record<RolledHost['outcome'], string>> = {
  done: 'done',
  'as-it-was': 'as it was',
  reverted: 'REVERTED',
  stuck: 'STUCK, somebody has to look',
  interrupted: 'interrupted',
  'not-reached': 'not reached',
}

/** A line for each host. */
export function fleetRolloutText({ hosts, outcome }: FleetRollout, ink: Ink): string {
  const lines = hosts.map(host => {
    const tone = host.isFault ? ink.bad : host.outcome === 'done' ? ink.good : (words: string) => words
    const lacks = host.lacking.length === 0 ? '' : `; it lacks ${host.lacking.join(', ')}`
    return `${ink.strong(host.host)}: ${tone(WORDS[host.outcome])}: ${host.text}${lacks}`
  })
  return [...lines, `${counted(hosts.length, 'host')}: ${outcome}`].join('\n')
}
