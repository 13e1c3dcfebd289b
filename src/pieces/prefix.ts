/**
 * What stands in front of a function for others than those who call it.
 *
 * gcc and clang put nops there on request (-fpatchable-function-entry=N,M), and list each such place in a section, for
 * tracers that will write over them. In a payload nobody looks for them; they are filler as what aligns a function is.
 *
 * clang's -fsanitize=kcfi puts a number there that stands for the function's type, under a symbol `__cfi_f`; who calls
 * through a pointer reads it. It names no function: a jump there would be the end of all such calls.
 */
import type { Side } from '../base/side.ts'
import type { ElfObject, SectionId } from '../elf/model.ts'

/** GCC 12, "Common Function Attributes", patchable_function_entry. */
const LISTS = '__patchable_function_entries'

/** Whether a section lists places that only tracers look for. */
export function listsEntries(section: string): boolean {
  return section === LISTS
}

/** Of each section, the places that such a list names. */
export function listedEntries<S extends Side>(object: ElfObject<S>): ReadonlyMap<SectionId<S>, ReadonlySet<number>> {
  const listed = new Map<SectionId<S>, Set<number>>()
  for (const section of object.sections) {
    if (!listsEntries(section.name)) continue
    for (const { symbol, addend } of object.relocations[section.id] ?? []) {
      const place = object.symbols[symbol]?.place
      if (place?.in !== 'section') continue
      const places = listed.get(place.section) ?? new Set()
      listed.set(place.section, places.add(place.offset + Number(addend)))
    }
  }
  return listed
}

/** Whether the symbol marks the number of a function's type (LLVM 16, Control Flow Integrity for kernels). */
export function marksType(name: string): boolean {
  return name.startsWith('__cfi_')
}
