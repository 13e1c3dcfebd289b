import { shownName } from '../../base/printable.ts'

/** The words that readelf has for the numbers of a file: one table for each field, a row for each value. */
export const FILE_TYPES: Readonly<Record<number, string>> = {
  0: 'NONE (None)',
  1: 'REL (Relocatable file)',
  2: 'EXEC (Executable file)',
  3: 'DYN (Shared object file)',
  4: 'CORE (Core file)',
}

export const MACHINES: Readonly<Record<number, string>> = {
  0: 'None',
  3: 'Intel 80386',
  62: 'Advanced Micro Devices X86-64',
  183: 'AArch64',
  243: 'RISC-V',
}

export const OS_ABIS: Readonly<Record<number, string>> = {
  0: 'UNIX - System V',
  3: 'UNIX - GNU',
  9: 'UNIX - FreeBSD',
}

export const SECTION_TYPES: Readonly<Record<number, string>> = {
  0: 'NULL',
  1: 'PROGBITS',
  2: 'SYMTAB',
  3: 'STRTAB',
  4: 'RELA',
  5: 'HASH',
  6: 'DYNAMIC',
  7: 'NOTE',
  8: 'NOBITS',
  9: 'REL',
  10: 'SHLIB',
  11: 'DYNSYM',
  14: 'INIT_ARRAY',
  15: 'FINI_ARRAY',
  16: 'PREINIT_ARRAY',
  17: 'GROUP',
  18: 'SYMTAB SECTION INDICES',
  19: 'RELR',
  1879048181: 'GNU_ATTRIBUTES',
  1879048182: 'GNU_HASH',
  1879048183: 'GNU_LIBLIST',
  1879048189: 'VERDEF',
  1879048190: 'VERNEED',
  1879048191: 'VERSYM',
}

/** Types from 0x70000000 mean something else on each machine. */
export const MACHINE_SECTION_TYPES: Readonly<Record<number, Readonly<Record<number, string>>>> = {
  62: { 1879048193: 'X86_64_UNWIND' },
  183: { 1879048195: 'AARCH64_ATTRIBUTES' },
}

/** Letters of section flags; some only under certain operating systems' ABIs (0: System V) or on one machine. */
export const FLAG_LETTERS: readonly FlagLetter[] = [
  { flag: 0x1, letter: 'W' },
  { flag: 0x2, letter: 'A' },
  { flag: 0x4, letter: 'X' },
  { flag: 0x10, letter: 'M' },
  { flag: 0x20, letter: 'S' },
  { flag: 0x40, letter: 'I' },
  { flag: 0x80, letter: 'L' },
  { flag: 0x100, letter: 'O' },
  { flag: 0x200, letter: 'G' },
  { flag: 0x400, letter: 'T' },
  { flag: 0x800, letter: 'C' },
  { flag: 0x0020_0000, letter: 'R', osAbis: [3, 9] },
  { flag: 0x0100_0000, letter: 'D', osAbis: [0, 3, 9] },
  { flag: 0x1000_0000, letter: 'l', machine: 62 },
  { flag: 0x8000_0000, letter: 'E' },
]

interface FlagLetter {
  readonly flag: number
  readonly letter: string
  readonly osAbis?: readonly number[]
  readonly machine?: number
}

export const OS_FLAGS = 0x0ff0_0000
export const PROCESSOR_FLAGS = 0xf000_0000

export const GNU_NOTE_TYPES: Readonly<Record<number, string>> = {
  1: 'NT_GNU_ABI_TAG (ABI version tag)',
  2: 'NT_GNU_HWCAP (DSO-supplied software HWCAP info)',
  3: 'NT_GNU_BUILD_ID (unique build ID bitstring)',
  4: 'NT_GNU_GOLD_VERSION (gold version)',
  5: 'NT_GNU_PROPERTY_TYPE_0',
}

export const ABI_TAG_SYSTEMS: Readonly<Record<number, string>> = {
  0: 'Linux',
  1: 'Hurd',
  2: 'Solaris',
  3: 'FreeBSD',
  4: 'NetBSD',
}

/** Symbol types and bindings without a word in the model. */
export function numbered(type: number, first: { readonly os: number; readonly processor: number }): string {
  if (type >= first.processor) return `<processor specific>: ${type}`
  if (type >= first.os) return `<OS specific>: ${type}`
  return `<unknown>: ${type}`
}

/** A name as a terminal may show it: its bytes are UTF-8 in practice, and control characters must not act. */
export function printable(name: string): string {
  return /^[ -~]*$/.test(name) ? name : shownName(Buffer.from(name, 'latin1').toString('utf8'))
}

/** `digits` hexadecimal digits at least, without a prefix. */
export function digits(value: number | bigint, count: number): string {
  return value.toString(16).padStart(count, '0')
}

/** A number with its prefix. */
export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`
}

/** As 64 unsigned bits. */
export function wide(value: bigint): string {
  return digits(BigInt.asUintN(64, value), 16)
}
