/**
 * From the name and version of Debian's package to a folder that holds what a build of hotpatches needs: the source, built as
 * the package was, and beside it what the package ships. The source stays where it was built: its commands name that folder.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { inNewFolder } from '../../system/new-folder.ts'
import type { Run } from '../model.ts'
import { type DebianPackage, type Fetched, fetchPackage } from './apt.ts'
import { buildAsPackage } from './build.ts'
import { differences, type MadeTree, SHIPPED, SOURCE, WORK } from './made-tree.ts'

/** Its source holds xen/, built. */
export interface DebianTree extends MadeTree {
  /** xen-syms where the archive has it, else the image that boots. */
  readonly symbols: string
}

const PACKAGE = /^(xen-hypervisor-\d+\.\d+-amd64)=([A-Za-z0-9][A-Za-z0-9.+~:-]*)$/

export function parsePackage(text: string): DebianPackage {
  const [, name, version] = PACKAGE.exec(text) ?? []
  if (name !== undefined && version !== undefined) return { name, version }
  throw new InputError(
    'debian/bad-package',
    `"${text}" is no package of a hypervisor with its version, as xen-hypervisor-4.17-amd64=4.17.5+72-g01140da4e8-1 is`,
    "dpkg-query -W 'xen-hypervisor-*' shows what is installed",
  )
}

/** Makes `folder`, which is whole when `work` is done with what is in it, and is not there where anything fails. */
export function inDebianTree<T>(
  wanted: DebianPackage,
  folder: string,
  own: Run,
  work: (tree: DebianTree) => Promise<T>,
): Promise<T> {
  return inNewFolder(folder, async path => {
    const fetched = await fetchPackage(wanted, join(path, WORK), own)
    const tree = join(path, SOURCE)
    renameSync(fetched.source, tree)
    const shipped = takeShipped(fetched, join(path, SHIPPED))
    const makeArguments = await buildAsPackage(tree, join(path, WORK), own)
    const otherConfig = differences(shipped.config, join(tree, 'xen/.config'))
    rmSync(join(path, WORK), { recursive: true })
    return work({ tree, image: shipped.image, symbols: shipped.symbols ?? shipped.image, makeArguments, otherConfig })
  })
}

interface Shipped {
  readonly image: string
  readonly symbols: string | undefined
  readonly config: string | undefined
}

/** What boots, its configuration, and its symbols, out of all that the packages install. */
function takeShipped({ files, debugFiles }: Fetched, to: string): Shipped {
  mkdirSync(to)
  const take = (folder: string, wanted: RegExp): string | undefined => {
    const name = existsSync(folder) ? readdirSync(folder).find(each => wanted.test(each)) : undefined
    if (name === undefined) return undefined
    cpSync(join(folder, name), join(to, name))
    return join(to, name)
  }
  const boot = join(files, 'boot')
  const image = take(boot, /^xen-.*\.gz$/)
  if (image === undefined) {
    throw new InputError('debian/no-image', `the package has no xen-*.gz in /boot, where its hypervisor should be`)
  }
  const symbols =
    debugFiles === undefined ? undefined : take(join(debugFiles, 'usr/lib/debug/boot'), /^xen-syms-[^/]*(?<!\.map)$/)
  return { image, symbols, config: take(boot, /^xen-.*\.config$/) }
}
