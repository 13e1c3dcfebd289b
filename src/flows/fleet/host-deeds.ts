/**
 * Steps on one host, each written down before and after; and the way back.
 *
 * Worse mistake: to believe that something is undone. So the way back asks the host what is there, and what it cannot bring back
 * is told.
 */
import { reportedError } from '../../report/error-report.ts'
import type { HostPlan, PlanStep } from '../../report/fleet-plan.ts'
import type { Deed } from '../../report/fleet-rollout.ts'
import type { Did, HostAction, RolloutHost, RolloutWorld } from './rollout-world.ts'

export interface OnHost {
  readonly name: string
  readonly host: RolloutHost
  readonly world: RolloutWorld
}

/** What the host did not do; undefined where it did. */
type Trouble = { readonly text: string; readonly isRefused: boolean } | undefined

/** A host that says no has a result; one that is not reached, or falls silent, has none. */
async function deed({ name, world }: OnHost, about: Deed, ask: () => Promise<Did>): Promise<Trouble> {
  world.log({ event: 'begins', host: name, ...about })
  try {
    const { result, words } = await ask()
    world.log({ event: 'did', host: name, ...about, result, words })
    if (result >= 0) return undefined
    const text = `${about.operation} ${about.name} ended with ${result}: ${words.join('; ')}`
    // What was uploaded is there all the same.
    return { text, isRefused: about.operation === 'upload' }
  } catch (error) {
    const { text, code } = reportedError(error)
    world.log({ event: 'did', host: name, ...about, result: null, words: [text] })
    return { text: `${about.operation} ${about.name}: ${text} [${code}]`, isRefused: false }
  }
}

const act = (on: OnHost, operation: HostAction, name: string, purpose: Deed['purpose']): Promise<Trouble> =>
  deed(on, { purpose, operation, name, sha256: null }, () => on.host.act({ action: operation, name }))

function upload(
  on: OnHost,
  name: string,
  { file, sha256 }: Pick<PlanStep, 'file' | 'sha256'>,
  purpose: Deed['purpose'],
): Promise<Trouble> {
  return deed(on, { purpose, operation: 'upload', name, sha256 }, async () =>
    on.host.upload({ name, payload: on.world.payload({ file, sha256 }) }),
  )
}

/** What stopped it; refused is what the host did not take, so that nothing of the step is there. */
export async function doStep(on: OnHost, step: PlanStep, purpose: Deed['purpose']): Promise<Trouble> {
  const { action, name } = step
  if (action === 'unload') return act(on, 'unload', name, purpose)
  return (
    (await upload(on, name, step, purpose)) ?? (await act(on, action === 'load' ? 'apply' : 'replace', name, purpose))
  )
}

/** The host as it was before these steps, the last of which may have failed half-way. What is left undone, in words. */
export async function takeBack(
  on: OnHost,
  tried: readonly PlanStep[],
  { stack }: Pick<HostPlan, 'stack'>,
): Promise<readonly string[]> {
  try {
    const troubles: Trouble[] = []
    for (const { action, name } of tried.toReversed()) {
      if (action === 'unload') continue
      const state = await stateOf(on, name)
      if (state === 'APPLIED') troubles.push(await act(on, 'revert', name, 'back'))
      if (state !== undefined) troubles.push(await act(on, 'unload', name, 'back'))
    }
    if (tried.some(({ action }) => action === 'replace')) {
      for (const below of stack) troubles.push(await putBack(on, below))
    }
    return troubles.flatMap(trouble => trouble?.text ?? [])
  } catch (error) {
    return [reportedError(error).text]
  }
}

/** Where it was reverted by a replace. What was applied with data of its own is not taken again before it is uploaded anew. */
async function putBack(on: OnHost, below: HostPlan['stack'][number]): Promise<Trouble> {
  const { name, file } = below
  const state = await stateOf(on, name)
  if (state === 'APPLIED') return undefined
  if (state !== undefined) {
    const trouble = await act(on, 'apply', name, 'back')
    if (trouble === undefined || file === null) return trouble
    await act(on, 'unload', name, 'back')
  }
  if (file === null) return { text: `${name} is gone, and the fleet has no file of it`, isRefused: true }
  return (await upload(on, name, below, 'back')) ?? (await act(on, 'apply', name, 'back'))
}

async function stateOf({ host }: OnHost, name: string): Promise<string | undefined> {
  const { payloads } = await host.report()
  return payloads.find(each => each.name === name)?.state
}
