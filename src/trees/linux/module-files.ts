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

function modulesIn(folder: string): ReadonlyMap<string, string> {
  if (!existsSync(folder)) return new Map()
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return new Map(
    files.flatMap(file => {
      const [, name] = /^(.*)\.ko(?:\.gz|\.xz|\.zst)?$/.exec(basename(file)) ?? []
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
