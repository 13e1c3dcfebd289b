export type {
  ElfGroup,
  ElfHeader,
  ElfObject,
  ElfRelocation,
  ElfSection,
  ElfSymbol,
  SectionId,
  SymbolId,
  SymbolKind,
} from './model.ts'
export { readElf } from './read/read.ts'
