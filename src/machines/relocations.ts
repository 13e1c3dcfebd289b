/**
 * Relocation types as a table: the name, how many bytes the field has, and whether the place is subtracted.
 * Sources: System V ABI, AMD64 supplement 1.0, table 4.9; ELF for the Arm 64-bit Architecture 2023Q3, chapter 5.7.
 *
 * To add a type: a row. A type without a row has no name and is refused where its meaning matters.
 */
import { EM_AARCH64, EM_X86_64 } from '../elf/spec/constants.ts'

export interface RelocationType {
  readonly name: string
  /** Bytes of the field; for AArch64 instructions, the 4 of the word. */
  readonly width: 0 | 1 | 2 | 4 | 8
  /** The value is S + A - P rather than S + A. */
  readonly pcRelative: boolean
  /** Reaches its symbol through a table (GOT, PLT) or a thread's block, not directly. */
  readonly indirect?: 'got' | 'plt' | 'tls' | 'ifunc'
}

const X86_64: Readonly<Record<number, RelocationType>> = {
  0: { name: 'R_X86_64_NONE', width: 0, pcRelative: false },
  1: { name: 'R_X86_64_64', width: 8, pcRelative: false },
  2: { name: 'R_X86_64_PC32', width: 4, pcRelative: true },
  3: { name: 'R_X86_64_GOT32', width: 4, pcRelative: false, indirect: 'got' },
  4: { name: 'R_X86_64_PLT32', width: 4, pcRelative: true, indirect: 'plt' },
  5: { name: 'R_X86_64_COPY', width: 0, pcRelative: false },
  6: { name: 'R_X86_64_GLOB_DAT', width: 8, pcRelative: false },
  7: { name: 'R_X86_64_JUMP_SLOT', width: 8, pcRelative: false },
  8: { name: 'R_X86_64_RELATIVE', width: 8, pcRelative: false },
  9: { name: 'R_X86_64_GOTPCREL', width: 4, pcRelative: true, indirect: 'got' },
  10: { name: 'R_X86_64_32', width: 4, pcRelative: false },
  11: { name: 'R_X86_64_32S', width: 4, pcRelative: false },
  12: { name: 'R_X86_64_16', width: 2, pcRelative: false },
  13: { name: 'R_X86_64_PC16', width: 2, pcRelative: true },
  14: { name: 'R_X86_64_8', width: 1, pcRelative: false },
  15: { name: 'R_X86_64_PC8', width: 1, pcRelative: true },
  16: { name: 'R_X86_64_DTPMOD64', width: 8, pcRelative: false, indirect: 'tls' },
  17: { name: 'R_X86_64_DTPOFF64', width: 8, pcRelative: false, indirect: 'tls' },
  18: { name: 'R_X86_64_TPOFF64', width: 8, pcRelative: false, indirect: 'tls' },
  19: { name: 'R_X86_64_TLSGD', width: 4, pcRelative: true, indirect: 'tls' },
  20: { name: 'R_X86_64_TLSLD', width: 4, pcRelative: true, indirect: 'tls' },
  21: { name: 'R_X86_64_DTPOFF32', width: 4, pcRelative: false, indirect: 'tls' },
  22: { name: 'R_X86_64_GOTTPOFF', width: 4, pcRelative: true, indirect: 'tls' },
  23: { name: 'R_X86_64_TPOFF32', width: 4, pcRelative: false, indirect: 'tls' },
  24: { name: 'R_X86_64_PC64', width: 8, pcRelative: true },
  25: { name: 'R_X86_64_GOTOFF64', width: 8, pcRelative: false, indirect: 'got' },
  26: { name: 'R_X86_64_GOTPC32', width: 4, pcRelative: true, indirect: 'got' },
  32: { name: 'R_X86_64_SIZE32', width: 4, pcRelative: false },
  33: { name: 'R_X86_64_SIZE64', width: 8, pcRelative: false },
  34: { name: 'R_X86_64_GOTPC32_TLSDESC', width: 4, pcRelative: true, indirect: 'tls' },
  35: { name: 'R_X86_64_TLSDESC_CALL', width: 0, pcRelative: false, indirect: 'tls' },
  36: { name: 'R_X86_64_TLSDESC', width: 8, pcRelative: false, indirect: 'tls' },
  37: { name: 'R_X86_64_IRELATIVE', width: 8, pcRelative: false, indirect: 'ifunc' },
  41: { name: 'R_X86_64_GOTPCRELX', width: 4, pcRelative: true, indirect: 'got' },
  42: { name: 'R_X86_64_REX_GOTPCRELX', width: 4, pcRelative: true, indirect: 'got' },
}

const AARCH64: Readonly<Record<number, RelocationType>> = {
  0: { name: 'R_AARCH64_NONE', width: 0, pcRelative: false },
  257: { name: 'R_AARCH64_ABS64', width: 8, pcRelative: false },
  258: { name: 'R_AARCH64_ABS32', width: 4, pcRelative: false },
  259: { name: 'R_AARCH64_ABS16', width: 2, pcRelative: false },
  260: { name: 'R_AARCH64_PREL64', width: 8, pcRelative: true },
  261: { name: 'R_AARCH64_PREL32', width: 4, pcRelative: true },
  262: { name: 'R_AARCH64_PREL16', width: 2, pcRelative: true },
  274: { name: 'R_AARCH64_ADR_PREL_LO21', width: 4, pcRelative: true },
  275: { name: 'R_AARCH64_ADR_PREL_PG_HI21', width: 4, pcRelative: true },
  276: { name: 'R_AARCH64_ADR_PREL_PG_HI21_NC', width: 4, pcRelative: true },
  277: { name: 'R_AARCH64_ADD_ABS_LO12_NC', width: 4, pcRelative: false },
  278: { name: 'R_AARCH64_LDST8_ABS_LO12_NC', width: 4, pcRelative: false },
  279: { name: 'R_AARCH64_TSTBR14', width: 4, pcRelative: true },
  280: { name: 'R_AARCH64_CONDBR19', width: 4, pcRelative: true },
  282: { name: 'R_AARCH64_JUMP26', width: 4, pcRelative: true },
  283: { name: 'R_AARCH64_CALL26', width: 4, pcRelative: true },
  284: { name: 'R_AARCH64_LDST16_ABS_LO12_NC', width: 4, pcRelative: false },
  285: { name: 'R_AARCH64_LDST32_ABS_LO12_NC', width: 4, pcRelative: false },
  286: { name: 'R_AARCH64_LDST64_ABS_LO12_NC', width: 4, pcRelative: false },
  299: { name: 'R_AARCH64_LDST128_ABS_LO12_NC', width: 4, pcRelative: false },
  311: { name: 'R_AARCH64_ADR_GOT_PAGE', width: 4, pcRelative: true, indirect: 'got' },
  312: { name: 'R_AARCH64_LD64_GOT_LO12_NC', width: 4, pcRelative: false, indirect: 'got' },
}

const TABLES: Readonly<Record<number, Readonly<Record<number, RelocationType>>>> = {
  [EM_X86_64]: X86_64,
  [EM_AARCH64]: AARCH64,
}

/** What is known of relocation `type` on `machine` (EM_*); undefined when there is no row for it. */
export function relocationType(machine: number, type: number): RelocationType | undefined {
  return TABLES[machine]?.[type]
}

/** The type's name in the ABI's spelling, or its number where it is unknown: `unrecognized: 0x2f`. */
export function relocationName(machine: number, type: number): string {
  return relocationType(machine, type)?.name ?? `unrecognized: 0x${type.toString(16)}`
}
