/** Symbols of the kernel as its live patching core looks for them. Source: Linux 6.1 kernel/livepatch/core.c, klp_find_object_symbol(). */
import type { KernelImage } from '../../loaders/linux/kernel-image.ts'

export type Search = { readonly address: bigint } | { readonly fault: string }

/** `position` is counted from 1 in the order of the kernel's table; 0 asks for the only one. */
export function findKernelSymbol(kernel: KernelImage, name: string, position: number): Search {
  const all = kernel.symbols.filter(symbol => symbol.name === name)
  const [first] = all
  if (first === undefined) return { fault: `the kernel has nothing by the name ${name}` }
  if (position === 0) {
    return all.length === 1
      ? { address: first.address }
      : { fault: `the kernel has ${all.length} things by the name ${name}, and it is not said which` }
  }
  const found = all[position - 1]
  if (found !== undefined) return { address: found.address }
  return { fault: `the kernel has ${all.length} things by the name ${name}, not ${position}` }
}
