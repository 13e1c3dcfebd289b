/**
 * Opens the tree of what is running: finds out what kind it is, and builds it first where nobody has. What comes of it is a
 * base, which any number of builds may share.
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { duringAsync, InputError } from '../base/errors.ts'
import { checkCache } from '../system/cache.ts'
import { removeAbandoned } from '../system/private-place.ts'
import type { Base, BaseOptions, Run } from './model.ts'
import { checkCompiler } from './original.ts'
import { removeHalfBuilt } from './prune.ts'
import { toolchainOf } from './toolchain.ts'
import { withToolchain } from './toolchain-file.ts'
import { TREE_KINDS } from './tree-kinds.ts'

/** Throws `InputError` where there is no such tree, or one that cannot be built upon. */
export function openBase(asked: BaseOptions, run: Run): Promise<Base> {
  return duringAsync(`opening the tree ${asked.tree}`, async () => {
    const start = performance.now()
    const options = withToolchain(asked)
    checkCache(options.cacheFolder)
    await removeAbandoned(options.cacheFolder)
    removeHalfBuilt(options.cacheFolder)
    const opened = await openAny(options, run)
    const base: Base = { ...opened, toolchain: opened.toolchain ?? toolchainOf(options) }
    await checkCompiler({ ...base, run })
    return { ...base, openTime: performance.now() - start }
  })
}

/** Says whether `openBase` would build the tree before it opens it. Throws `InputError` where it can be no tree at all. */
export function buildsFirst(options: BaseOptions): boolean {
  return TREE_KINDS.some(kind => kind.buildsFirst(options))
}

async function openAny(options: BaseOptions, run: Run): Promise<Base> {
  if (!existsSync(resolve(options.tree))) throw new InputError('build/no-tree', `${options.tree} does not exist`)
  for (const kind of TREE_KINDS) {
    const opened = kind.open(options, run)
    if (opened !== undefined) return opened
  }
  throw new InputError(
    'build/no-tree',
    `${options.tree} holds neither Xen (no xen/Makefile with XEN_VERSION) nor compile_commands.json`,
    'give the folder that holds xen/, xen/ itself, or the root of a tree with compile_commands.json (--build-dir says where that file is); cmake writes it with -DCMAKE_EXPORT_COMPILE_COMMANDS=ON, `bear -- make` in a clean tree of make’s',
  )
}
