/** Symbols of the kernel as its live patching core looks for them. Source: Linux 6.1 kernel/livepatch/core.c, klp_find_object_symbol(). */
import type { KernelImage } from '../../loaders/linux/kernel-image.ts'

/** What a symbol's name asks the live patching core for (`.klp.sym.OBJECT.NAME,POSITION`). */
export interface Wanted {
  readonly object: string
  readonly name: string
  readonly position: number
}

/** As its sscanf reads it. */
const SYMBOL_NAME = /^\.klp\.sym\.([^.]{1,55})\.([^,]{1,511}),[ \t]*[+-]?(\d+)/

export function wantedBy(symbolName: string): Wanted | undefined {
  const [, object, name, position] = SYMBOL_NAME.exec(symbolName) ?? []
  return object === undefined || name === undefined ? undefined : { object, name, position: Number(position) }
}

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
