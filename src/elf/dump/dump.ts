/**
 * Prints an object as `readelf -hSgrsnW` does, column by column, so that one can be put beside the other: a window into
 * the model, not a second reader. What readelf adds from elsewhere (symbol versions, program headers, properties of
 * notes) is left out.
 */
import type { Side } from '../../base/side.ts'
import type { ElfObject } from '../model.ts'
import { dumpGroups } from './groups.ts'
import { dumpHeader } from './header.ts'
import { dumpNotes } from './notes.ts'
import { dumpRelocations } from './relocations.ts'
import { dumpSections } from './sections.ts'
import { dumpSymbols } from './symbols.ts'

export type DumpView = 'header' | 'sections' | 'groups' | 'relocations' | 'symbols' | 'notes'

/** In the order in which they are printed. */
export const DUMP_VIEWS: readonly DumpView[] = ['header', 'sections', 'groups', 'relocations', 'symbols', 'notes']

export interface DumpOptions {
  /** Which parts to print; all of them when absent. */
  readonly views?: readonly DumpView[]
}

/** The text, each line ended. */
export function dumpElf<S extends Side>(elf: ElfObject<S>, { views = DUMP_VIEWS }: DumpOptions = {}): string {
  const print: Record<DumpView, () => string[]> = {
    header: () => dumpHeader(elf),
    sections: () => dumpSections(elf, views.includes('header')),
    groups: () => dumpGroups(elf),
    relocations: () => dumpRelocations(elf),
    symbols: () => dumpSymbols(elf),
    notes: () => dumpNotes(elf),
  }
  const lines = DUMP_VIEWS.filter(view => views.includes(view)).flatMap(view => print[view]())
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}
