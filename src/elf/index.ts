export type {
  ElfGroup,
  ElfHeader,
  ElfObject,
  ElfRelocation,
  ElfSection,
  ElfSymbol,
  SectionId,
  SymbolFlags,
  SymbolId,
  SymbolKind,
} from './model.ts'
export { readElf } from './read/read.ts'
export { toNewObject } from './write/from-object.ts'
export type { NewGroup, NewHeader, NewObject, NewRelocation, NewSection, NewSymbol } from './write/model.ts'
export { writeElf } from './write/write.ts'
