/**
 * What hosts need of a fleet's payloads, as plain data: the JSON of `hotsplice fleet plan`; docs/schema/fleet-plan.json says the
 * same.
 */
import * as v from 'valibot'
import type { Ink } from './ink.ts'
import type { ReportedError } from './model.ts'
import { reportedError } from './schema.ts'
import { counted } from './text.ts'

/** What a fix that a host lacks waits for: a boot into another build, a payload that the fleet has yet to make, or a person. */
const NEEDS = ['reboot', 'build', 'look'] as const
export type PlanNeed = (typeof NEEDS)[number]

const HOST_OUTCOMES = ['up-to-date', 'to-do', 'in-part', 'unclear', 'not-asked'] as const

/** Exit codes stand for these; the worst host decides. */
const PLAN_OUTCOMES = ['up-to-date', 'to-do', 'in-part', 'failed'] as const

export interface FleetPlan {
  readonly schema: 1
  readonly command: 'fleet plan'
  /** Of hotsplice. */
  readonly version: string
  readonly outcome: (typeof PLAN_OUTCOMES)[number]
  readonly hosts: readonly HostPlan[]
}

export interface HostPlan {
  /** The listing's file, or as `--host` has it. */
  readonly host: string
  /** Of what runs there; null where it is not told. */
  readonly buildId: string | null
  /** Null where what runs there is none of the fleet's bases, or is not told apart. */
  readonly base: string | null
  /**
   * - up-to-date: nothing is lacking;
   * - to-do: nothing will be lacking after the steps;
   * - in-part: something will;
   * - unclear: something there cannot be told; `problems` says what;
   * - not-asked: the host could not be asked.
   */
  readonly outcome: (typeof HOST_OUTCOMES)[number]
  /** Fixes whose changes are applied there, by the names that the host tells, which is all that most hosts tell of payloads. */
  readonly there: readonly string[]
  /** What is applied there, as far as the fleet knows it, the lowest first; without a file where it has none of it. */
  readonly stack: readonly { readonly name: string; readonly file: string | null; readonly sha256: string | null }[]
  /** To be done in this order. */
  readonly steps: readonly PlanStep[]
  readonly lacking: readonly LackingFix[]
  readonly problems: readonly PlanProblem[]
  /** What is worth knowing and stops nothing. */
  readonly notes: readonly string[]
  readonly error: ReportedError | null
}

export interface PlanStep {
  /** `load` uploads and applies it; `replace` uploads it, and reverts all that is applied as it is applied itself. */
  readonly action: 'unload' | 'load' | 'replace'
  readonly fix: string
  /** As the payload is, or is to be, called there. */
  readonly name: string
  /** Relative to the index’s folder; null where something is taken away. */
  readonly file: string | null
  readonly sha256: string | null
}

/** A fix that the host will lack after the steps. */
export interface LackingFix {
  readonly fix: string
  readonly ids: readonly string[]
  readonly code: string
  readonly needs: PlanNeed
  readonly text: string
}

export interface PlanProblem {
  readonly code: string
  readonly needs: PlanNeed
  readonly text: string
}

const text = v.string()
const needs = v.picklist(NEEDS)
const problem = { code: text, needs, text }

/** What is done on a host, in order. */
export const fleetSteps = v.array(
  v.object({
    action: v.picklist(['unload', 'load', 'replace']),
    fix: text,
    name: text,
    file: v.nullable(text),
    sha256: v.nullable(text),
  }),
)

export const fleetPlan: v.GenericSchema<FleetPlan> = v.object({
  schema: v.literal(1),
  command: v.literal('fleet plan'),
  version: text,
  outcome: v.picklist(PLAN_OUTCOMES),
  hosts: v.array(
    v.object({
      host: text,
      buildId: v.nullable(text),
      base: v.nullable(text),
      outcome: v.picklist(HOST_OUTCOMES),
      there: v.array(text),
      stack: v.array(v.object({ name: text, file: v.nullable(text), sha256: v.nullable(text) })),
      steps: fleetSteps,
      lacking: v.array(v.object({ fix: text, ids: v.array(text), ...problem })),
      problems: v.array(v.object(problem)),
      notes: v.array(text),
      error: v.nullable(reportedError),
    }),
  ),
})

const NEED_WORDS: Readonly<Record<PlanNeed, string>> = {
  reboot: 'not without a reboot',
  build: 'the fleet has no payload for it',
  look: 'somebody has to look',
}

const OUTCOME_WORDS: Readonly<Record<HostPlan['outcome'], { readonly word: string; readonly tone: 'good' | 'bad' }>> = {
  'up-to-date': { word: 'has all it needs', tone: 'good' },
  'to-do': { word: 'to be brought up to date', tone: 'good' },
  'in-part': { word: 'something will be lacking', tone: 'bad' },
  unclear: { word: 'unclear', tone: 'bad' },
  'not-asked': { word: 'could not be asked', tone: 'bad' },
}

/** A part for each host: what is there, what is to be done in which order, what cannot be done and why. */
export function fleetPlanText({ hosts }: FleetPlan, ink: Ink): string {
  return [...hosts.map(host => hostText(host, ink)), tally(hosts)].join('\n')
}

function hostText(host: HostPlan, ink: Ink): string {
  const { word, tone } = OUTCOME_WORDS[host.outcome]
  const runs = host.base === null ? '' : ` (${host.base})`
  const { error } = host
  const lines = [
    ...(error === null ? [] : [`${error.text} [${error.code}]`]),
    ...problemLines(host.problems),
    ...(host.there.length === 0 ? [] : [`there, by name: ${host.there.join(', ')}`]),
    ...host.steps.map((step, at) => `${at + 1}. ${stepText(step)}`),
    ...host.lacking.map(
      ({ fix, ids, code, needs, text }) => `${[fix, ...ids].join(' ')}: ${NEED_WORDS[needs]}: ${text} [${code}]`,
    ),
    ...host.notes.map(note => `note: ${note}`),
  ]
  return [`${ink.strong(host.host)}${runs}: ${ink[tone](word)}`, ...lines.map(line => `  ${line}`)].join('\n')
}

const problemLines = (problems: readonly PlanProblem[]) =>
  problems.map(({ code, needs, text }) => `${NEED_WORDS[needs]}: ${text} [${code}]`)

const stepText = ({ action, name, file }: PlanStep) =>
  action === 'unload' ? `unload ${name}` : `${action === 'load' ? 'load' : 'replace all by'} ${file} as ${name}`

function tally(hosts: readonly HostPlan[]): string {
  const counts = new Map<HostPlan['outcome'], number>()
  for (const { outcome } of hosts) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  return `${counted(hosts.length, 'host')}: ${[...counts].map(([outcome, count]) => `${count} ${OUTCOME_WORDS[outcome].word}`).join(', ')}`
}
