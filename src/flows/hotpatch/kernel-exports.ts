/**
 * What a patch changes about the names that a Linux kernel or a module exports. The table of them is read when a module is
 * loaded, and a live patch adds nothing to it: its own code finds what it needs without. Part of the pipeline.
 */
import type { Reason } from '../../base/refusal.ts'
import type { ElfObject } from '../../elf/model.ts'
import type { UnitInput } from '../../select/select.ts'

type Units = readonly Pick<UnitInput, 'unit' | 'verdicts'>[]

export function exportNotices(units: Units): readonly Reason[] {
  return units.flatMap(({ unit, verdicts }) => {
    const { original, patched } = verdicts.correlation
    const [before, after] = [exportsOf(original.object), exportsOf(patched.object)]
    const names = [...new Set([...before.keys(), ...after.keys()])].filter(name => before.get(name) !== after.get(name))
    return names.map(name => ({ code: 'export-left', text: wordsFor(unit, name, [before.get(name), after.get(name)]) }))
  })
}

function wordsFor(unit: string, name: string, [before, after]: readonly (string | undefined)[]): string {
  if (after === undefined)
    return `${unit} no longer exports ${name}: the running kernel goes on doing so, and a module that needs it goes on finding it`
  if (before === undefined)
    return `${unit} exports ${name} by now: the running kernel does not, so that no module but this live patch finds it`
  return `${unit} exports ${name} to others than before: the running kernel’s own table stays as it is`
}

/** By name, to whom: the section says it. Linux 6.1: include/linux/export-internal.h; since 6.5 that of modpost. */
function exportsOf({ sections, symbols }: ElfObject<'original' | 'patched'>): ReadonlyMap<string, string> {
  return new Map(
    symbols.flatMap(({ name, place }) => {
      const [, exported] = /^__(?:ksymtab|export_symbol)_(.+)$/.exec(name) ?? []
      if (exported === undefined || place.in !== 'section') return []
      const section = sections[place.section]
      return [
        [
          exported,
          `${section?.name} ${section?.name === '.export_symbol' ? licence(section.bytes, place.offset) : ''}`,
        ],
      ] as const
    }),
  )
}

/** The licence and the namespace: two strings. Linux 6.12: include/linux/export.h. */
function licence(bytes: Uint8Array, at: number): string {
  const end = bytes.indexOf(0, bytes.indexOf(0, at) + 1)
  return Buffer.from(bytes.subarray(at, end)).toString('latin1')
}
