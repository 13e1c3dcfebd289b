/**
 * Opens the tree of what is running: finds out what kind it is, and builds it first where nobody has. What comes of it is a
 * base, which any number of builds may share.
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { duringAsync, InputError } from '../base/errors.ts'
import { checkCache } from '../system/cache.ts'
import { removeAbandoned } from '../system/private-place.ts'
import { findCompileCommands, openCompileCommands } from './compile-commands/open.ts'
import type { Base, BaseOptions, Run } from './model.ts'
import { checkCompiler } from './original.ts'
import { removeHalfBuilt } from './prune.ts'
import { checkConfig, configOf, findXen, isBuilt, openXen, xenLayout } from './xen/open.ts'
import { buildCopy, isAsConfigured } from './xen/unbuilt.ts'

/** Throws `InputError` where there is no such tree, or one that cannot be built upon. */
export function openBase(options: BaseOptions, run: Run): Promise<Base> {
  return duringAsync(`opening the tree ${options.tree}`, async () => {
    const start = performance.now()
    checkCache(options.cacheFolder)
    await removeAbandoned(options.cacheFolder)
    removeHalfBuilt(options.cacheFolder)
    const base = await openAny(options, run)
    await checkCompiler({ ...base, run })
    return { ...base, openTime: performance.now() - start }
  })
}

async function openAny(options: BaseOptions, run: Run): Promise<Base> {
  const folder = resolve(options.tree)
  if (!existsSync(folder)) throw new InputError('build/no-tree', `${options.tree} does not exist`)
  const xen = options.target === 'xen' ? findXen(folder) : undefined
  if (xen !== undefined) return openXenAt(xen, options, run)
  const commands = findCompileCommands(folder, options.buildDir)
  if (commands !== undefined) return openCompileCommands(commands, options)
  throw new InputError(
    'build/no-tree',
    `${options.tree} holds neither Xen (no xen/Makefile with XEN_VERSION) nor compile_commands.json`,
    'give the folder that holds xen/, xen/ itself, or the root of a tree with compile_commands.json (--build-dir says where that file is)',
  )
}

async function openXenAt(folder: string, options: BaseOptions, run: Run): Promise<Base> {
  const layout = xenLayout(folder, options.buildDir)
  const asked = isAsConfigured(layout, options)
  const config = configOf(layout.buildFolder)
  if (config !== undefined && asked) checkConfig(config, layout.buildFolder)
  if (asked && isBuilt(layout)) return openXen(layout, options)
  const copy = await buildCopy(layout, options, run)
  const base = openXen(copy, options)
  const text = `${layout.sourceFolder} holds no build with this configuration; it was built once in ${copy.base}`
  return { ...base, notices: [...base.notices, { code: 'built-copy', text }] }
}
