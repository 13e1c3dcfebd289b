/**
 * What payloads are rehearsed on: which system they are for, and the file of it that boots. A module is for one kernel; that
 * the image is another one is said before anything boots.
 */
import { during, InputError } from '../base/errors.ts'
import { kernelBuildId } from '../loaders/linux/kernel-image.ts'
import { MADE_FOR, readModinfo } from '../loaders/linux/modinfo.ts'
import { readKernel } from '../trees/index.ts'

interface Request {
  readonly payloads: readonly { readonly name: string; readonly bytes: Uint8Array }[]
  /** For payloads of Xen: the file that boots. */
  readonly hypervisor?: string | undefined
  /** For modules of Linux: likewise. */
  readonly symbols?: string | undefined
}

export interface RehearsedOn {
  readonly system: 'Xen' | 'Linux'
  readonly hypervisor: string
}

/** Throws `InputError` where a file is missing, is not the payloads' kernel, or payloads are for different systems. */
export function rehearsedOn({ payloads, hypervisor, symbols }: Request): RehearsedOn {
  const modules = payloads.flatMap(({ name, bytes }) => {
    const words = readModinfo(bytes)
    return words === undefined ? [] : [{ name, madeFor: words.get(MADE_FOR) }]
  })
  const [module] = modules
  if (module === undefined && hypervisor !== undefined) return { system: 'Xen', hypervisor }
  if (module === undefined && symbols === undefined) {
    throw new InputError(
      'rehearse/no-system',
      'what the payloads are to be rehearsed on is not known',
      'give --hypervisor xen/xen (or xen.gz) for Xen, --symbols /boot/vmlinuz-… for a module of Linux',
    )
  }
  if (hypervisor !== undefined || symbols === undefined) {
    throw new InputError(
      'rehearse/other-system',
      `${module?.name ?? payloads[0]?.name} is ${module === undefined ? 'no module of Linux' : 'a module of Linux, which no hypervisor takes'}`,
      'give --symbols the kernel’s image that boots (/boot/vmlinuz-…), and no --hypervisor',
    )
  }
  const buildId = during(`reading the kernel in ${symbols}`, () => kernelBuildId(readKernel(symbols)))
  const other = modules.find(({ madeFor }) => madeFor !== undefined && madeFor !== buildId)
  if (other !== undefined) {
    throw new InputError(
      'rehearse/other-kernel',
      `${other.name} is for the kernel with the build-id ${other.madeFor}, and ${symbols} has ${buildId ?? 'none'}`,
      'give --symbols the image that the module was built for, or build it for this one',
    )
  }
  return { system: 'Linux', hypervisor: symbols }
}
