/**
 * Which texts a file was compiled of, and where: the names that each unit's root entry has. An object's are the same in
 * whatever is linked of it, since linkers copy them.
 */
import type { Side } from '../base/side.ts'
import type { ElfObject } from '../elf/index.ts'
import { DW_AT } from './constants.ts'
import { readRoots } from './entries.ts'
import { debugSections } from './sections.ts'

export interface UnitOrigin {
  /** As the compiler was given it. */
  readonly name: string
  /** Where it ran. */
  readonly folder: string
}

/** Undefined where there is no debug information, or some of it is of a kind that is not read. */
export function unitOrigins<S extends Side>(
  file: Pick<ElfObject<S>, 'sections' | 'symbols' | 'relocations'>,
): readonly UnitOrigin[] | undefined {
  const sections = debugSections(file)
  const roots = sections === undefined ? undefined : readRoots(sections)
  return roots?.flatMap(({ attributes }) => {
    const [name, folder] = [attributes.get(DW_AT.name), attributes.get(DW_AT.comp_dir)]
    return typeof name === 'string' ? [{ name, folder: typeof folder === 'string' ? folder : '' }] : []
  })
}
