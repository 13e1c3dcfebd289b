/**
 * What a wrong payload differs in from the right one, as places of the file: not what its maker calls it. Two files of
 * equal length are held against each other, and each byte that differs is found in the right one's headers and tables.
 */
import { Editor, SECTION_FIELDS, type SectionField, SYMBOL_FIELDS, type SymbolField } from './editor.ts'

export type Touched =
  | { readonly in: 'header' | 'names' | 'elsewhere' | 'length' }
  /** The header of a section, with both values. */
  | {
      readonly in: 'section header'
      readonly section: string
      readonly field: SectionField
      readonly from: bigint
      readonly to: bigint
    }
  | { readonly in: 'symbol'; readonly name: string; readonly field: SymbolField; readonly index: number }
  /** Bytes of a section, its relocations for `.rela`. */
  | { readonly in: 'content'; readonly section: string }

const SHT_NOBITS = 8n

export function touchedIn(right: Uint8Array, wrong: Uint8Array): readonly Touched[] {
  if (right.length !== wrong.length) return [{ in: 'length' }]
  const before = new Editor(right)
  const after = new Editor(wrong)
  const found = new Map<string, Touched>()
  for (const [at, value] of right.entries()) {
    if (value === wrong[at]) continue
    const touched = placeOf(before, after, at)
    found.set(
      JSON.stringify(touched, (_, each) => (typeof each === 'bigint' ? String(each) : each)),
      touched,
    )
  }
  return [...found.values()]
}

function placeOf(before: Editor, after: Editor, at: number): Touched {
  if (at < 64) return { in: 'header' }
  const headers = Number(before.read(40, 8))
  if (at >= headers && at < headers + before.sectionCount * 64) {
    const index = Math.floor((at - headers) / 64)
    const field = fieldAt(SECTION_FIELDS, (at - headers) % 64)
    const [from, to] = [before.section(index, field), after.section(index, field)]
    return { in: 'section header', section: before.sectionName(index), field, from, to }
  }
  const section = before.sectionNames.findIndex((_, index) => {
    const start = Number(before.section(index, 'offset'))
    if (index === 0 || before.section(index, 'type') === SHT_NOBITS) return false
    return at >= start && at < start + Number(before.section(index, 'size'))
  })
  if (section === -1) return { in: 'elsewhere' }
  const name = before.sectionName(section)
  if (name === '.shstrtab' || name === '.strtab') return { in: 'names' }
  if (name !== '.symtab') return { in: 'content', section: name }
  const offset = at - before.at(name)
  const index = Math.floor(offset / 24)
  return { in: 'symbol', name: before.symbolName(index), field: fieldAt(SYMBOL_FIELDS, offset % 24), index }
}

function fieldAt<Field extends string>(fields: Readonly<Record<Field, readonly [number, number]>>, at: number): Field {
  for (const [name, [offset, size]] of Object.entries(fields) as [Field, readonly [number, number]][])
    if (at >= offset && at < offset + size) return name
  throw new Error(`no field at ${at}`)
}
