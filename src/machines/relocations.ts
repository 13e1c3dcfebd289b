/**
 * Relocation types as a table: the name, how many bytes the field has, and whether the place is subtracted.
 * Sources: System V ABI, AMD64 supplement 1.0, table 4.9; ELF for the Arm 64-bit Architecture 2023Q3, chapter 5.7.
 *
 * To add a type: a row. A type without a row has no name and is refused where its meaning matters.
 */
import { EM_AARCH64, EM_X86_64 } from '../elf/spec/constants.ts'

export interface RelocationType {
  /** Bytes of the field; for AArch64 instructions, the 4 of the word. */
  readonly width: 0 | 1 | 2 | 4 | 8
  /** The value is S + A - P rather than S + A. */
  readonly pcRelative: boolean
  /** Reaches its symbol through a table (GOT, PLT) or a thread's block, not directly. */
  readonly indirect?: 'got' | 'plt' | 'tls' | 'ifunc'
}

const X86_64: Readonly<Record<number, RelocationType>> = {
  0: { width: 0, pcRelative: false }, // R_X86_64_NONE
  1: { width: 8, pcRelative: false }, // R_X86_64_64
  2: { width: 4, pcRelative: true }, // R_X86_64_PC32
  3: { width: 4, pcRelative: false, indirect: 'got' }, // R_X86_64_GOT32
  4: { width: 4, pcRelative: true, indirect: 'plt' }, // R_X86_64_PLT32
  5: { width: 0, pcRelative: false }, // R_X86_64_COPY
  6: { width: 8, pcRelative: false }, // R_X86_64_GLOB_DAT
  7: { width: 8, pcRelative: false }, // R_X86_64_JUMP_SLOT
  8: { width: 8, pcRelative: false }, // R_X86_64_RELATIVE
  9: { width: 4, pcRelative: true, indirect: 'got' }, // R_X86_64_GOTPCREL
  10: { width: 4, pcRelative: false }, // R_X86_64_32
  11: { width: 4, pcRelative: false }, // R_X86_64_32S
  12: { width: 2, pcRelative: false }, // R_X86_64_16
  13: { width: 2, pcRelative: true }, // R_X86_64_PC16
  14: { width: 1, pcRelative: false }, // R_X86_64_8
  15: { width: 1, pcRelative: true }, // R_X86_64_PC8
  16: { width: 8, pcRelative: false, indirect: 'tls' }, // R_X86_64_DTPMOD64
  17: { width: 8, pcRelative: false, indirect: 'tls' }, // R_X86_64_DTPOFF64
  18: { width: 8, pcRelative: false, indirect: 'tls' }, // R_X86_64_TPOFF64
  19: { width: 4, pcRelative: true, indirect: 'tls' }, // R_X86_64_TLSGD
  20: { width: 4, pcRelative: true, indirect: 'tls' }, // R_X86_64_TLSLD
  21: { width: 4, pcRelative: false, indirect: 'tls' }, // R_X86_64_DTPOFF32
  22: { width: 4, pcRelative: true, indirect: 'tls' }, // R_X86_64_GOTTPOFF
  23: { width: 4, pcRelative: false, indirect: 'tls' }, // R_X86_64_TPOFF32
  24: { width: 8, pcRelative: true }, // R_X86_64_PC64
  25: { width: 8, pcRelative: false, indirect: 'got' }, // R_X86_64_GOTOFF64
  26: { width: 4, pcRelative: true, indirect: 'got' }, // R_X86_64_GOTPC32
  32: { width: 4, pcRelative: false }, // R_X86_64_SIZE32
  33: { width: 8, pcRelative: false }, // R_X86_64_SIZE64
  34: { width: 4, pcRelative: true, indirect: 'tls' }, // R_X86_64_GOTPC32_TLSDESC
  35: { width: 0, pcRelative: false, indirect: 'tls' }, // R_X86_64_TLSDESC_CALL
  36: { width: 8, pcRelative: false, indirect: 'tls' }, // R_X86_64_TLSDESC
  37: { width: 8, pcRelative: false, indirect: 'ifunc' }, // R_X86_64_IRELATIVE
  41: { width: 4, pcRelative: true, indirect: 'got' }, // R_X86_64_GOTPCRELX
  42: { width: 4, pcRelative: true, indirect: 'got' }, // R_X86_64_REX_GOTPCRELX
}

const AARCH64: Readonly<Record<number, RelocationType>> = {
  0: { width: 0, pcRelative: false }, // R_AARCH64_NONE
  257: { width: 8, pcRelative: false }, // R_AARCH64_ABS64
  258: { width: 4, pcRelative: false }, // R_AARCH64_ABS32
  259: { width: 2, pcRelative: false }, // R_AARCH64_ABS16
  260: { width: 8, pcRelative: true }, // R_AARCH64_PREL64
  261: { width: 4, pcRelative: true }, // R_AARCH64_PREL32
  262: { width: 2, pcRelative: true }, // R_AARCH64_PREL16
  274: { width: 4, pcRelative: true }, // R_AARCH64_ADR_PREL_LO21
  275: { width: 4, pcRelative: true }, // R_AARCH64_ADR_PREL_PG_HI21
  276: { width: 4, pcRelative: true }, // R_AARCH64_ADR_PREL_PG_HI21_NC
  277: { width: 4, pcRelative: false }, // R_AARCH64_ADD_ABS_LO12_NC
  278: { width: 4, pcRelative: false }, // R_AARCH64_LDST8_ABS_LO12_NC
  279: { width: 4, pcRelative: true }, // R_AARCH64_TSTBR14
  280: { width: 4, pcRelative: true }, // R_AARCH64_CONDBR19
  282: { width: 4, pcRelative: true }, // R_AARCH64_JUMP26
  283: { width: 4, pcRelative: true }, // R_AARCH64_CALL26
  284: { width: 4, pcRelative: false }, // R_AARCH64_LDST16_ABS_LO12_NC
  285: { width: 4, pcRelative: false }, // R_AARCH64_LDST32_ABS_LO12_NC
  286: { width: 4, pcRelative: false }, // R_AARCH64_LDST64_ABS_LO12_NC
  299: { width: 4, pcRelative: false }, // R_AARCH64_LDST128_ABS_LO12_NC
  311: { width: 4, pcRelative: true, indirect: 'got' }, // R_AARCH64_ADR_GOT_PAGE
  312: { width: 4, pcRelative: false, indirect: 'got' }, // R_AARCH64_LD64_GOT_LO12_NC
}

const TABLES: Readonly<Record<number, Readonly<Record<number, RelocationType>>>> = {
  [EM_X86_64]: X86_64,
  [EM_AARCH64]: AARCH64,
}

/** What is known of relocation `type` on `machine` (EM_*); undefined when there is no row for it. */
export function relocationType(machine: number, type: number): RelocationType | undefined {
  return TABLES[machine]?.[type]
}
