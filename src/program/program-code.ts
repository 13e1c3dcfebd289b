/** The code of a program's file: found by the address that it has, or is to have, in a process. */
import type { ElfOutline, ElfSection, FileParts } from '../elf/index.ts'
import { ET_EXEC, SHF_ALLOC, SHF_EXECINSTR, SHT_NOBITS } from '../elf/spec/constants.ts'
import { hasFlag } from '../elf/spec/flags.ts'

type Elf = ElfOutline<'original'>

/** Whether it lies where its file says, so that its addresses need no dynamic linker. */
export const isFixed = ({ header }: Elf): boolean => header.type === ET_EXEC

export const isCode = ({ flags, type }: ElfSection<'original'>): boolean =>
  hasFlag(flags, SHF_ALLOC) && hasFlag(flags, SHF_EXECINSTR) && type !== SHT_NOBITS

/** Whether the file has bytes of it that are loaded. */
export const isLoaded = ({ flags, type }: ElfSection<'original'>): boolean =>
  hasFlag(flags, SHF_ALLOC) && type !== SHT_NOBITS

/** Bytes of code as the file has them, which lies `bias` from its addresses; undefined unless one section holds all. */
export function codeIn(
  { elf, file, bias }: { readonly elf: Elf; readonly file: FileParts; readonly bias: number },
  address: number,
  length: number,
): Uint8Array | undefined {
  const section = elf.sections.find(section => {
    const start = Number(section.address) + bias
    return isCode(section) && address >= start && address + length <= start + section.size
  })
  if (section === undefined) return undefined
  return file.read(section.fileOffset + address - Number(section.address) - bias, length)
}
