/**
 * How a module refers to the kernel: to what is exported by its name, which the module loader looks up and checks; to
 * anything else by relocations that the live patching core carries out, with symbols that say whose they are.
 * Source: Linux 6.1 Documentation/livepatch/module-elf-format.rst.
 */
import type { NewRelocation, NewRelocations, NewSymbol } from '../../elf/index.ts'
import { SHF_ALLOC, SHN_LIVEPATCH } from '../../elf/spec/constants.ts'
import type { KernelFacts } from '../../loaders/linux/kernel-facts.ts'
import type { KernelSpelling } from '../../loaders/linux/named-kernel.ts'

const SHF_RELA_LIVEPATCH = 0x100000
/** Characters that the table of checksums has for a name (MODULE_NAME_LEN, less the NUL). */
const LONGEST_EXPORT = 55

export function isExported(name: string, facts: KernelFacts): boolean {
  return name.length <= LONGEST_EXPORT && facts.checksumOf(name) !== undefined
}

/** A symbol as a module has it: `apart` for something that is not exported, which the live patching core looks up. */
export function kernelSymbol(symbol: NewSymbol, { name, position }: KernelSpelling, apart: boolean): NewSymbol {
  if (!apart) return { ...symbol, name }
  const place = { in: 'nowhere', reserved: SHN_LIVEPATCH } as const
  return { ...symbol, name: `.klp.sym.vmlinux.${name},${position}`, binding: 'global', place }
}

export interface Split {
  readonly relocations: readonly NewRelocation[]
  readonly furtherRelocations: readonly NewRelocations[]
}

/** Relocations of a section, those of the live patching core apart; `isOurs` says which symbols those are. */
export function splitRelocations(
  section: string,
  relocations: readonly NewRelocation[],
  isOurs: (symbol: NewRelocation['symbol']) => boolean,
): Split {
  const own = relocations.filter(({ symbol }) => isOurs(symbol))
  const further = { name: `.klp.rela.vmlinux.${section}`, flags: SHF_ALLOC | SHF_RELA_LIVEPATCH, relocations: own }
  return {
    relocations: relocations.filter(({ symbol }) => !isOurs(symbol)),
    furtherRelocations: own.length === 0 ? [] : [further],
  }
}
