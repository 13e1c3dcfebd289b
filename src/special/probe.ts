/**
 * Asks the compiler how large the entries of special sections are: a small text, compiled with a unit's own flags,
 * declares one array for each structure, as long as the structure is large; the symbols' sizes are the answer. Nothing
 * runs and no debug information is needed, which builds often lack.
 */

import type { Side } from '../base/side.ts'
import type { ElfObject } from '../elf/model.ts'
import { ENTRY_LAYOUTS } from './entries.ts'
import type { ProbedSizes } from './entry-size.ts'

const PREFIX = 'hotsplice_size_of_'

/** C text whose object tells the sizes; a structure whose header this version does not have is left out. */
export function probeText(): string {
  const declarations = ENTRY_LAYOUTS.flatMap(({ section, sizeof, header }) => {
    if (sizeof === undefined || header === undefined) return []
    return [
      `#if __has_include(<${header}>)\n#include <${header}>\nunsigned char ${PREFIX}${identifier(section)}[${sizeof}];\n#endif`,
    ]
  })
  return `${declarations.join('\n')}\n`
}

/** The sizes in bytes by section, read from the probe's object. */
export function probedSizes(object: ElfObject<Side>): ProbedSizes {
  const sizes = new Map<string, number>()
  for (const { section } of ENTRY_LAYOUTS) {
    const symbol = object.symbols.find(({ name }) => name === PREFIX + identifier(section))
    if (symbol !== undefined) sizes.set(section, symbol.size)
  }
  return sizes
}

function identifier(section: string): string {
  return section.replace(/\W/g, '_')
}
