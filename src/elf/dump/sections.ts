import type { Side } from '../../base/side.ts'
import type { ElfHeader, ElfObject, ElfSection } from '../model.ts'
import { EM_X86_64 } from '../spec/constants.ts'
import { hasFlag } from '../spec/flags.ts'
import {
  digits,
  FLAG_LETTERS,
  hex,
  MACHINE_SECTION_TYPES,
  OS_FLAGS,
  PROCESSOR_FLAGS,
  printable,
  SECTION_TYPES,
  wide,
} from './words.ts'

const KEY_START = [
  'Key to Flags:',
  '  W (write), A (alloc), X (execute), M (merge), S (strings), I (info),',
  '  L (link order), O (extra OS processing required), G (group), T (TLS),',
  '  C (compressed), x (unknown), o (OS specific), E (exclude),',
]

/** The section header table, one row each (`readelf -S`). `afterHeader` says that the file's header was printed. */
export function dumpSections<S extends Side>({ header, sections }: ElfObject<S>, afterHeader: boolean): string[] {
  if (sections.length === 0) return ['', 'There are no sections in this file.']
  const count = sections.length === 1 ? 'is 1 section header' : `are ${sections.length} section headers`
  const start = `There ${count}, starting at offset ${hex(header.sectionHeaderOffset)}:`
  return [
    ...(afterHeader ? [] : [start]),
    '',
    sections.length === 1 ? 'Section Header:' : 'Section Headers:',
    '  [Nr] Name              Type            Address          Off    Size   ES Flg Lk Inf Al',
    ...sections.map(section => row(section, header)),
    ...KEY_START,
    keyEnd(header),
  ]
}

function row<S extends Side>(section: ElfSection<S>, header: ElfHeader): string {
  const { id, name, flags, address, fileOffset, size, entrySize, link, info, alignment } = section
  return [
    `  [${String(id).padStart(2)}]`,
    printable(name).padEnd(17),
    sectionType(section, header).padEnd(15),
    wide(address),
    digits(fileOffset, 6),
    digits(size, 6),
    digits(entrySize, 2),
    flagLetters(flags, header).padStart(3),
    String(link).padStart(2),
    String(info).padStart(3),
    String(alignment).padStart(2),
  ].join(' ')
}

function sectionType<S extends Side>({ type }: ElfSection<S>, { machine }: ElfHeader): string {
  const known = SECTION_TYPES[type] ?? MACHINE_SECTION_TYPES[machine]?.[type]
  if (known !== undefined) return known
  if (type >= 0x8000_0000) return `LOUSER+${hex(type - 0x8000_0000)}`
  if (type >= 0x7000_0000) return `LOPROC+${hex(type - 0x7000_0000)}`
  if (type >= 0x6000_0000) return `LOOS+${hex(type - 0x6000_0000)}`
  return `${digits(type, 8)}: <unknown>`
}

/** One letter for each bit, from the lowest; further bits of the same letter are not told apart. */
function flagLetters(flags: number, { machine, osAbi }: ElfHeader): string {
  let letters = ''
  for (let flag = 1; flag <= flags; flag *= 2) {
    if (!hasFlag(flags, flag)) continue
    const known = FLAG_LETTERS.find(row => row.flag === flag)
    const applies = known?.machine === undefined || known.machine === machine
    const inAbi = known?.osAbis === undefined || known.osAbis.includes(osAbi)
    const letter = known !== undefined && applies && inAbi ? known.letter : unknownLetter(flag)
    if (!letters.includes(letter)) letters += letter
  }
  return letters
}

function unknownLetter(flag: number): string {
  if (hasFlag(OS_FLAGS, flag)) return 'o'
  return hasFlag(PROCESSOR_FLAGS, flag) ? 'p' : 'x'
}

function keyEnd({ machine, osAbi }: ElfHeader): string {
  const gnu = osAbi === 3 || osAbi === 9
  const words = [
    ...(gnu ? ['R (retain)'] : []),
    ...(gnu || osAbi === 0 ? ['D (mbind)'] : []),
    ...(machine === EM_X86_64 ? ['l (large)'] : []),
    'p (processor specific)',
  ]
  return `  ${words.join(', ')}`
}
