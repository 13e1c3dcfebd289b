/**
 * What the patch's own text asks to be left out: functions named in `.livepatch.ignore.functions` (pointers to them)
 * and sections named in `.livepatch.ignore.sections` (strings). Both sections are consumed and never loaded.
 */
import type { PieceMap } from '../pieces/model.ts'

export interface Directives {
  readonly functions: ReadonlySet<string>
  readonly sections: ReadonlySet<string>
}

export function directives(map: PieceMap<'patched'>): Directives {
  const functions = new Set<string>()
  const sections = new Set<string>()
  for (const section of map.object.sections) {
    if (section.name !== '.livepatch.ignore.functions' && section.name !== '.livepatch.ignore.sections') continue
    for (const piece of map.bySection[section.id] ?? []) {
      for (const { target } of piece.references) {
        if (target.to === 'external') functions.add(target.name)
        if (target.to !== 'piece') continue
        const reached = map.pieces[target.piece]
        if (reached === undefined) continue
        if (section.name.endsWith('functions')) functions.add(reached.name)
        else sections.add(textAt(map, reached.section, reached.offset + Number(target.delta)))
      }
    }
  }
  return { functions, sections }
}

function textAt(map: PieceMap<'patched'>, section: number, offset: number): string {
  const bytes = map.object.sections[section]?.bytes ?? new Uint8Array()
  const end = bytes.indexOf(0, offset)
  return Buffer.from(bytes.subarray(offset, end === -1 ? bytes.length : end)).toString('latin1')
}
