/** What is known of a running Linux kernel from its image, as the pipeline takes it. Part of the pipeline. */

import { InputError } from '../../base/errors.ts'
import type { KernelImage } from '../../loaders/linux/kernel-image.ts'
import { kernelWithModules } from '../../loaders/linux/kernel-with-modules.ts'
import { moduleNameFor } from '../../loaders/linux/module-name.ts'
import { namedKernel } from '../../loaders/linux/named-kernel.ts'
import { imageHint, moduleFiles } from '../../trees/index.ts'
import { kernelIn } from './kernel-kept.ts'

interface KernelOptions {
  readonly symbols?: string
  readonly depends?: string
  readonly xenDepends?: string
  readonly on?: readonly string[]
  readonly besides?: readonly string[]
  readonly memory?: string
  readonly payloadName?: string
  readonly replace?: boolean
}

/**
 * The kernel's image is asked for: nothing in a prepared source tells which kernel runs. `moduleOf`: the units that are parts
 * of modules, with these.
 */
export function readKernelRunning(
  options: KernelOptions,
  { moduleOf, cacheFolder }: { readonly moduleOf: ReadonlyMap<string, string>; readonly cacheFolder: string },
) {
  const file = imageAsked(options)
  const kernel = kernelIn(file, cacheFolder)
  checkPatchable(kernel, file)
  const { release, vermagic } = kernel.facts
  const files = moduleFiles({ image: file, release, vermagic }, [...new Set(moduleOf.values())].sort())
  return {
    version: undefined,
    unversioned: [],
    tableUse: undefined,
    refusals: [],
    isImage: true,
    kernel: namedKernel(kernelWithModules(kernel, files), []),
    module: { name: moduleNameFor(options.payloadName), replaces: options.replace !== false, moduleOf },
    symbols: kernel,
    depends: undefined,
    xenDepends: undefined,
    warnings: [],
    namesOnly: false,
    below: [],
    memory: undefined,
    expect: 'no' as const,
  }
}

/** Throws `InputError` for a kernel that takes no live patch, or cannot be told apart from another one by the patch itself. */
export function checkPatchable(kernel: Patchable, file: string): void {
  if (!kernel.takesPayloads) {
    throw new InputError(
      'linux/no-livepatch',
      `${file} is a kernel without CONFIG_LIVEPATCH; it cannot be patched while it runs`,
      'boot a kernel that was built with CONFIG_LIVEPATCH=y',
    )
  }
  if (kernel.lookup(BUILD_ID) !== undefined) return
  throw new InputError(
    'linux/no-own-build-id',
    `${file} is a kernel that does not hold its own build-id in memory (${BUILD_ID}): a live patch could not check that it is loaded into the kernel that it was built for`,
    'boot a kernel that was built with CONFIG_STACKTRACE_BUILD_ID=y, or with CONFIG_CRASH_CORE (CONFIG_KEXEC_CORE) of 6.1 or CONFIG_VMCORE_INFO of 6.12',
  )
}

type Patchable = Pick<KernelImage, 'takesPayloads' | 'lookup'>

/** Linux 6.1 lib/buildid.c. */
const BUILD_ID = 'vmlinux_build_id'

/** The image; throws where none is given, or options that are not for a kernel. */
export function imageAsked(options: KernelOptions): string {
  const { symbols: file } = options
  if (file === undefined) {
    throw new InputError('linux/no-image', 'which kernel runs is not known', imageHint('kernel'))
  }
  refuseUnknownOptions(options)
  return file
}

function refuseUnknownOptions({ depends, xenDepends, on = [], besides = [], memory }: KernelOptions): void {
  const given = [
    ['--depends', depends],
    ['--xen-depends', xenDepends],
    ['--on', on[0]],
    ['--besides', besides[0]],
    ['--memory', memory],
  ].flatMap(([name, value]) => (value === undefined ? [] : [name]))
  if (given.length === 0) return
  throw new InputError(
    'linux/not-yet',
    `${given.join(' and ')} cannot be used for a Linux kernel yet`,
    'build on the kernel as it booted; a new module takes the place of all that are enabled',
  )
}
