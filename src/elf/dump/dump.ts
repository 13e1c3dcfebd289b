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

/** A part of a file, as readelf prints it. */
export type DumpView = 'header' | 'sections' | 'groups' | 'relocations' | 'symbols' | 'notes'

/**
 * The parts of a file that can be printed, in their order.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { DUMP_VIEWS } from 'hotsplice/elf'
 *
 * assert.equal(DUMP_VIEWS[0], 'header')
 * ```
 */
export const DUMP_VIEWS: readonly DumpView[] = ['header', 'sections', 'groups', 'relocations', 'symbols', 'notes']

/** What `dumpElf` takes besides. */
export interface DumpOptions {
  /**
   * Which parts to print.
   *
   * @default all of them
   */
  readonly views?: readonly DumpView[]
}

/**
 * Prints an object as `readelf -hSgrsnW` does.
 *
 * @param elf the object
 * @param options which parts
 * @returns the text, each line ended
 * @throws {InputError} for notes that do not fit their section
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { readFile } from 'node:fs/promises'
 * import { dumpElf, readElf } from 'hotsplice/elf'
 *
 * const elf = readElf(await readFile('original.o'))
 * assert.match(dumpElf(elf, { views: ['symbols'] }), /FUNC +GLOBAL +HIDDEN +\d+ f1$/m)
 * ```
 */
export function dumpElf<S extends Side>(elf: ElfObject<S>, options: DumpOptions = {}): string {
  const { views = DUMP_VIEWS } = options
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
