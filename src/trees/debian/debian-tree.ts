/**
 * From the name and version of Debian's package to a folder that holds what a build of hotpatches needs: the source, built as
 * the package was, and beside it what the package ships. The source stays where it was built: its commands name that folder.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { inNewFolder } from '../../system/new-folder.ts'
import type { Run } from '../model.ts'
import { readConfig } from '../xen/config.ts'
import { type DebianPackage, type Fetched, fetchPackage } from './apt.ts'
import { buildAsPackage } from './build.ts'

export interface DebianTree {
  /** What is built: holds xen/. */
  readonly tree: string
  readonly image: string
  /** xen-syms where the archive has it, else the image that boots. */
  readonly symbols: string
  readonly makeArguments: readonly string[]
  readonly otherConfig: readonly string[]
}

/** Below the folder. */
const SHIPPED = 'shipped'
const SOURCE = 'source'
const WORK = '.fetched'

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

type Decides = (name: string, theirs: string | undefined, ours: string | undefined) => boolean

/** Settings that are not the same; none where the package does not say its own. Those that decide nothing are left out. */
export function differences(
  shipped: string | undefined,
  built: string,
  decides: Decides = () => true,
): readonly string[] {
  if (shipped === undefined) return []
  const [theirs, ours] = [readConfig(readFileSync(shipped, 'utf8')), readConfig(readFileSync(built, 'utf8'))]
  return [...new Set([...theirs.keys(), ...ours.keys()])]
    .filter(name => theirs.get(name) !== ours.get(name) && decides(name, theirs.get(name), ours.get(name)))
    .map(name => `${name} is ${theirs.get(name) ?? 'not set'} in the package, ${ours.get(name) ?? 'not set'} here`)
}
