/**
 * By which calls code came where it is: what a compiler put into a function of others has their lines, and two copies of it
 * are told apart by where they were called only.
 *
 * In:  an object with debug information.
 * Out: of a section and an offset, the places of the calls, the innermost first; none where the code is the function's own,
 *      or nothing is known.
 */
import type { Side } from '../base/side.ts'
import type { ElfObject } from '../elf/index.ts'
import { codeRanges, type Stretch } from './code-ranges.ts'
import { DW_AT, DW_TAG } from './constants.ts'
import { type Entry, readEntries } from './entries.ts'
import { readFileNames } from './files.ts'
import type { Place } from './model.ts'
import { debugSections } from './sections.ts'

export type CallsAt = (section: number, offset: number) => readonly Place[]

interface Copy extends Stretch {
  readonly call: Place
  /** In how many others it is. */
  readonly depth: number
}

export function inlinedCalls<S extends Side>(object: ElfObject<S>): CallsAt {
  const sections = debugSections(object)
  if (sections === undefined) return () => []
  const rangesOf = codeRanges(object)
  const copies = readEntries(sections).flatMap(root => {
    const files = readFileNames(sections, Number(root.attributes.get(DW_AT.stmt_list) ?? 0))
    return [...copiesIn(root, 0)].flatMap(({ entry, depth }): readonly Copy[] => {
      const [file, line] = [DW_AT.call_file, DW_AT.call_line].map(each => Number(entry.attributes.get(each) ?? -1))
      const call = { file: files[file ?? -1] ?? '', line: line ?? 0 }
      return rangesOf(root, entry).map(each => ({ ...each, call, depth }))
    })
  })
  return (section, offset) =>
    copies
      .filter(each => each.section === section && offset >= each.from && offset < each.end)
      .toSorted((a, b) => b.depth - a.depth)
      .map(({ call }) => call)
}

function* copiesIn(entry: Entry, depth: number): Generator<{ readonly entry: Entry; readonly depth: number }> {
  const isCopy = entry.tag === DW_TAG.inlined_subroutine
  if (isCopy) yield { entry, depth }
  for (const child of entry.children) yield* copiesIn(child, isCopy ? depth + 1 : depth)
}
