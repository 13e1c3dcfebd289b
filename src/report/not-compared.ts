/** What no stage compared, unit by unit, so that silence is not taken for a verdict. */
import type { Side } from '../base/side.ts'
import type { UnitVerdicts } from '../compare/model.ts'
import {
  SHT_CREL,
  SHT_NULL,
  SHT_REL,
  SHT_RELA,
  SHT_STRTAB,
  SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
} from '../elf/spec/constants.ts'
import type { PieceMap } from '../pieces/model.ts'
import { isCut } from '../pieces/section-facts.ts'
import type { NotCompared } from './model.ts'

export interface ComparedUnit {
  readonly unit: string
  readonly verdicts: UnitVerdicts
}

export function notCompared({ unit, verdicts }: ComparedUnit): readonly NotCompared[] {
  const { original, patched } = verdicts.correlation
  const say = (what: string, text: string): NotCompared => ({ unit, what, text })
  const found: NotCompared[] = []
  const padding = patched.padding.reduce((sum, { size }) => sum + size, 0)
  if (padding > 0) found.push(say('padding', `${padding} bytes of alignment between functions and data objects`))
  const left = [...new Set([...leftOut(original), ...leftOut(patched)])]
  const debug = left.filter(name => name.startsWith('.debug'))
  if (debug.length > 0)
    found.push(say('debug-information', `${debug.join(', ')}: the running system never looks at them`))
  const others = left.filter(name => !name.startsWith('.debug'))
  if (others.length > 0) found.push(say('sections', `${others.join(', ')}: no part of what runs`))
  found.push(
    say(
      'names',
      'local names of what is paired by other evidence, the name of the source file, and the order of symbols and sections',
    ),
  )
  return found
}

/** The object file's own tables. */
const TABLES: ReadonlySet<number> = new Set([
  SHT_NULL,
  SHT_SYMTAB,
  SHT_STRTAB,
  SHT_RELA,
  SHT_REL,
  SHT_CREL,
  SHT_SYMTAB_SHNDX,
])

/** Sections with content that is neither code nor data nor a table of the object file itself. */
function leftOut<S extends Side>({ object, sections }: PieceMap<S>): readonly string[] {
  return object.sections
    .filter(section => section.size > 0 && !TABLES.has(section.type) && !isCut(section, sections))
    .map(({ name }) => name)
}
