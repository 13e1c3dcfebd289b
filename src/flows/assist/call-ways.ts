/**
 * Functions that cannot be replaced, and of which the patch takes nothing but calls: these can be switched off where they
 * stand.
 */
import type { Refusal } from '../../base/refusal.ts'
import type { Loader } from '../../loaders/loader.ts'
import { targetOf } from '../../loaders/loaders.ts'
import { originOf, runningNameOf } from '../../select/origins.ts'
import { calledNoMore, isHelped, switchedOff } from '../../select/switched-off.ts'
import type { Tree } from '../../trees/index.ts'
import type { CallWay } from '../../ways-out/model.ts'
import type { HotpatchRun } from '../hotpatch/hotpatch.ts'
import { textSays } from '../hotpatch/switched-calls.ts'

export interface CallWays {
  readonly ways: readonly CallWay[]
  /** Refusals that these ways lead out of. */
  readonly settled: readonly Refusal[]
}

export async function callWays(tree: Tree, found: HotpatchRun, loader: Loader): Promise<CallWays> {
  const { units, selection, refusals } = found
  const { machine } = selection
  if (machine === undefined) return { ways: [], settled: [] }
  const rules = { target: targetOf(loader, machine), denied: loader.denied }
  const helped = refusals
    .filter(refusal => isHelped(refusal, rules))
    .map(async refusal => {
      const unit = units.findIndex(each => each.unit === refusal.unit)
      const input = units[unit]
      const judged = input?.verdicts.functions.find(({ name }) => name === refusal.symbol)
      const origin = judged?.patched && originOf(units, { unit, piece: judged.patched.id })
      if (input === undefined || judged === undefined || origin === undefined) return { refusal, ways: [] }
      const callees = calledNoMore(input, judged, rules)
      const { off } = switchedOff({ units, unit, rules, callees }, judged, origin)
      const caller = runningNameOf(origin, loader)
      const why = await Promise.all(off.map(each => textSays(each, { tree, before: found })))
      return {
        refusal,
        ways: why.some(each => each !== undefined)
          ? []
          : off.map(({ callee }) => ({ refusal, unit: input.unit, caller, callee })),
      }
    })
  const answers = await Promise.all(helped)
  return {
    ways: answers.flatMap(({ ways }) =>
      ways.map(({ refusal: { code, symbol }, ...way }) => ({ way: 'call', code, symbol, ...way }) as const),
    ),
    settled: answers.flatMap(({ refusal, ways }) => (ways.length === 0 ? [] : refusal)),
  }
}
