/** ELF64 little-endian files as plain values, read, written and printed: the entry `hotsplice/elf`. */
export { InputError, type InputErrorCode } from '../base/errors.ts'
export type { Id, Side } from '../base/side.ts'
export { DUMP_VIEWS, type DumpOptions, type DumpView, dumpElf } from '../elf/dump/dump.ts'
export type {
  ElfGroup,
  ElfHeader,
  ElfNote,
  ElfObject,
  ElfRelocation,
  ElfSection,
  ElfSymbol,
  SectionId,
  SymbolFlags,
  SymbolId,
  SymbolKind,
} from '../elf/model.ts'
export {
  type DynamicRelocation,
  type DynamicRelocations,
  type DynamicSymbol,
  readDynamicRelocations,
  readDynamicSymbols,
} from '../elf/read/dynamic.ts'
export { buildIdOf, readNotes } from '../elf/read/notes.ts'
export { readElf } from '../elf/read/read.ts'
export { symbolValue } from '../elf/values.ts'
export { toNewObject } from '../elf/write/from-object.ts'
export type {
  NewGroup,
  NewHeader,
  NewObject,
  NewRelocation,
  NewRelocations,
  NewSection,
  NewSymbol,
} from '../elf/write/model.ts'
export { writeElf } from '../elf/write/write.ts'
