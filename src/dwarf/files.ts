/** The names of source files, from the head of the line table; the table's own programs are not read. */
import { DW_FORM, DW_LNCT_DIRECTORY, DW_LNCT_PATH } from './constants.ts'
import { Cursor } from './cursor.ts'
import type { DebugSections } from './sections.ts'

/** File names by their number, as the compiler spelled them; empty where the table is of a kind we do not read. */
export function readFileNames(sections: DebugSections, at: number): readonly string[] {
  if (at >= sections.line.length) return []
  const cursor = new Cursor(sections.line, '.debug_line', at)
  cursor.skip(4)
  if (cursor.u16() !== 5) return []
  // Sizes, header length, instruction lengths, flags and bases.
  cursor.skip(2 + 4 + 5)
  cursor.skip(cursor.u8() - 1)
  const folders = readList(cursor, sections)
  const files = readList(cursor, sections)
  return files.map(({ path, folder }) => {
    const place = folders[folder]?.path ?? ''
    return path.startsWith('/') || folder === 0 || place === '' ? path : `${place}/${path}`
  })
}

interface Listed {
  readonly path: string
  readonly folder: number
}

function readList(cursor: Cursor, sections: DebugSections): Listed[] {
  const formats = Array.from({ length: cursor.u8() }, () => [cursor.count(), cursor.count()] as const)
  const listed: Listed[] = []
  for (let left = cursor.count(); left > 0; left--) {
    let [path, folder] = ['', 0]
    for (const [content, form] of formats) {
      const value = fieldOf(cursor, sections, form)
      if (content === DW_LNCT_PATH && typeof value === 'string') path = value
      if (content === DW_LNCT_DIRECTORY && typeof value === 'number') folder = value
    }
    listed.push({ path, folder })
  }
  return listed
}

function fieldOf(cursor: Cursor, { str, lineStr }: DebugSections, form: number): string | number {
  switch (form) {
    case DW_FORM.string:
      return cursor.string()
    case DW_FORM.line_strp:
      return new Cursor(lineStr, '.debug_line_str', cursor.u32()).string()
    case DW_FORM.strp:
      return new Cursor(str, '.debug_str', cursor.u32()).string()
    case DW_FORM.data1:
      return cursor.u8()
    case DW_FORM.data2:
      return cursor.u16()
    case DW_FORM.data16:
      cursor.skip(16)
      return 0
    default:
      return cursor.count()
  }
}
