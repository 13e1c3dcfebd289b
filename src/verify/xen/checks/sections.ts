/**
 * Sections one by one, the string and symbol tables, and where everything goes in memory.
 * Sources: livepatch_elf.c "elf_resolve_sections", "elf_resolve_section_names", "elf_get_sym"; livepatch.c "move_payload".
 */

import { type Finding, finding, hex, NotReached, when } from '../../finding.ts'
import type { Rule } from '../../rule.ts'
import { isLoaded } from '../layout.ts'
import { type LoadContext, MAX_SIZE } from '../load-context.ts'
import { EXECUTE, HEADER_SIZE, type RawSection, SYMBOL_SIZE, u64, WRITE, wrapsAround } from '../raw.ts'

const SYMTAB = 2
const STRTAB = 3
const NOBITS = 8

const each = 'livepatch_elf.c elf_resolve_sections'

/** What the loader asks for by name. */
const LOOKED_FOR =
  /^\.(livepatch\.(funcs|depends|xen_depends|hooks\..*)|note\.gnu\.build-id|bug_frames\.[0-3]|alt.*|ex_table|modinfo)$/

/** A rule about every section; items are the loader's loop. */
function eachSection(
  loading: LoadContext,
  problem: (section: RawSection) => readonly [Finding['errno'], string] | undefined,
) {
  return loading.realSections.flatMap(section => {
    const found = problem(section)
    if (found === undefined) return []
    const place = loading.placeOf(section)
    return [finding(found[0], `${place}: ${found[1]}`, place, section.index)]
  })
}

export const SECTION_RULES: readonly Rule[] = [
  {
    code: 'section-place',
    step: 'sections',
    source: each,
    title: 'every section lies in the file, behind the header',
    check: loading =>
      eachSection(loading, ({ offset, size, type }) => {
        if (offset < BigInt(HEADER_SIZE)) return ['EINVAL', `its content at ${hex(offset)} overlaps the ELF header`]
        const end = u64(offset + size)
        const file = BigInt(loading.raw.size)
        if (type === NOBITS || (offset <= file && end <= file)) return undefined
        return ['EINVAL', `its content ends at ${hex(offset + size)}, past the file's ${hex(file)} bytes`]
      }),
  },
  {
    code: 'section-alignment',
    step: 'sections',
    source: each,
    title: 'every alignment is a power of two',
    check: loading =>
      eachSection(loading, ({ alignment }) =>
        (alignment & (alignment - 1n)) === 0n || alignment === 0n
          ? undefined
          : ['EOPNOTSUPP', `its alignment ${hex(alignment)} is not a power of two`],
      ),
  },
  {
    code: 'section-address',
    step: 'sections',
    source: each,
    title: 'addresses are multiples of their alignment',
    check: loading =>
      eachSection(loading, ({ alignment, address }) =>
        alignment === 0n || address % alignment === 0n
          ? undefined
          : ['EINVAL', `its address ${hex(address)} is not a multiple of its alignment ${hex(alignment)}`],
      ),
  },
  {
    code: 'section-nobits-size',
    step: 'sections',
    source: each,
    title: `no section without content is larger than ${MAX_SIZE} bytes`,
    check: loading =>
      eachSection(loading, section => {
        const counts = section.type === NOBITS && (isLoaded(section) || (section.flags & WRITE) !== 0)
        return counts && section.size > BigInt(MAX_SIZE)
          ? ['EINVAL', `it asks for ${section.size} bytes of zeros; Xen gives at most ${MAX_SIZE}`]
          : undefined
      }),
  },
  {
    code: 'symbol-table-single',
    step: 'sections',
    source: each,
    title: 'there is one symbol table',
    check: loading => {
      const first = loading.realSections.find(section => section.type === SYMTAB)
      return eachSection(loading, section =>
        section.type === SYMTAB && section !== first
          ? ['EOPNOTSUPP', `it is a second symbol table; the first is section ${first?.index}`]
          : undefined,
      )
    },
  },
  {
    code: 'symbol-table-link',
    step: 'sections',
    source: each,
    title: 'the symbol table names its strings',
    check: loading =>
      eachSection(loading, ({ type, link }) =>
        type === SYMTAB && link >= loading.sections.length
          ? ['EINVAL', `sh_link of the symbol table is ${link}, but there are ${loading.sections.length} sections`]
          : undefined,
      ),
  },
  {
    code: 'symbol-table',
    step: 'symbol-table',
    source: each,
    title: 'there is a symbol table of whole entries',
    check: loading => {
      const table = loading.realSections.find(section => section.type === SYMTAB)
      if (table === undefined) return [finding('EINVAL', 'there is no symbol table', 'the section headers')]
      const { size, entrySize } = table
      const whole = size !== 0n && entrySize >= BigInt(SYMBOL_SIZE) && size % entrySize === 0n
      const text = `the symbol table has ${size} bytes in entries of ${entrySize}; an entry has at least ${SYMBOL_SIZE}`
      return when(!whole, () => finding('EINVAL', text, loading.placeOf(table)))
    },
  },
  {
    code: 'string-table',
    step: 'symbol-table',
    source: 'livepatch_elf.c elf_verify_strtab',
    title: "the symbol table's strings are a string table",
    check: loading => {
      const { link } = loading.symbolTable
      if (link === 0) {
        const text = 'sh_link of the symbol table is 0; the loader follows a null pointer'
        return [finding('crash', text, loading.placeOf(loading.symbolTable))]
      }
      return stringTableProblem(loading, link, 'the string table of the symbol table')
    },
  },
  {
    code: 'section-name-table',
    step: 'section-names',
    source: 'livepatch_elf.c elf_resolve_section_names',
    title: "sections' names are in a string table",
    check: loading => stringTableProblem(loading, loading.header.nameTableIndex, 'the section name table'),
  },
  {
    code: 'section-name',
    step: 'section-names',
    source: 'livepatch_elf.c elf_resolve_section_names',
    title: 'every section has a name in the table',
    check: loading => {
      const { size } = loading.sectionNames
      return eachSection(loading, ({ nameOffset }) =>
        BigInt(nameOffset) < size
          ? undefined
          : ['EINVAL', `its name is at ${hex(nameOffset)} of a name table of ${hex(size)} bytes`],
      )
    },
  },
  {
    code: 'section-twice',
    step: 'section-names',
    source: 'livepatch_elf.c livepatch_elf_sec_by_name',
    title: 'no section that Xen looks for is there twice',
    check: loading =>
      eachSection(loading, section => {
        const name = loading.nameOf(section)
        const first = loading.sectionNamed(name)
        if (first === undefined || first === section || section.size === 0n || !LOOKED_FOR.test(name)) return undefined
        return ['warning', `Xen looks at the first of that name only, section ${first.index}, and passes this one over`]
      }),
  },
  {
    code: 'symbol-table-memory',
    step: 'symbol-names',
    source: 'livepatch_elf.c elf_get_sym',
    title: 'there is memory for the symbols',
    check: loading => {
      const { size, entrySize } = loading.symbolTable
      const text = `the symbol table claims ${size} bytes, an overflow that Xen does not notice, and asks for as much memory`
      const wraps = entrySize >= BigInt(SYMBOL_SIZE) && wrapsAround(loading.symbolTable)
      return when(wraps, () => finding('ENOMEM', text, loading.placeOf(loading.symbolTable)))
    },
  },
  {
    code: 'symbol-name',
    step: 'symbol-names',
    source: 'livepatch_elf.c elf_get_sym',
    title: 'every symbol has a name in the string table',
    check: loading => {
      const { size } = loading.strings
      return loading.elfSymbols
        .slice(1)
        .filter(symbol => BigInt(symbol.nameOffset) >= size)
        .map(({ index, nameOffset }) =>
          finding(
            'EINVAL',
            `symbol ${index} has its name at ${hex(nameOffset)} of a string table of ${hex(size)} bytes`,
            `symbol ${index}`,
            index,
          ),
        )
    },
  },
]

function stringTableProblem(loading: LoadContext, index: number, what: string): readonly Finding[] {
  const table = loading.sections[index]
  if (table === undefined || index === 0) throw new NotReached(`${what} cannot be read`)
  const wrong = (text: string) => [finding('EINVAL', `${what}: ${text}`, loading.placeOf(table))]
  if (table.type !== STRTAB) return wrong(`section ${index} has type ${table.type}, not 3 (SHT_STRTAB)`)
  if (table.size === 0n) return wrong('it is empty')
  const first = loading.raw.byte(table.offset)
  const last = loading.raw.byte(u64(table.offset + table.size - 1n))
  if (first === 0 && last === 0) return []
  return wrong('it does not begin and end with a NUL')
}

const move = 'livepatch.c move_payload'

export const PLACEMENT_RULES: readonly Rule[] = [
  {
    code: 'section-access',
    step: 'placement',
    source: move,
    title: 'no loaded section is both writable and executable',
    check: loading =>
      eachSection(loading, section =>
        isLoaded(section) && (section.flags & WRITE) !== 0 && (section.flags & EXECUTE) !== 0
          ? ['EOPNOTSUPP', 'it is both writable and executable']
          : undefined,
      ),
  },
  {
    code: 'memory',
    step: 'placement',
    source: `${move}; common/vmap.c vmalloc_xen`,
    title: 'the payload fits into the memory that Xen keeps for payloads',
    check: loading => {
      const { freePages, layout } = loading
      const text = `it needs ${layout.pages} pages, Xen keeps ${freePages} for all payloads`
      return when(layout.pages > freePages, () => finding('ENOMEM', text, 'the file', loading.sections.length))
    },
  },
  {
    code: 'section-overrun',
    step: 'placement',
    source: move,
    title: 'no section is written past the memory made for it',
    check: loading =>
      loading.relocated.copied.outside.map(section => {
        const text = `${loading.placeOf(section)} (size ${hex(section.size)}, alignment ${section.alignment}) is written past the end of the memory that Xen computes for the payload`
        return finding('crash', text, loading.placeOf(section), loading.sections.length + 1)
      }),
  },
  {
    code: 'section-overlap',
    step: 'run',
    source: move,
    title: 'no section overwrites another in memory',
    check: loading =>
      loading.relocated.copied.overlapping.map(([under, over]) => {
        const text = `${loading.placeOf(over)} (alignment ${over.alignment}) is loaded over ${loading.placeOf(under)}; Xen does not notice, and runs what is left`
        return finding('crash', text, loading.placeOf(over))
      }),
  },
]
