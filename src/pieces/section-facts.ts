/** What the sections of an object are to the loader that it is cut for: asked once, and kept with the pieces. */
import type { Side } from '../base/side.ts'
import type { ElfObject, ElfSection } from '../elf/model.ts'
import { SHF_ALLOC } from '../elf/spec/constants.ts'
import type { ProbedSizes } from '../loaders/entry-size.ts'
import type { Loader } from '../loaders/loader.ts'
import type { SectionClass } from '../loaders/sections.ts'
import type { Piece, PieceMap, SectionFacts } from './model.ts'

export interface CutOptions {
  /** Whose sections these are. */
  readonly loader: Pick<Loader, 'sectionClass' | 'entryLayout'>
  readonly probed?: ProbedSizes
}

/** What the loader says of each section. */
export function sectionFacts<S extends Side>(
  { header, sections }: ElfObject<S>,
  { loader }: CutOptions,
): readonly SectionFacts[] {
  return sections.map(({ name }) => {
    const own = loader.sectionClass(name)
    return { class: own, layout: own === 'entries' ? loader.entryLayout(name, header.machine) : undefined }
  })
}

/** What the section that a piece lies in is. */
export function sectionClassOf<S extends Side>({ sections }: PieceMap<S>, { section }: Piece<S>): SectionClass {
  return sections[section]?.class ?? 'unknown'
}

/** Whether the section is loaded and has a part in what runs. */
export function isCut<S extends Side>({ id, flags }: ElfSection<S>, facts: readonly SectionFacts[]): boolean {
  return (flags & SHF_ALLOC) !== 0 && facts[id]?.class !== 'dropped'
}
