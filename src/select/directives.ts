/**
 * What the patch's own text asks to be left out: functions named in `.livepatch.ignore.functions` (pointers to them),
 * sections named in `.livepatch.ignore.sections` and data named in `.livepatch.ignore.data`, by its name in the running
 * system (pointers to strings). `.livepatch.ignore.calls` has pairs of such names: calls of the second that the first is to
 * lose where it stands. These sections are consumed and never loaded. What the patch says about itself
 * (`.modinfo`) is passed on.
 */
import type { UnitVerdicts } from '../compare/model.ts'
import type { PieceMap } from '../pieces/model.ts'

export interface Directives {
  readonly functions: ReadonlySet<string>
  readonly sections: ReadonlySet<string>
  /** Running names of data whose initial values hooks set. */
  readonly data: ReadonlySet<string>
  /** Running names of who calls and who is called. */
  readonly calls: readonly LostCall[]
}

interface LostCall {
  readonly caller: string
  readonly callee: string
}

const FUNCTIONS = '.livepatch.ignore.functions'
const SECTIONS = '.livepatch.ignore.sections'
const DATA = '.livepatch.ignore.data'
const CALLS = '.livepatch.ignore.calls'

export function directives(map: PieceMap<'patched'>): Directives {
  const functions = new Set<string>()
  const sections = new Set<string>()
  const data = new Set<string>()
  for (const section of map.object.sections) {
    if (![FUNCTIONS, SECTIONS, DATA].includes(section.name)) continue
    for (const piece of map.bySection[section.id] ?? []) {
      for (const { target } of piece.references) {
        if (target.to === 'external') functions.add(target.name)
        if (target.to !== 'piece') continue
        const reached = map.pieces[target.piece]
        if (reached === undefined) continue
        if (section.name === FUNCTIONS) functions.add(reached.name)
        else {
          const text = textAt(map, reached.section, reached.offset + Number(target.delta))
          if (section.name === DATA) data.add(text)
          else sections.add(text)
        }
      }
    }
  }
  return { functions, sections, data, calls: lostCalls(map) }
}

function lostCalls(map: PieceMap<'patched'>): readonly LostCall[] {
  const sections = map.object.sections.filter(({ name }) => name === CALLS)
  return sections.flatMap(({ id }) =>
    (map.bySection[id] ?? []).flatMap(({ references }) => {
      const names = references
        .toSorted((a, b) => a.offset - b.offset)
        .flatMap(({ target }) => {
          const reached = target.to === 'piece' ? map.pieces[target.piece] : undefined
          if (target.to !== 'piece' || reached === undefined) return []
          return textAt(map, reached.section, reached.offset + Number(target.delta))
        })
      return Array.from({ length: names.length >> 1 }, (_, at) => ({
        caller: names[at * 2] ?? '',
        callee: names[at * 2 + 1] ?? '',
      }))
    }),
  )
}

/** The strings of the patched units' `.modinfo`, which go into the payload's own. */
export function modinfoOf(units: readonly { readonly verdicts: UnitVerdicts }[]): readonly string[] {
  return units.flatMap(({ verdicts }) => {
    const { sections } = verdicts.correlation.patched.object
    return sections.filter(({ name }) => name === '.modinfo').flatMap(({ bytes }) => stringsOf(bytes))
  })
}

function stringsOf(bytes: Uint8Array): readonly string[] {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('latin1')
    .split('\0')
    .filter(text => text !== '')
}

function textAt(map: PieceMap<'patched'>, section: number, offset: number): string {
  const bytes = map.object.sections[section]?.bytes ?? new Uint8Array()
  const end = bytes.indexOf(0, offset)
  return Buffer.from(bytes.subarray(offset, end === -1 ? bytes.length : end)).toString('latin1')
}
