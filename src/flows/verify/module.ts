/** A finished module, whoever built it, held against what is known of the kernel that will get it, and a key. */
import { during, InputError } from '../../base/errors.ts'
import { inspectModule } from '../../loaders/linux/inspect-module.ts'
import { type KernelImage, readKernelImage } from '../../loaders/linux/kernel-image.ts'
import { kernelWithModules } from '../../loaders/linux/kernel-with-modules.ts'
import type { ModuleFile } from '../../loaders/linux/placed-module.ts'
import { readKnownKey } from '../../sign/certificates.ts'
import { checkModuleSignature } from '../../sign/check.ts'
import { withSignature } from '../../sign/verdict.ts'
import { type KernelOfModules, moduleFiles, readKernel } from '../../trees/index.ts'
import { type VerifyReport, verifyModule } from '../../verify/index.ts'

export interface ModuleQuestion {
  readonly payload: Uint8Array
  /** The image that boots (`/boot/vmlinuz-…`), or vmlinux: its file. */
  readonly kernel: string
  /** Whether no processor of the host tracks indirect branches. */
  readonly withoutIbt?: boolean | undefined
  /** Certificates or public keys in PEM: one of them must have signed it. */
  readonly keys?: readonly string[]
  /** Whether it must have no other signature besides. */
  readonly onlyKnown?: boolean
}

/** Throws `InputError` for a kernel that cannot be read, or whose rules are not known. */
export function verifyKernelModule({ payload, kernel, withoutIbt, keys, onlyKnown }: ModuleQuestion): VerifyReport {
  const image = withKnownModules(
    during(`reading the kernel in ${kernel}`, () => readKernelImage(readKernel(kernel))),
    { payload, kernel },
  )
  const report = verifyModule({ payload, kernel: image, withoutIbt })
  if (keys === undefined) return report
  const known = { keys: keys.map(readKnownKey), only: onlyKnown }
  return withSignature(report, checkModuleSignature(payload, known))
}

/** The kernel with those modules that the live patch is about, as far as they lie where the kernel's package has them. */
function withKnownModules(image: KernelImage, { payload, kernel }: ModuleQuestion): KernelImage {
  const { release, vermagic } = image.facts
  const files = modulesNamedIn(payload).flatMap(name => knownModule({ image: kernel, release, vermagic }, name))
  return kernelWithModules(image, [...new Map(files.map(file => [file.name, file])).values()])
}

/** One that is not there is not known, which the rules say. */
function knownModule(kernel: KernelOfModules, name: string): readonly ModuleFile[] {
  try {
    return moduleFiles(kernel, [name])
  } catch (error) {
    if (error instanceof InputError && error.code === 'linux/no-module') return []
    throw error
  }
}

function modulesNamedIn(payload: Uint8Array): readonly string[] {
  const found = unreadableIsNothing(() => inspectModule(payload))
  const objects = [...(found?.functions ?? []), ...(found?.lookedUp ?? [])].map(({ object }) => object)
  return [...new Set(objects)].filter(name => name !== '' && name !== 'vmlinux')
}

/** What cannot be read is for the rules to say. */
function unreadableIsNothing<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}

const OF_XEN = ['tree', 'buildDir', 'memory', 'on', 'xenVersion'] as const

/** Throws `InputError` where something is asked that is known of Xen only; `spell` says how the user gave it. */
export function refuseQuestionsOfXen(
  asked: Readonly<Partial<Record<(typeof OF_XEN)[number], unknown>>>,
  spell: (option: string) => string,
): void {
  const given = OF_XEN.find(option => asked[option] !== undefined)
  if (given === undefined) return
  throw new InputError('linux/not-yet', `${spell(given)} cannot be used for a module of Linux yet`, 'leave it out')
}
