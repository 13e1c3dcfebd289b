/**
 * How a module refers to the kernel: to what is exported by its name, which the module loader looks up and checks; to
 * anything else by relocations that the live patching core carries out, with symbols that say whose they are.
 * Source: Linux 6.1 Documentation/livepatch/module-elf-format.rst.
 */
import type { NewRelocation, NewRelocations, NewSymbol } from '../../elf/index.ts'
import { SHF_ALLOC, SHN_LIVEPATCH } from '../../elf/spec/constants.ts'
import type { KernelFacts } from '../../loaders/linux/kernel-facts.ts'

const SHF_RELA_LIVEPATCH = 0x100000
/** Characters that the table of checksums has for a name (MODULE_NAME_LEN, less the NUL). */
const LONGEST_EXPORT = 55

export function isExported(name: string, facts: KernelFacts): boolean {
  return name.length <= LONGEST_EXPORT && facts.checksumOf(name) !== undefined
}

/** The symbol of something that is not exported. The name is the only one: position 0. */
export function livepatchSymbol(symbol: NewSymbol): NewSymbol {
  const name = `.klp.sym.vmlinux.${symbol.name},0`
  return { ...symbol, name, binding: 'global', place: { in: 'nowhere', reserved: SHN_LIVEPATCH } }
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
