/** What the file must be: signature, ELF header, sections. Source: Linux 6.1 kernel/module/main.c, elf_validity_check(). */
import { finding, NotReached, when } from '../finding.ts'
import { ALLOC, EXECUTE, HEADER_SIZE, type RawSection, SECTION_HEADER_SIZE, WRITE } from '../xen/raw.ts'
import { type ModuleLoadContext, NOBITS, SYMTAB } from './load-context.ts'
import type { ModuleRule } from './rule.ts'

const check = 'kernel/module/main.c elf_validity_check'
const ET_REL = 1

/** The bytes are there, whatever they say. */
function header({ raw }: ModuleLoadContext) {
  if (raw.size < HEADER_SIZE) throw new NotReached('the file is too short for an ELF header')
  return raw.header()
}

const fails = (offset: bigint, size: bigint, { raw }: ModuleLoadContext): boolean => !raw.holds(offset, size)

/** Sections whose bytes are looked at. */
const withBytes = ({ sections }: ModuleLoadContext): readonly RawSection[] =>
  sections.slice(1).filter(({ type }) => type !== 0 && type !== NOBITS)

export const FILE_RULES: readonly ModuleRule[] = [
  {
    code: 'signature-form',
    step: 'signature',
    source: 'kernel/module_signature.c mod_check_sig',
    title: 'what stands behind the module is a signature of the kernel’s form, or nothing',
    check: ({ trailer: { fault } }) => {
      if (fault === undefined) return []
      // Of a kind that it does not know, the kernel says so and goes on without; the trailer is then part of the file.
      if (fault.errno === 'ENOPKG')
        return [finding('warning', `${fault.text}: the kernel takes the module for an unsigned one`)]
      return [finding(fault.errno, fault.text, 'the end of the file')]
    },
  },
  {
    code: 'header-size',
    step: 'header',
    source: check,
    title: 'the file holds an ELF header',
    check: ({ raw: { size } }) =>
      when(size < HEADER_SIZE, () => finding('ENOEXEC', `the file has ${size} bytes, an ELF header ${HEADER_SIZE}`)),
  },
  {
    code: 'header-magic',
    step: 'header',
    source: check,
    title: 'the file begins as an ELF file does',
    check: loading => {
      const magic = Buffer.from(header(loading).ident.subarray(0, 4)).toString('hex')
      return when(magic !== '7f454c46', () => finding('ENOEXEC', `it begins with ${magic}, not 7f454c46`, 'the header'))
    },
  },
  {
    code: 'header-type',
    step: 'header',
    source: check,
    title: 'it is relocatable (ET_REL)',
    check: loading => {
      const { type } = header(loading)
      return when(type !== ET_REL, () =>
        finding('ENOEXEC', `e_type is ${type}, not ${ET_REL} (relocatable)`, 'the header'),
      )
    },
  },
  {
    code: 'header-machine',
    step: 'header',
    source: check,
    title: 'it is for the kernel’s machine',
    check: loading => {
      const { machine } = header(loading)
      return when(machine !== loading.kernel.machine, () =>
        finding('ENOEXEC', `e_machine is ${machine}, not ${loading.kernel.machine}`, 'the header'),
      )
    },
  },
  {
    code: 'section-table',
    step: 'header',
    source: check,
    title: 'the table of sections lies in the file, with entries of the right size',
    check: loading => {
      const { sectionEntrySize, sectionTable, sectionCount } = header(loading)
      const size = BigInt(sectionCount * SECTION_HEADER_SIZE)
      const isOut = sectionTable >= BigInt(loading.raw.size) || fails(sectionTable, size, loading)
      return [
        ...when(sectionEntrySize !== SECTION_HEADER_SIZE, () =>
          finding('ENOEXEC', `an entry has ${sectionEntrySize} bytes, not ${SECTION_HEADER_SIZE}`, 'the header'),
        ),
        ...when(isOut, () =>
          finding(
            'ENOEXEC',
            `${sectionCount} entries from ${sectionTable} on lie past the end of the file`,
            'the header',
          ),
        ),
      ]
    },
  },
  {
    code: 'section-names',
    step: 'sections',
    source: check,
    title: 'the names of sections are there and end with a NUL',
    check: loading => {
      const { nameTableIndex, sectionCount } = loading.header
      const table = loading.sections[nameTableIndex]
      if (nameTableIndex === 0 || table === undefined) {
        return [
          finding('ENOEXEC', `the names are said to be in section ${nameTableIndex} of ${sectionCount}`, 'the header'),
        ]
      }
      const { offset, size } = table
      if (fails(offset, size, loading))
        return [finding('ENOEXEC', 'the names of sections lie past the end of the file')]
      const isEnded = size > 0n && loading.raw.byte(offset + size - 1n) === 0
      return when(!isEnded, () => finding('ENOEXEC', 'the names of sections do not end with a NUL'))
    },
  },
  {
    code: 'section-null',
    step: 'sections',
    source: check,
    title: 'section 0 is empty',
    check: ({ sections: [first] }) =>
      when(first === undefined || first.type !== 0 || first.size !== 0n || first.address !== 0n, () =>
        finding('ENOEXEC', 'section 0 is not the empty one that ELF has there'),
      ),
  },
  {
    code: 'section-bounds',
    step: 'sections',
    source: `${check}, validate_section_offset`,
    title: 'every section lies in the file, and every table of symbols has its strings',
    check: loading =>
      withBytes(loading).flatMap(({ index, type, link, offset, size }) => [
        ...when(type === SYMTAB && (link === 0 || link >= loading.header.sectionCount), () =>
          finding('ENOEXEC', `section ${index} has its strings in section ${link}`, `section ${index}`, index),
        ),
        ...when(fails(offset, size, loading), () =>
          finding('ENOEXEC', `section ${index} lies past the end of the file`, `section ${index}`, index),
        ),
      ]),
  },
  {
    code: 'section-name-bounds',
    step: 'sections',
    source: check,
    title: 'every loaded section has a name',
    check: loading =>
      withBytes(loading).flatMap(({ index, flags, nameOffset }) =>
        when((flags & ALLOC) !== 0 && BigInt(nameOffset) >= loading.names.size, () =>
          finding('ENOEXEC', `the name of section ${index} lies past the names`, `section ${index}`, index),
        ),
      ),
  },
  {
    code: 'symbol-table',
    step: 'setup',
    source: 'kernel/module/main.c setup_load_info',
    title: 'the module has symbols',
    check: ({ sections }) =>
      when(!sections.some(({ index, type }) => index > 0 && type === SYMTAB), () =>
        finding('ENOEXEC', 'the module has no table of symbols (stripped?)'),
      ),
  },
  {
    code: 'module-section',
    step: 'setup',
    source: 'kernel/module/main.c setup_load_info',
    title: 'the module’s own structure is there, and as large as the kernel’s',
    check: loading => {
      const section = loading.find('.gnu.linkonce.this_module')
      if (section === undefined) return [finding('ENOEXEC', 'there is no .gnu.linkonce.this_module')]
      const { size } = loading.kernel.facts.layouts.module
      return when(section.size !== BigInt(size), () =>
        finding(
          'crash',
          `struct module has ${section.size} bytes here and ${size} in the kernel, which writes all of its own`,
          '.gnu.linkonce.this_module',
        ),
      )
    },
  },
  {
    code: 'section-rights',
    step: 'placement',
    source: 'kernel/module/strict_rwx.c module_enforce_rwx_sections',
    title: 'no section is both written and run',
    check: loading =>
      loading.sections.flatMap(section =>
        when((section.flags & (WRITE | EXECUTE)) === (WRITE | EXECUTE), () =>
          finding(
            'ENOEXEC',
            `${loading.nameOf(section)} is both writable and executable`,
            loading.nameOf(section),
            section.index,
          ),
        ),
      ),
  },
]
