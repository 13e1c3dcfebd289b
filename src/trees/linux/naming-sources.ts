/** Which of a kernel's sources have a name in their texts: of units that are not compiled, nothing else tells what they define. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { inPrivatePlace } from '../../system/private-place.ts'
import type { Tree } from '../model.ts'
import { guardOf } from '../read-only.ts'
import { run as runProgram } from '../run.ts'
import { ASIDE, placesIn } from './included.ts'

export interface NamingSource {
  /** Below the tree's folder. */
  readonly path: string
  /** As the tree has it. */
  readonly text: string
}

/** Sources in C and assembly, of what may run with the kernel. Throws `InputError` where they cannot be searched. */
export async function namingSources(tree: Tree, names: readonly string[]): Promise<readonly NamingSource[]> {
  const { layout, cacheFolder, run } = tree
  const folder = layout.buildFolder
  const words = ['grep', '-ralwF', '--include=*.[cS]', ...names.flatMap(name => ['-e', name]), '--']
  const { exit, output, errors } = await inPrivatePlace(cacheFolder, async scratch => {
    const settings = { folder, scratch, signal: run.signal, guard: await guardOf(tree) }
    return run.pool.use(run, () => runProgram([...words, ...placesIn(folder)], settings))
  })
  // 1 is "none".
  if (exit > 1)
    throw new InputError('linux/tree-unreadable', `the sources could not be searched: ${errors.trim().slice(-300)}`)
  const paths = output.split('\n').filter(path => path !== '' && !ASIDE.test(path))
  return paths.sort().map(path => ({ path, text: readFileSync(join(folder, path), 'latin1') }))
}
