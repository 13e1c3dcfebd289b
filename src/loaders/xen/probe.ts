/**
 * Asks the compiler how large the entries of special sections are: a small text, compiled with a unit's own flags,
 * declares one array for each structure, as long as the structure is large; the symbols' sizes are the answer. Nothing
 * runs and no debug information is needed, which builds often lack.
 */

import type { Side } from '../../base/side.ts'
import type { ElfObject } from '../../elf/model.ts'
import { AARCH64 } from '../../machines/aarch64/aarch64.ts'
import { X86_64 } from '../../machines/x86-64/x86-64.ts'
import type { EntryLayout } from '../entries.ts'
import type { ProbedSizes } from '../entry-size.ts'
import { XEN_ENTRY_LAYOUTS } from './entries.ts'

/** What a compiler for the machine defines, so that each is asked about its own entries only. */
const DEFINED: ReadonlyMap<number, string> = new Map([
  [X86_64.number, '__x86_64__'],
  [AARCH64.number, '__aarch64__'],
])

const PREFIX = 'hotsplice_size_of_'

/** C text whose object tells the size for one section. */
export interface ProbeText {
  readonly section: string
  readonly text: string
}

/**
 * One text for each section, to be compiled one behind the other or, where a version does not have a structure that
 * its header had, one by one. A structure without a header that this version has is left out.
 */
export function probeTexts(): readonly ProbeText[] {
  return [...XEN_ENTRY_LAYOUTS].flatMap(([machine, layouts]) => layouts.flatMap(layout => probeText(machine, layout)))
}

function probeText(machine: number, { section, sizeof, headers }: EntryLayout): readonly ProbeText[] {
  const defined = DEFINED.get(machine)
  if (sizeof === undefined || defined === undefined) return []
  const declaration = `unsigned char ${PREFIX}${identifier(section)}[${sizeof}];`
  const branches = headers.map(
    (header, index) =>
      `#${index === 0 ? 'if' : 'elif'} __has_include(<${header}>)\n#include <${header}>\n${declaration}\n`,
  )
  return [{ section, text: `#ifdef ${defined}\n${branches.join('')}#endif\n#endif\n` }]
}

/** The sizes in bytes by section, read from the probe's object. */
export function probedSizes(object: ElfObject<Side>): ProbedSizes {
  const sizes = new Map<string, number>()
  for (const { section } of XEN_ENTRY_LAYOUTS.get(object.header.machine) ?? []) {
    const symbol = object.symbols.find(({ name }) => name === PREFIX + identifier(section))
    if (symbol !== undefined) sizes.set(section, symbol.size)
  }
  return sizes
}

function identifier(section: string): string {
  return section.replace(/\W/g, '_')
}
