/**
 * One host of a rollout: looked at, changed step by step, looked at again; and brought back where anything is not right.
 *
 * Worse mistake: to go on. A host that is not what it was when the plan was made, a word that cannot be understood, a health
 * command that cannot be started: all of that is a no.
 */
import { reportedError } from '../../report/error-report.ts'
import type { FleetIndex } from '../../report/fleet-index.ts'
import type { HostPlan, PlanStep } from '../../report/fleet-plan.ts'
import type { RolledHost } from '../../report/fleet-rollout.ts'
import type { HostReport } from './host-cells.ts'
import { doStep, type OnHost, takeBack } from './host-deeds.ts'
import { planHosts } from './plan-hosts.ts'
import type { RolloutWorld } from './rollout-world.ts'

export interface RollRequest {
  readonly index: FleetIndex
  /** Of hotsplice. */
  readonly version: string
  readonly today: string
}

/** `plan` is what the rollout began with. */
export async function rollHost(plan: HostPlan, request: RollRequest, world: RolloutWorld): Promise<RolledHost> {
  const ended = await tryHost(plan, request, world)
  const rolled: RolledHost = {
    host: plan.host,
    base: plan.base,
    isFault: false,
    ...ended,
    steps: plan.steps,
    lacking: plan.lacking.map(({ fix }) => fix),
  }
  world.log({ event: 'host', host: plan.host, outcome: rolled.outcome, text: rolled.text })
  return rolled
}

type Ended = Pick<RolledHost, 'outcome' | 'text'> & Partial<Pick<RolledHost, 'isFault'>>

const asItWas = (text: string): Ended => ({ outcome: 'as-it-was', isFault: true, text })

async function tryHost(plan: HostPlan, request: RollRequest, world: RolloutWorld): Promise<Ended> {
  let host: OnHost['host']
  try {
    host = await world.open(plan.host)
  } catch (error) {
    return asItWas(reportedError(error).text)
  }
  try {
    return await rollOpened({ name: plan.host, host, world }, plan, request)
  } catch (error) {
    // Steps and the way back tell what goes wrong themselves: this is a host that cannot be looked at.
    return asItWas(reportedError(error).text)
  } finally {
    await host.close()
  }
}

/** What takes away what a replace has left, once all is well: until then it is the way back. */
function tidyingIn(steps: readonly PlanStep[]): readonly PlanStep[] {
  const at = steps.findIndex(({ action }) => action === 'replace')
  const after = at === -1 ? [] : steps.slice(at + 1)
  const brought = after.findIndex(({ action }) => action !== 'unload')
  return brought === -1 ? after : after.slice(0, brought)
}

async function rollOpened(on: OnHost, plan: HostPlan, request: RollRequest): Promise<Ended> {
  const { world } = on
  const before = (await lookBefore(on, plan, request)) ?? (await healthOf(on, 'before'))
  if (before !== undefined) return asItWas(before)
  if (plan.steps.length === 0) return { outcome: 'as-it-was', text: 'nothing was to be done' }
  const said = await on.host.said()
  const tidying = tidyingIn(plan.steps)
  const forward = plan.steps.filter(step => !tidying.includes(step))
  const tried: PlanStep[] = []
  for (const step of forward) {
    if (world.signal.aborted) return interrupted(tried, forward)
    tried.push(step)
    const trouble = await doStep(on, step, 'forward')
    if (trouble === undefined) continue
    // What the host did not take is not there, or is somebody else's, who came meanwhile.
    const done = trouble.isRefused ? tried.slice(0, -1) : tried
    return done.length === 0 ? asItWas(trouble.text) : await back(on, done, { plan, why: trouble.text })
  }
  const after = (await lookAfter(on, plan, { request, said })) ?? (await healthOf(on, 'after'))
  if (after !== undefined) {
    // Whoever stops a rollout stops the health command with it, which then says nothing of the host.
    if (world.signal.aborted) return interrupted(tried, forward)
    return await back(on, tried, { plan, why: after })
  }
  const left: string[] = []
  for (const step of tidying) left.push(...[await doStep(on, step, 'tidy')].flatMap(trouble => trouble?.text ?? []))
  const names = forward.flatMap(({ action, name }) => (action === 'unload' ? [] : [name]))
  return { outcome: 'done', text: [`${names.join(', ')} applied`, ...left].join('; ') }
}

function interrupted(tried: readonly PlanStep[], forward: readonly PlanStep[]): Ended {
  const names = (steps: readonly PlanStep[]) => steps.map(({ action, name }) => `${action} ${name}`).join(', ')
  const rest = forward.slice(tried.length)
  const undone = rest.length === 0 ? 'and what came of it was not looked at' : `not done: ${names(rest)}`
  if (tried.length === 0) return { outcome: 'interrupted', text: `nothing was changed; not done: ${names(rest)}` }
  return { outcome: 'interrupted', isFault: true, text: `done: ${names(tried)}; ${undone}` }
}

async function back(
  on: OnHost,
  tried: readonly PlanStep[],
  { plan, why }: { readonly plan: HostPlan; readonly why: string },
): Promise<Ended> {
  const left = await takeBack(on, tried, plan)
  // What waited there under a payload's name was taken away, and nobody has its bytes.
  const gone = tried.flatMap(({ action, name }) => (action === 'unload' ? [name] : []))
  const lost = gone.length === 0 ? '' : `; what waited there as ${gone.join(', ')} was taken away`
  if (left.length > 0)
    return { outcome: 'stuck', isFault: true, text: `${why}; and on the way back: ${left.join('; ')}` }
  return { outcome: 'reverted', isFault: true, text: `${why}${lost}` }
}

/** Why the host is not to be touched; undefined where it may be. */
async function lookBefore(on: OnHost, plan: HostPlan, request: RollRequest): Promise<string | undefined> {
  const { name, host, world } = on
  const report = await host.report()
  const now = planOf(on, report, request)
  const wrong =
    now === undefined || JSON.stringify(now.steps) !== JSON.stringify(plan.steps)
      ? 'it is not as it was when the plan was made: run this again'
      : (now.problems[0]?.text ?? (await trial(on, plan)))
  world.log({
    event: 'checked',
    host: name,
    isRight: wrong === undefined,
    text: wrong ?? 'as planned',
    ...found(report),
  })
  return wrong
}

const found = ({ buildId, payloads }: Omit<HostReport, 'host'>) =>
  ({ runs: buildId, payloads: payloads.map(({ name, state }) => ({ name, state })) }) as const

const planOf = ({ name }: OnHost, report: Omit<HostReport, 'host'>, request: RollRequest) =>
  planHosts({ ...request, hosts: [{ ...report, host: name }] }).hosts[0]

/** As far as the host can say beforehand whether it takes the first payload. */
async function trial({ host, world }: OnHost, { steps: [first] }: HostPlan): Promise<string | undefined> {
  if (first === undefined || first.action === 'unload') return undefined
  const { result, words } = await host.upload({ name: first.name, payload: world.payload(first), dryRun: true })
  return result < 0 ? `it would not take ${first.name}: ${words.join('; ')}` : undefined
}

/** What is not as it should be after all steps. */
async function lookAfter(
  on: OnHost,
  plan: HostPlan,
  { request, said }: { readonly request: RollRequest; readonly said: readonly string[] },
): Promise<string | undefined> {
  const { name, host, world } = on
  let there: ReturnType<typeof found> | { runs: null; payloads: null } = { runs: null, payloads: null }
  let wrong: string | undefined
  try {
    const report = await host.report()
    there = found(report)
    const { runs } = there
    const now = planOf(on, report, request)
    const left = now?.steps.map(step => step.name) ?? []
    const failed = report.payloads.filter(each => each.rc !== 0 && plan.steps.some(step => step.name === each.name))
    if (runs !== plan.buildId) wrong = `it runs ${runs ?? 'nobody knows what'} now`
    else if (now === undefined || now.problems.length > 0) wrong = now?.problems[0]?.text ?? 'it is not to be told'
    else if (left.length > 0) wrong = `it does not have ${left.join(', ')} after all`
    else if (failed.length > 0) wrong = `the last action on ${failed.map(each => each.name).join(', ')} failed`
    else wrong = alarmIn(said, await host.said(), world)
  } catch (error) {
    wrong = reportedError(error).text
  }
  world.log({
    event: 'looked-at',
    host: name,
    isRight: wrong === undefined,
    text: wrong ?? 'as it should be',
    ...there,
  })
  return wrong
}

/** In what the system has said since. */
function alarmIn(before: readonly string[], now: readonly string[], { isAlarming }: RolloutWorld): string | undefined {
  const line = now.slice(stillThere(before, now)).find(isAlarming)
  return line === undefined ? undefined : `its console says: ${line}`
}

/**
 * How many lines at its beginning a log had before. One that turns over loses its beginning, in the midst of a line maybe. Lines
 * may be said again, so that where the last one stands says nothing.
 */
function stillThere(before: readonly string[], now: readonly string[]): number {
  const isSame = (lost: number) =>
    before.length - lost <= now.length &&
    before.slice(lost).every((line, at) => line === now[at] || (lost > 0 && at === 0 && line.endsWith(now[0] ?? line)))
  const lost = before.findIndex((_, at) => isSame(at))
  return lost === -1 ? 0 : before.length - lost
}

async function healthOf({ name, world }: OnHost, moment: 'before' | 'after'): Promise<string | undefined> {
  if (world.health === undefined) return undefined
  const { isRight, text } = await world.health(name)
  world.log({ event: 'health', host: name, moment, isRight, text })
  return isRight
    ? undefined
    : `the health command said no ${moment === 'before' ? 'before anything was done' : 'afterwards'}: ${text}`
}
