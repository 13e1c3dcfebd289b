/** `hotsplice build`: one payload from a tree that is opened for it. */
import { during } from '../base/errors.ts'
import { type BaseOptions, openBase, type RunOptions, wholeRun } from '../trees/index.ts'
import { type BuildOptions, type BuildResult, buildOne } from './hotpatch/build-one.ts'
import { fitting } from './hotpatch/check-stack.ts'
import { readStack } from './hotpatch/running.ts'

export interface BuildRequest extends BaseOptions, RunOptions, BuildOptions {
  /** Variables of payloads whose place it takes (`besides`) that may go; `all` for all. */
  readonly loses?: readonly string[]
}

/**
 * The patches are taken to have those of payloads that are applied: so what these replace is in the payload too, or has been taken
 * back, which nothing in the payload would do.
 */
export async function build(request: BuildRequest): Promise<BuildResult> {
  const { on = [], besides = [], loses = [] } = request
  const result = await wholeRun(request, async run => buildOne(await openBase(request, run), request, run))
  if (on.length === 0 && besides.length === 0) return result
  const inText = (files: readonly string[], option: '--on' | '--besides') =>
    readStack(files, option).map(each => ({ ...each, isInText: true }))
  const stack = {
    below: inText(on, '--on'),
    replaced: besides.length === 0 ? undefined : inText(besides, '--besides'),
    loses: loses.includes('all') ? ('all' as const) : loses,
  }
  return during('holding the payload against those that are applied', () => ({ ...result, ...fitting(result, stack) }))
}
