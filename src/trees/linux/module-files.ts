/**
 * The modules that come with a kernel: `lib/modules/RELEASE` beside the folder of the image that boots, as a package has
 * both and as they are installed.
 */
import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { during, InputError } from '../../base/errors.ts'
import { plainName } from '../../loaders/linux/module-name.ts'
import { type ModuleFile, readModuleFile } from '../../loaders/linux/placed-module.ts'
import { readModule } from './unpack.ts'

export interface KernelOfModules {
  /** The image's file. */
  readonly image: string
  /** As `uname -r` says it. */
  readonly release: string
  readonly vermagic: string
}

/**
 * Modules of these names and all that they need, in the order in which they can be loaded. Throws `InputError` for one that
 * is not there, or not that kernel's.
 */
export function moduleFiles(kernel: KernelOfModules, names: readonly string[]): readonly ModuleFile[] {
  if (names.length === 0) return []
  const folder = join(dirname(dirname(resolve(kernel.image))), 'lib/modules', kernel.release)
  const paths = modulesIn(folder)
  const found = new Map<string, ModuleFile>()
  const add = (name: string) => {
    if (found.has(name)) return
    const path = paths.get(name)
    if (path === undefined) throw notThere(name, folder)
    const file = during(`reading the module in ${path}`, () => readModuleFile(readModule(path), path))
    if (file.vermagic !== kernel.vermagic || file.name !== name) throw another(path, file, kernel)
    for (const each of file.needs) add(each)
    found.set(name, file)
  }
  for (const name of names) add(name)
  return [...found.values()]
}

/**
 * Modules that may have a unit (`fs/nfsd/vfs.o`): those in its folder and the folders above. Undefined where the kernel's
 * modules are not beside its image.
 */
export function modulesAround({ image, release }: Omit<KernelOfModules, 'vermagic'>, unit: string) {
  const top = join(dirname(dirname(resolve(image))), 'lib/modules', release, 'kernel')
  if (!existsSync(top)) return undefined
  const parts = dirname(unit).split('/')
  const folders = parts.map((_, at) => join(top, ...parts.slice(0, at + 1))).filter(folder => existsSync(folder))
  const paths = folders.flatMap(folder => readdirSync(folder).map(name => join(folder, name)))
  return paths
    .filter(path => MODULE.test(basename(path)))
    .map(path => during(`reading the module in ${path}`, () => readModuleFile(readModule(path), path)))
}

const MODULE = /^(.*)\.ko(?:\.gz|\.xz|\.zst)?$/

function modulesIn(folder: string): ReadonlyMap<string, string> {
  if (!existsSync(folder)) return new Map()
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return new Map(
    files.flatMap(file => {
      const [, name] = MODULE.exec(basename(file)) ?? []
      return name === undefined ? [] : [[plainName(name), join(folder, file)] as const]
    }),
  )
}

function notThere(name: string, folder: string): InputError {
  return new InputError(
    'linux/no-module',
    `the patch is about the module ${name}, and ${folder} has none of that name`,
    'keep the image as its package has it (boot/vmlinuz-… beside lib/modules/…), or name the installed one: /boot/vmlinuz-…',
  )
}

function another(path: string, { name, vermagic }: ModuleFile, kernel: KernelOfModules): InputError {
  return new InputError(
    'linux/module-unreadable',
    `${path} is the module ${name} of "${vermagic}", and the kernel is "${kernel.vermagic}"`,
    'is it from the package of the kernel that --symbols names (linux-image-…)?',
  )
}
