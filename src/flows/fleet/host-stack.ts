/**
 * What is applied on a host, as far as the fleet knows it: by names, since most hosts tell no more, and only where build-ids of
 * what the fleet has under these names make one stack. Where a host tells the build-id of a payload, that decides.
 */
import { InternalError } from '../../base/errors.ts'
import type { PlanProblem } from '../../report/fleet-plan.ts'
import {
  fitsUpon,
  type HostCell,
  type HostReport,
  type KnownBase,
  type PayloadCell,
  type ReportedPayload,
} from './host-cells.ts'

export interface StackOnHost {
  /** The lowest first, as far as that is known. */
  readonly there: readonly PayloadCell[]
  /** The build-id of what lies on top; or why nothing can be put upon it. */
  readonly top: string | PlanProblem
  readonly problems: readonly PlanProblem[]
  readonly notes: readonly string[]
}

/** The last action is not over. */
const EAGAIN = -11

export function stackOnHost(report: HostReport, { base, buildId }: KnownBase, cells: readonly HostCell[]): StackOnHost {
  const { payloads } = report
  const applied = payloads.filter(({ state }) => state === 'APPLIED')
  const below = new Set(base.on.map(({ name }) => name))
  const fixes = new Map(cells.flatMap(cell => (cell.kind === 'payload' ? [[cell.fix, cell] as const] : [])))
  const twice = [...below].filter(name => fixes.has(name))
  const known = applied.flatMap(({ name }) => (below.has(name) ? [] : (fixes.get(name) ?? [])))
  // What was below has given its place to it.
  const isReplaced = known.some(({ isCumulative }) => isCumulative)
  const last = isReplaced ? undefined : base.on.at(-1)
  const { there, top, left } = chained(known, { top: last === undefined ? buildId : last.buildId, runs: buildId })
  const problems = [
    ...unsettled(payloads),
    ...unknownPayloads(applied, below, fixes, cells),
    ...impostors(applied, base, known),
    ...(isReplaced ? besides(applied, below) : missingBelow(payloads, below)),
    ...twice.map(name => problem('same-name', `${name} is a fix, and is called so what the base stands on`)),
    ...(top === null
      ? [problem('unknown-below', `${last?.name}, which the base stands on, has no known build-id`)]
      : []),
    ...(top === null || left.length === 0 ? [] : [noStack(left)]),
  ]
  const notes = [...waiting(payloads), ...failures(payloads)]
  return { there: [...there, ...left], top: problems[0] ?? upper(top), problems, notes }
}

/** Where it is not known, that is a problem. */
function upper(top: string | null): string {
  if (top === null) throw new InternalError('what lies on top is not known, and that is no problem')
  return top
}

/** A function that two of them replace has the change of one of them only. */
function noStack(left: readonly PayloadCell[]): PlanProblem {
  const names = left.map(({ fix }) => fix).join(', ')
  const text = `what the fleet has as ${names} was not built upon what else is applied there, and may be hidden by it or hide it`
  return problem('no-stack', text)
}

const problem = (code: string, text: string): PlanProblem => ({ code, needs: 'look', text })

/** Each upon the one that its payload depends on; `left` fits nowhere. */
function chained(known: readonly PayloadCell[], from: { readonly top: string | null; readonly runs: string }) {
  const there: PayloadCell[] = []
  let left = known
  let { top } = from
  for (;;) {
    const upon = top
    const next = upon === null ? [] : left.filter(({ payload }) => fitsUpon(payload, upon, from.runs))
    // Two that stand on the same are no stack.
    const [only] = next
    if (only === undefined || next.length > 1) return { there, top, left }
    there.push(only)
    left = left.filter(cell => cell !== only)
    top = only.payload.buildId
  }
}

function unsettled(payloads: readonly ReportedPayload[]): readonly PlanProblem[] {
  return payloads.flatMap(({ name, state, rc }) => {
    if (rc === EAGAIN) return [problem('pending', `an action on ${name} is not over; ask the host again`)]
    const isKnown = state === 'APPLIED' || state === 'CHECKED'
    return isKnown ? [] : [problem('unknown-state', `${name} is in the state ${JSON.stringify(state)}`)]
  })
}

function unknownPayloads(
  applied: readonly ReportedPayload[],
  below: ReadonlySet<string>,
  fixes: ReadonlyMap<string, PayloadCell>,
  cells: readonly HostCell[],
): readonly PlanProblem[] {
  return applied.flatMap(({ name }) => {
    if (below.has(name) || fixes.has(name)) return []
    const isFix = cells.some(({ fix }) => fix === name)
    const why = isFix ? 'the index has no payload of that fix for this base' : 'the fleet does not know it'
    return [problem('unknown-payload', `${name} is applied there, and ${why}`)]
  })
}

/** Under that name the fleet has something else, or had once. */
function impostors(
  applied: readonly ReportedPayload[],
  { on }: KnownBase['base'],
  known: readonly PayloadCell[],
): readonly PlanProblem[] {
  const ids = new Map([
    ...on.map(({ name, buildId }) => [name, buildId] as const),
    ...known.map(({ fix, payload }) => [fix, payload.buildId] as const),
  ])
  return applied.flatMap(({ name, buildId }) => {
    const ours = ids.get(name)
    if (buildId == null || ours == null || buildId === ours) return []
    return [
      problem('other-payload', `${name} is applied there with the build-id ${buildId}, and the fleet’s has ${ours}`),
    ]
  })
}

/** A payload that took the place of all stands alone. */
const besides = (applied: readonly ReportedPayload[], below: ReadonlySet<string>): readonly PlanProblem[] =>
  applied.flatMap(({ name }) =>
    below.has(name) ? [problem('no-stack', `${name} is applied beside a payload that was to take its place`)] : [],
  )

function missingBelow(payloads: readonly ReportedPayload[], below: ReadonlySet<string>): readonly PlanProblem[] {
  return [...below].flatMap(name => {
    const found = payloads.find(each => each.name === name)
    if (found?.state === 'APPLIED') return []
    const how = found === undefined ? 'is not there' : `is ${found.state} only`
    return [problem('below-missing', `the base stands on ${name}, which ${how}`)]
  })
}

const waiting = (payloads: readonly ReportedPayload[]) =>
  payloads.flatMap(({ name, state }) => (state === 'CHECKED' ? [`${name} is there and not applied`] : []))

const failures = (payloads: readonly ReportedPayload[]) =>
  payloads.flatMap(({ name, rc }) => (rc === 0 || rc === EAGAIN ? [] : [`the last action on ${name} failed (${rc})`]))
