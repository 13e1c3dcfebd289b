/** The file's size and ELF header. Source: livepatch.c "verify_payload"; livepatch_elf.c "livepatch_header_check". */

import { finding, hex, NotReached, when } from '../../finding.ts'
import type { Rule } from '../../rule.ts'
import { type LoadContext, MAX_SIZE } from '../load-context.ts'
import { HEADER_SIZE, SECTION_HEADER_SIZE } from '../raw.ts'

const MAX_SECTIONS = 1024
const ET_REL = 1
const OS_ABIS = new Map([
  [0, 'System V'],
  [9, 'FreeBSD'],
])

const check = 'livepatch_elf.c livepatch_header_check'

/** The bytes are there, whatever they say. */
function header({ raw }: LoadContext) {
  if (raw.size < HEADER_SIZE) throw new NotReached('the file is too short for an ELF header')
  return raw.header()
}

export const HEADER_RULES: readonly Rule[] = [
  {
    code: 'hypervisor-livepatch',
    step: 'size',
    source: 'xen/livepatch.h livepatch_op',
    title: 'the hypervisor was built with CONFIG_LIVEPATCH',
    check: ({ hypervisor }) =>
      when(hypervisor.takesPayloads === false, () =>
        finding('ENOSYS', 'the hypervisor was built without CONFIG_LIVEPATCH: it has no livepatch_op'),
      ),
  },
  {
    code: 'payload-size',
    step: 'size',
    source: 'livepatch.c verify_payload',
    title: `the file has between 1 and ${MAX_SIZE} bytes`,
    check: ({ raw: { size } }) =>
      when(size === 0 || size > MAX_SIZE, () =>
        finding('EINVAL', `the file has ${size} bytes; Xen takes 1 to ${MAX_SIZE}`),
      ),
  },
  {
    code: 'header-size',
    step: 'header',
    source: check,
    title: 'the file holds an ELF header',
    check: ({ raw: { size } }) =>
      when(size < HEADER_SIZE, () => finding('EINVAL', `the file has ${size} bytes, an ELF header ${HEADER_SIZE}`)),
  },
  {
    code: 'header-magic',
    step: 'header',
    source: check,
    title: 'the file begins as an ELF file does',
    check: loading => {
      const magic = Buffer.from(header(loading).ident.subarray(0, 4)).toString('hex')
      return when(magic !== '7f454c46', () => finding('EINVAL', `it begins with ${magic}, not 7f454c46`, 'the header'))
    },
  },
  {
    code: 'header-version',
    step: 'header',
    source: check,
    title: 'the ELF version is 1',
    check: loading => {
      const { version, ident } = header(loading)
      return when(version !== 1 || ident[6] !== 1, () =>
        finding('EOPNOTSUPP', `e_version is ${version} and EI_VERSION ${ident[6]}; both must be 1`, 'the header'),
      )
    },
  },
  {
    code: 'header-abi',
    step: 'header',
    source: check,
    title: 'the ABI is System V or FreeBSD, version 0',
    check: loading => {
      const { ident } = header(loading)
      return when(!OS_ABIS.has(ident[7] ?? 0) || ident[8] !== 0, () =>
        finding(
          'EOPNOTSUPP',
          `EI_OSABI is ${ident[7]} and EI_ABIVERSION ${ident[8]}; Xen takes 0 (System V) or 9 (FreeBSD), version 0`,
          'the header',
        ),
      )
    },
  },
  {
    code: 'header-type',
    step: 'header',
    source: check,
    title: 'the file is a relocatable object',
    check: loading => {
      const { type } = header(loading)
      return when(type !== ET_REL, () => finding('EOPNOTSUPP', `e_type is ${type}, not 1 (ET_REL)`, 'the header'))
    },
  },
  {
    code: 'header-segments',
    step: 'header',
    source: check,
    title: 'there are no program headers',
    check: loading => {
      const { programHeaderCount } = header(loading)
      return when(programHeaderCount !== 0, () =>
        finding('EOPNOTSUPP', `e_phnum is ${programHeaderCount}; a payload has no program headers`, 'the header'),
      )
    },
  },
  {
    code: 'header-machine',
    step: 'header',
    source: 'arch/*/livepatch.c arch_livepatch_verify_elf',
    title: "class, byte order and machine are the hypervisor's",
    check: loading => {
      const { ident, machine } = header(loading)
      const wanted = loading.machine
      const order = wanted.checksByteOrder && ident[5] !== 1
      return when(machine !== wanted.elfMachine || ident[4] !== 2 || order, () =>
        finding(
          'EOPNOTSUPP',
          `class ${ident[4]}, byte order ${ident[5]}, machine ${machine}; this hypervisor takes 2, 1, ${wanted.elfMachine}`,
          'the header',
        ),
      )
    },
  },
  {
    code: 'header-marks',
    step: 'header',
    source: 'arch/arm/arm64/livepatch.c arch_livepatch_verify_elf: looks at class and machine',
    title: 'byte order and flags say what the file is',
    check: loading => {
      const { ident, flags } = header(loading)
      // Where the loader asks for the byte order, header-machine has its answer.
      const isOther = !loading.machine.checksByteOrder && ident[5] !== 1
      return when(isOther || flags !== 0, () =>
        finding(
          'wrong',
          `byte order ${ident[5]} and e_flags ${hex(flags)}: Xen looks at neither, and reads the file as if they were 1 and 0`,
          'the header',
        ),
      )
    },
  },
  {
    code: 'header-name-table',
    step: 'header',
    source: check,
    title: 'there is a section name table',
    check: loading =>
      when(header(loading).nameTableIndex === 0, () =>
        finding('EINVAL', 'e_shstrndx is 0: sections have no names', 'the header'),
      ),
  },
  {
    code: 'section-count',
    step: 'header',
    source: check,
    title: `there are fewer than ${MAX_SECTIONS} sections`,
    check: loading => {
      const { sectionCount } = header(loading)
      return when(sectionCount >= MAX_SECTIONS, () =>
        finding(
          'EOPNOTSUPP',
          `there are ${sectionCount} sections; Xen takes at most ${MAX_SECTIONS - 1}`,
          'the header',
        ),
      )
    },
  },
  {
    code: 'header-name-table-index',
    step: 'header',
    source: check,
    title: 'the section name table is one of the sections',
    check: loading => {
      const { nameTableIndex, sectionCount } = header(loading)
      return when(nameTableIndex !== 0 && nameTableIndex >= sectionCount, () =>
        finding('EINVAL', `e_shstrndx is ${nameTableIndex}, but there are ${sectionCount} sections`, 'the header'),
      )
    },
  },
  {
    code: 'section-table',
    step: 'header',
    source: check,
    title: 'the section headers lie in the file',
    check: loading => {
      const { sectionTable, sectionEntrySize, sectionCount } = header(loading)
      const { size } = loading.raw
      if (sectionTable >= BigInt(size)) {
        return [finding('EINVAL', `e_shoff is ${hex(sectionTable)}, the file has ${hex(size)} bytes`, 'the header')]
      }
      if (sectionEntrySize < SECTION_HEADER_SIZE) {
        const text = `e_shentsize is ${sectionEntrySize}, less than ${SECTION_HEADER_SIZE}`
        return [finding('EINVAL', text, 'the header')]
      }
      const room = Math.floor((size - Number(sectionTable)) / sectionEntrySize)
      return when(room < sectionCount, () =>
        finding('EINVAL', `${sectionCount} section headers are claimed, there is room for ${room}`, 'the header'),
      )
    },
  },
]
