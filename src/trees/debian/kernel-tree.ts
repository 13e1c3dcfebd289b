/**
 * From the name and version of Debian's package of a kernel to a folder that holds what a build of live patches needs: the
 * source as the package was made from it, configured as the package is and prepared, and beside it what the package ships.
 * No kernel is built.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { inNewFolder } from '../../system/new-folder.ts'
import type { Run } from '../model.ts'
import { type RunResult, run } from '../run.ts'
import { type DebianPackage, fetchKernel } from './apt.ts'
import { differences, type MadeTree, SHIPPED, SOURCE, WORK } from './made-tree.ts'

const NAME = /^linux-image-[a-z0-9][a-z0-9.+-]*$/
const VERSION = /^(\d+\.\d+)[A-Za-z0-9.+~:-]*$/
const TARGETS = ['olddefconfig', 'prepare']

/** Undefined where it is no package of a kernel. */
export function parseKernelPackage(text: string): DebianPackage | undefined {
  if (!text.startsWith('linux-image-')) return undefined
  const [name = '', version = '', ...more] = text.split('=')
  if (NAME.test(name) && VERSION.test(version) && more.length === 0) return { name, version }
  throw new InputError(
    'debian/bad-package',
    `"${text}" is no package of a kernel with its version, as linux-image-6.1.0-50-amd64=6.1.176-1 is`,
    'dpkg-query -W "linux-image-$(uname -r)" shows the running one’s',
  )
}

/** Makes `folder`, which is whole when `work` is done with what is in it, and is not there where anything fails. */
export function inKernelTree<T>(
  wanted: DebianPackage,
  folder: string,
  own: Run,
  work: (tree: MadeTree) => Promise<T>,
): Promise<T> {
  return inNewFolder(folder, async path => {
    const scratch = join(path, WORK)
    const sourceName = `linux-source-${VERSION.exec(wanted.version)?.[1]}`
    const fetched = await fetchKernel(wanted, sourceName, scratch, own)
    const [shipped, tree] = [join(path, SHIPPED), join(path, SOURCE)]
    renameSync(fetched.files, shipped)
    const image = inBoot(shipped, /^vmlinuz-/)
    const config = inBoot(shipped, /^config-/)
    mkdirSync(tree)
    const step = (words: readonly string[]) =>
      own.pool.use({ slots: own.pool.size, signal: own.signal }, () =>
        run(words, { folder: tree, scratch, signal: own.signal }),
      )
    own.progress.step('unpacking and preparing the source, once; no kernel is built')
    must(await step(['tar', '-xf', fetched.source, '--strip-components=1']), 'the source cannot be unpacked')
    must(await step(['cp', config, '.config']), 'the configuration cannot be copied')
    must(await step(['make', `-j${cpus().length}`, ...TARGETS]), 'the source cannot be prepared')
    rmSync(scratch, { recursive: true })
    return work({
      tree,
      image,
      makeArguments: TARGETS,
      otherConfig: differences(config, join(tree, '.config'), decides),
    })
  })
}

/** How modules are signed, what notes say, and which Rust compiler is installed: nothing of it gets into code. */
const ASIDE = /^(?:BUILD_SALT|MODULE_SIG_ALL|MODULE_SIG_KEY|SYSTEM_TRUSTED_KEYS|RUSTC_.*)$/

/** Whether a difference may be one of code; the compiler is the same by whichever name it was called. */
const decides = (name: string, theirs: string | undefined, ours: string | undefined): boolean =>
  !ASIDE.test(name) && !(name === 'CC_VERSION_TEXT' && withoutProgram(theirs) === withoutProgram(ours))

const withoutProgram = (text: string | undefined): string | undefined => text?.replace(/^"?[^\s"]+ /, '')

function inBoot(shipped: string, wanted: RegExp): string {
  const boot = join(shipped, 'boot')
  const name = existsSync(boot) ? readdirSync(boot).find(each => wanted.test(each)) : undefined
  if (name !== undefined) return join(boot, name)
  throw new InputError(
    'debian/no-image',
    `the package has no file like ${wanted.source.slice(1)}… in /boot, where its kernel should be`,
    'name the package that has the kernel itself (linux-image-…-amd64), not one that only depends on it',
  )
}

const SHOWN_LINES = 20

function must({ exit, output, errors }: RunResult, what: string): void {
  if (exit === 0) return
  const last = `${output}${errors}`.trimEnd().split('\n').slice(-SHOWN_LINES).join('\n')
  throw new InputError(
    'debian/not-built',
    `${what}:\n${last}`,
    'preparing a kernel’s source needs: apt-get install build-essential flex bison bc libelf-dev pahole xz-utils',
  )
}
