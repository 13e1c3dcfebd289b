export { compressionOf } from './compressed.ts'
export { DUMP_VIEWS, type DumpOptions, type DumpView, dumpElf } from './dump/dump.ts'
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
} from './model.ts'
export { checkWhole32, isClass32 } from './read/class32.ts'
export type { FileParts } from './read/cursor.ts'
export {
  type DynamicRelocation,
  type DynamicRelocations,
  type DynamicSymbol,
  readDynamicRelocations,
  readDynamicSymbols,
} from './read/dynamic.ts'
export { type KeptRelocation, readKeptRelocations } from './read/kept.ts'
export { buildIdOf, readNotes } from './read/notes.ts'
export { type ElfOutline, readOutline, searchSymbols } from './read/outline.ts'
export { readElf } from './read/read.ts'
export type { FoundSymbol, SymbolSearch } from './read/symbols.ts'
export { symbolValue } from './values.ts'
export { toNewObject } from './write/from-object.ts'
export type {
  NewGroup,
  NewHeader,
  NewObject,
  NewRelocation,
  NewRelocations,
  NewSection,
  NewSymbol,
} from './write/model.ts'
export { writeElf } from './write/write.ts'
