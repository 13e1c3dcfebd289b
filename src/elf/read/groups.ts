/** Section groups (gABI, "Section Groups"). */
import { InputError } from '../../base/errors.ts'
import type { Side } from '../../base/side.ts'
import { sectionId, symbolId } from '../ids.ts'
import type { ElfGroup, ElfSection, SectionId } from '../model.ts'
import { SHT_GROUP } from '../spec/constants.ts'
import { errorAt, tableOf, wordAt } from './cursor.ts'

interface Context<S extends Side> {
  readonly sections: readonly ElfSection<S>[]
  readonly symbolCount: number
}

export function readGroups<S extends Side>(context: Context<S>, fileSize: number): readonly ElfGroup<S>[] {
  const groups = context.sections.filter(section => section.type === SHT_GROUP)
  const total = groups.reduce((sum, section) => sum + section.size, 0)
  if (total > fileSize) {
    throw new InputError(
      'elf/overlapping-tables',
      `the groups have ${total} bytes together, but the file has ${fileSize}`,
    )
  }
  return groups.map(section => readGroup(section, context))
}

function readGroup<S extends Side>(section: ElfSection<S>, context: Context<S>): ElfGroup<S> {
  const { id, name, bytes, fileOffset, size, info } = section
  const { sections, symbolCount } = context
  const table = tableOf(bytes, fileOffset, `group ${id} ${name}`)
  if (size < 4 || size % 4 !== 0) {
    throw errorAt(table, table.first, 'elf/bad-table-size', `a group of ${size} bytes, not a positive multiple of 4`)
  }
  if (info >= symbolCount) {
    throw new InputError(
      'elf/bad-symbol-index',
      `the signature of group ${id} is symbol ${info}, but .symtab has ${symbolCount} entries`,
    )
  }
  const members: SectionId<S>[] = []
  for (let at = table.first + 1; at < table.end; at++) {
    const member = wordAt(table, at)
    if (member === 0 || member >= sections.length) {
      throw errorAt(table, at, 'elf/bad-section-index', `member ${member}, but there are ${sections.length} sections`)
    }
    members.push(sectionId(member))
  }
  return { section: id, signature: symbolId(info), flags: wordAt(table, table.first), members }
}
