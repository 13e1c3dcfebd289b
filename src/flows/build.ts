/** `hotsplice build`: one payload from a tree that is opened for it. */
import { type BaseOptions, openBase, type RunOptions, wholeRun } from '../trees/index.ts'
import { type BuildOptions, type BuildResult, buildOne } from './hotpatch/build-one.ts'

export interface BuildRequest extends BaseOptions, RunOptions, BuildOptions {}

export function build(request: BuildRequest): Promise<BuildResult> {
  return wholeRun(request, async run => buildOne(await openBase(request, run), request, run))
}
