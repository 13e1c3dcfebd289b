/** Opens the tree of what is running: finds out what kind it is, and builds it first where nobody has. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { duringAsync, InputError } from '../base/errors.ts'
import type { OpenOptions, Tree } from './model.ts'
import { checkCompiler } from './original.ts'
import { checkConfig, configOf, findXen, isBuilt, notBuilt, openXen, xenLayout } from './xen/open.ts'

/** Progress that nobody watches. */
export const quiet = { step: () => undefined, tick: () => undefined }

export function openTree(options: OpenOptions): Promise<Tree> {
  return duringAsync(`opening the tree ${options.tree}`, async () => {
    const tree = await openAny(options)
    await checkCompiler(tree)
    return tree
  })
}

async function openAny(options: OpenOptions): Promise<Tree> {
  const folder = resolve(options.tree)
  if (!existsSync(folder)) throw new InputError('build/no-tree', `${options.tree} does not exist`)
  const xen = options.target === 'xen' ? findXen(folder) : undefined
  if (xen !== undefined) {
    const layout = xenLayout(xen, options.buildDir)
    const config = configOf(layout.buildFolder)
    if (config !== undefined && options.config === undefined) checkConfig(config, layout.buildFolder)
    if (isBuilt(layout)) return openXen(layout, options)
    throw notBuilt(layout.buildFolder)
  }
  const commands = join(resolve(options.buildDir ?? folder), 'compile_commands.json')
  if (existsSync(commands)) throw new InputError('build/not-yet', 'compile_commands trees are not there yet')
  throw new InputError(
    'build/no-tree',
    `${options.tree} holds neither Xen (no xen/Makefile with XEN_VERSION) nor compile_commands.json`,
    'give the folder that holds xen/, xen/ itself, or the root of a tree with compile_commands.json (--build-dir says where that file is)',
  )
}
