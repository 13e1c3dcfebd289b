/** What a run writes must not be part of what its results are known by. */
import { resolve } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { isInside, realOrSelf } from '../../trees/index.ts'
import type { Fleet } from './model.ts'

interface Written {
  readonly output: string
  readonly cache: string
  /** Of a queue, where there is one. */
  readonly store?: string | undefined
}

/** Throws `InputError` where the folder for results, the cache or the store lies in a tree. */
export function checkApart({ bases }: Fleet, { output, cache, store }: Written): void {
  const written = [
    ...(store === undefined
      ? []
      : [{ what: `the store, ${store},`, path: store, hint: 'give a folder elsewhere (--store)' }]),
    { what: `the folder for results, ${output},`, path: output, hint: 'give a folder elsewhere (-o)' },
    { what: 'the cache', path: cache, hint: 'let HOTSPLICE_CACHE name a folder elsewhere' },
  ]
  for (const { name, tree, buildDir } of bases) {
    const folders = [tree, ...(buildDir === undefined ? [] : [buildDir])].map(({ path }) => realOrSelf(resolve(path)))
    for (const { what, path, hint } of written) {
      const real = realOrSelf(resolve(path))
      if (!folders.some(folder => isInside(folder, real))) continue
      const text = `${what} lies in the tree of base ${name}, which would change with every run`
      throw new InputError('fleet/bad-folder', text, hint)
    }
  }
}
