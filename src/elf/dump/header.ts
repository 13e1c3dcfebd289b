import type { Side } from '../../base/side.ts'
import type { ElfObject, ElfSection } from '../model.ts'
import {
  DF_1_PIE,
  DT_FLAGS_1,
  EHDR_SIZE,
  ET_DYN,
  PHDR_SIZE,
  SHDR_SIZE,
  SHN_LORESERVE,
  SHT_DYNAMIC,
} from '../spec/constants.ts'
import { FILE_TYPES, hex, MACHINES, OS_ABIS } from './words.ts'

const PIE = 'DYN (Position-Independent Executable file)'

/** The file's header (`readelf -h`). */
export function dumpHeader<S extends Side>({ header, sections }: ElfObject<S>): string[] {
  const { type, machine, osAbi, abiVersion, flags, entry } = header
  const ident = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, osAbi, abiVersion, 0, 0, 0, 0, 0, 0, 0]
  const hasSections = header.sectionHeaderOffset !== 0
  const rows: [label: string, value: string][] = [
    ['Class', 'ELF64'],
    ['Data', "2's complement, little endian"],
    ['Version', '1 (current)'],
    ['OS/ABI', OS_ABIS[osAbi] ?? `<unknown: ${osAbi.toString(16)}>`],
    ['ABI Version', String(abiVersion)],
    ['Type', isPie(sections) && type === ET_DYN ? PIE : (FILE_TYPES[type] ?? `<unknown>: ${type.toString(16)}`)],
    ['Machine', MACHINES[machine] ?? `<unknown>: ${hex(machine)}`],
    ['Version', '0x1'],
    ['Entry point address', hex(entry)],
    ['Start of program headers', `${header.programHeaderOffset} (bytes into file)`],
    ['Start of section headers', `${header.sectionHeaderOffset} (bytes into file)`],
    ['Flags', hex(flags)],
    ['Size of this header', `${EHDR_SIZE} (bytes)`],
    ['Size of program headers', `${header.programHeaderCount === 0 ? 0 : PHDR_SIZE} (bytes)`],
    ['Number of program headers', String(header.programHeaderCount)],
    ['Size of section headers', `${hasSections ? SHDR_SIZE : 0} (bytes)`],
    ['Number of section headers', narrow(sections.length, 0)],
    ['Section header string table index', narrow(header.sectionNameTable, 0xffff)],
  ]
  return [
    'ELF Header:',
    `  Magic:   ${ident.map(byte => byte.toString(16).padStart(2, '0')).join(' ')} `,
    ...rows.map(([label, value]) => `  ${`${label}:`.padEnd(34)} ${value}`),
  ]
}

/** A number that does not fit its 16 bits is shown behind what the header says instead. */
function narrow(value: number, instead: number): string {
  return value < SHN_LORESERVE ? String(value) : `${instead} (${value})`
}

/** The linker marks position-independent programs, which otherwise look like shared libraries. */
function isPie<S extends Side>(sections: readonly ElfSection<S>[]): boolean {
  const bytes = sections.find(({ type }) => type === SHT_DYNAMIC)?.bytes ?? new Uint8Array()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + 16 <= bytes.length; at += 16) {
    if (view.getBigUint64(at, true) === DT_FLAGS_1) return (view.getUint32(at + 8, true) & DF_1_PIE) !== 0
  }
  return false
}
