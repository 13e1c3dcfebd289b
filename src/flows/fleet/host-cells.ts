/** What hosts report, and what each fix comes to on the base of a host. */
import type { CellOutcome, FleetCell, FleetIndex, FleetIndexBase, StoredPayload } from '../../report/fleet-index.ts'
import type { LackingFix, PlanNeed } from '../../report/fleet-plan.ts'

/** What a host tells of itself. */
export interface HostReport {
  /** As the plan calls it. */
  readonly host: string
  /** In hexadecimal, of what runs; null where it is not told. */
  readonly buildId: string | null
  /** Two names with the same are one machine; null where the host does not tell, undefined where nobody asked. */
  readonly machine?: string | null | undefined
  /** In the order of the listing, which says nothing of what was applied first. */
  readonly payloads: readonly ReportedPayload[]
}

export interface ReportedPayload {
  readonly name: string
  /** `APPLIED`, `CHECKED`, or something else. */
  readonly state: string
  /** Of its last action: 0, or a negative errno. */
  readonly rc: number
  /** Where the host tells it. */
  readonly buildId?: string | null | undefined
}

/** A base of the fleet, and by which build-id its hosts know it. */
export interface KnownBase {
  readonly base: FleetIndexBase
  readonly buildId: string
}

interface OfFix {
  readonly fix: string
  readonly ids: readonly string[]
  /** Its payload has the changes of others, and takes their place: nobody lacks it who has those. */
  readonly isCumulative: boolean
}

export type PayloadCell = OfFix & {
  readonly kind: 'payload'
  readonly payload: StoredPayload
  /** Fixes whose changes it has. */
  readonly includes: readonly string[]
}
export type LackingCell = OfFix & {
  readonly kind: 'lacking'
  readonly code: string
  readonly needs: PlanNeed
  readonly text: string
}
export type HostCell = PayloadCell | LackingCell | (OfFix & { readonly kind: 'not-needed' })

/** Each outcome of a cell without a payload: whether the host lacks the fix then, and what for. */
const WITHOUT: Readonly<Record<Exclude<CellOutcome, 'built'>, PlanNeed | 'nothing'>> = {
  'nothing-to-do': 'nothing',
  'not-affected': 'nothing',
  'expected-refusal': 'reboot',
  refused: 'reboot',
  'end-of-life': 'reboot',
  'does-not-apply': 'build',
  'rehearsal-failed': 'build',
  'below-missing': 'build',
  error: 'build',
  'not-done': 'build',
}

/** In the order of the fleet's file. */
export function hostCells(
  { base }: KnownBase,
  { fixes, cells }: FleetIndex,
  ended: string | undefined,
): readonly HostCell[] {
  return fixes.map(({ name, ids }) => {
    const cell = cells.find(each => each.base === base.name && each.fix === name)
    const of = { fix: name, ids, isCumulative: cell?.isCumulative === true }
    if (cell === undefined) {
      return { ...of, kind: 'lacking', code: 'not-done', needs: 'build', text: 'the index has no such cell' }
    }
    return cellOn(cell, of, ended)
  })
}

function cellOn(
  { outcome, payload, codes, text, includes }: FleetCell,
  of: OfFix,
  ended: string | undefined,
): HostCell {
  if (outcome === 'built' && payload !== null) return { ...of, kind: 'payload', payload, includes }
  const needs = outcome === 'built' ? 'build' : WITHOUT[outcome]
  if (needs === 'nothing') return { ...of, kind: 'not-needed' }
  if (ended !== undefined) return { ...of, kind: 'lacking', ...pastItsEnd(ended) }
  const more = codes.length === 0 ? '' : ` (${codes.join(', ')})`
  return { ...of, kind: 'lacking', code: outcome, needs, text: `${text}${more}` }
}

/** The day on which the life of a base ended; undefined where it has not. */
export const endOf = ({ base: { endOfLife } }: KnownBase, today: string): string | undefined =>
  endOfLife !== null && endOfLife < today ? endOfLife : undefined

/** Nothing more is loaded there. */
export const pastItsEnd = (day: string) =>
  ({ code: 'end-of-life', needs: 'reboot', text: `the base’s life ended on ${day}` }) as const

/** As the loader asks it; what names nothing is for what runs, with nothing upon it. */
export const fitsUpon = ({ depends }: StoredPayload, top: string, runs: string): boolean =>
  depends === top || (depends === null && top === runs)

export const lackingCell = ({ fix, ids, code, needs, text }: LackingCell): LackingFix => ({
  fix,
  ids,
  code,
  needs,
  text,
})

/** Fixes whose changes are there with these payloads. */
export const coveredBy = (cells: readonly PayloadCell[]): ReadonlySet<string> =>
  new Set(cells.flatMap(({ includes }) => includes))
