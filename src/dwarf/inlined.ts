/**
 * Which functions the compiler put into which, by name, as debug information says: directly, or by way of one another.
 *
 * What it leaves nothing of (a result that is a constant) it does not tell. So what is not here may be inlined all the same.
 *
 * In:  an object with debug information.
 * Out: by the name of each function that has code, its parts and clones included, the names of those that are in it.
 *      Empty where there is no debug information.
 */
import type { Side } from '../base/side.ts'
import type { ElfObject } from '../elf/index.ts'
import { DW_AT, DW_TAG } from './constants.ts'
import { type Entry, readEntries } from './entries.ts'
import { debugSections } from './sections.ts'

export function inlinedInto<S extends Side>(object: ElfObject<S>): ReadonlyMap<string, ReadonlySet<string>> {
  const sections = debugSections(object)
  const found = new Map<string, Set<string>>()
  for (const root of sections === undefined ? [] : readEntries(sections)) {
    const entries = [...within(root)]
    const byId = new Map(entries.map(entry => [entry.id, entry]))
    for (const entry of entries) {
      const name = entry.tag === DW_TAG.subprogram && hasCode(entry) ? nameOf(entry, byId) : undefined
      if (name === undefined) continue
      const names = found.get(name) ?? new Set()
      for (const each of within(entry)) {
        const inlined = each.tag === DW_TAG.inlined_subroutine ? nameOf(each, byId) : undefined
        if (inlined !== undefined) names.add(inlined)
      }
      found.set(name, names)
    }
  }
  return found
}

const hasCode = ({ attributes }: Entry): boolean => attributes.has(DW_AT.low_pc) || attributes.has(DW_AT.ranges)

function* within(entry: Entry): Generator<Entry> {
  yield entry
  for (const child of entry.children) yield* within(child)
}

/** Its own, or that of what it is a copy of. */
function nameOf(entry: Entry, byId: ReadonlyMap<number, Entry>): string | undefined {
  const seen = new Set<Entry>()
  let at: Entry | undefined = entry
  while (at !== undefined && !seen.has(at)) {
    const name = at.attributes.get(DW_AT.name)
    if (typeof name === 'string') return name
    seen.add(at)
    at = byId.get(Number(at.attributes.get(DW_AT.abstract_origin) ?? at.attributes.get(DW_AT.specification) ?? -1))
  }
  return undefined
}
