/** Symbols of the kernel as its live patching core looks for them. Source: Linux 6.1 kernel/livepatch/core.c, klp_find_object_symbol(). */
import type { KernelImage } from '../../loaders/linux/kernel-image.ts'

export type Search = { readonly address: bigint } | { readonly fault: string }

/** `position` is counted from 1 in the order of the kernel's table, or of the module's; 0 asks for the only one. */
export function findKernelSymbol(kernel: KernelImage, name: string, position: number, module?: string): Search {
  const who = module === undefined ? 'the kernel' : `the module ${module}`
  const all = kernel.namedIn(name, module) ?? []
  const [first] = all
  if (first === undefined) return { fault: `${who} has nothing by the name ${name}` }
  if (position === 0) {
    return all.length === 1
      ? { address: first }
      : { fault: `${who} has ${all.length} things by the name ${name}, and it is not said which` }
  }
  const found = all[position - 1]
  if (found !== undefined) return { address: found }
  return { fault: `${who} has ${all.length} things by the name ${name}, not ${position}` }
}
