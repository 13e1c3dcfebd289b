/**
 * How a module refers to the kernel: to what is exported by its name, which the module loader looks up and checks; to
 * anything else by relocations that the live patching core carries out, with symbols that say whose they are.
 * Source: Linux 6.1 Documentation/livepatch/module-elf-format.rst.
 */
import type { NewRelocation, NewRelocations, NewSymbol } from '../../elf/index.ts'
import { SHF_ALLOC, SHN_LIVEPATCH } from '../../elf/spec/constants.ts'
import type { KernelFacts } from '../../loaders/linux/kernel-facts.ts'
import type { KernelSpelling } from '../../loaders/linux/named-kernel.ts'
import type { OutputRelocation } from '../output-section.ts'

const SHF_RELA_LIVEPATCH = 0x100000
/** Characters that the table of checksums has for a name (MODULE_NAME_LEN, less the NUL). */
const LONGEST_EXPORT = 55

export function isExported(name: string, facts: KernelFacts): boolean {
  return name.length <= LONGEST_EXPORT && facts.checksumOf(name) !== undefined
}

/** A symbol as a module has it: `apart` for something that is not exported, which the live patching core looks up. */
export function kernelSymbol(
  symbol: NewSymbol,
  { name, module = KERNEL, position }: KernelSpelling,
  apart: boolean,
): NewSymbol {
  if (!apart) return { ...symbol, name }
  const place = { in: 'nowhere', reserved: SHN_LIVEPATCH } as const
  return { ...symbol, name: `.klp.sym.${module}.${name},${position}`, binding: 'global', place }
}

/** What the live patching core calls the kernel itself. */
const KERNEL = 'vmlinux'

export interface Split {
  readonly relocations: readonly NewRelocation[]
  readonly furtherRelocations: readonly NewRelocations[]
}

/**
 * Relocations of a section, those of the live patching core apart, in a table for each of whom they wait for: the kernel
 * itself, which is there, or a module. `waitsFor` is undefined for what is not the live patching core's.
 */
export function splitRelocations(
  section: string,
  relocations: readonly OutputRelocation[],
  waitsFor: (relocation: OutputRelocation) => string | undefined,
): Split {
  const plain: NewRelocation[] = []
  const tables = new Map<string, NewRelocation[]>()
  for (const relocation of relocations) {
    const { offset, type, symbol, addend } = relocation
    const object = waitsFor(relocation)
    const list = object === undefined ? plain : (tables.get(object) ?? [])
    list.push({ offset, type, symbol, addend })
    if (object !== undefined) tables.set(object, list)
  }
  return {
    relocations: plain,
    furtherRelocations: [...tables].sort().map(([object, own]) => {
      return { name: `.klp.rela.${object}.${section}`, flags: SHF_ALLOC | SHF_RELA_LIVEPATCH, relocations: own }
    }),
  }
}

/**
 * Whom the live patching core has to wait for before it can fill a field: what is the kernel's own is there. What is of a
 * module waits for the module that the field's code is for, as one that it needs is loaded before it.
 */
export function objectToWaitFor({ module }: KernelSpelling, owner: string | undefined): string {
  return module === undefined ? KERNEL : (owner ?? module)
}
