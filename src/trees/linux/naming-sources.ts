/** Which of a kernel's sources have a name in their texts: of units that are not compiled, nothing else tells what they define. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { inPrivatePlace } from '../../system/private-place.ts'
import type { Tree } from '../model.ts'
import { guardOf } from '../read-only.ts'
import { type RunResult, run as runProgram } from '../run.ts'
import { ASIDE, placesIn, placesOf } from './included.ts'

export interface NamingSource {
  /** Below the tree's folder. */
  readonly path: string
  /** As the tree has it. */
  readonly text: string
}

/** Sources in C and assembly, of what may run with the kernel. Throws `InputError` where they cannot be searched. */
export async function namingSources(tree: Tree, names: readonly string[]): Promise<readonly NamingSource[]> {
  const { layout, cacheFolder, run } = tree
  const words = ['grep', '-ralwF', '--include=*.[cS]', ...names.flatMap(name => ['-e', name]), '--']
  const built = { folder: layout.buildFolder }
  const found = await inPrivatePlace(cacheFolder, async scratch => {
    const settings = { scratch, signal: run.signal, guard: await guardOf(tree) }
    const searched = placesOf({ ...built, sources: layout.sourceFolder }).map(async folder => {
      const places = placesIn(folder, built)
      if (places.length === 0) return []
      const result = await run.pool.use(run, () => runProgram([...words, ...places], { ...settings, folder }))
      return pathsIn(result).map(path => ({ path, text: readFileSync(join(folder, path), 'latin1') }))
    })
    return Promise.all(searched)
  })
  return found.flat()
}

function pathsIn({ exit, output, errors }: RunResult): readonly string[] {
  // 1 is "none".
  if (exit > 1)
    throw new InputError('linux/tree-unreadable', `the sources could not be searched: ${errors.trim().slice(-300)}`)
  return output
    .split('\n')
    .filter(path => path !== '' && !ASIDE.test(path))
    .sort()
}
