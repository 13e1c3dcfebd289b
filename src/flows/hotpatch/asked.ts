/**
 * What can be said of a build's options before anything is compiled, which may take minutes: that they go together, and that
 * the files that they name can be read. What is in the files, the stage says that reads them.
 */
import { InputError } from '../../base/errors.ts'
import { checkGiven, checkImage, treeKind } from '../../trees/index.ts'
import type { TreeFacts } from '../../trees/model.ts'
import { imageAsked } from './kernel-running.ts'
import { memoryPlace, type RunningOptions, readBuildId } from './running.ts'

/** Throws the errors that `runningOf` would throw in the end. */
export function checkAsked(facts: TreeFacts, options: RunningOptions): void {
  const { symbols, on = [], besides = [], memory, depends, xenDepends, replace } = options
  const { image } = treeKind({ facts })
  if (on.length > 0 && besides.length > 0) {
    throw new InputError(
      'cli/usage',
      '--on and --besides are given together',
      'a payload goes upon others, or takes the place of all that are applied (replace)',
    )
  }
  if (replace === false && image !== 'kernel') {
    throw new InputError(
      'cli/usage',
      '--no-replace is for live patches of Linux',
      'what a payload goes upon, --on says',
    )
  }
  if (image === 'kernel') imageAsked(options)
  if (symbols !== undefined) checkImage(symbols, image)
  for (const file of on) checkGiven(file, '--on')
  for (const file of besides) checkGiven(file, '--besides')
  if (memory !== undefined) checkGiven(memoryPlace(memory).file, '--memory')
  if (depends !== undefined) readBuildId('--depends', depends)
  if (xenDepends !== undefined) readBuildId('--xen-depends', xenDepends)
}
