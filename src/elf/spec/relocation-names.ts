/**
 * Names of relocation types, in the spelling of each machine's ABI: System V psABI for AMD64, ELF for the Arm 64-bit
 * Architecture. What a type does is the machine's affair (`machines/`); here is only what it is called.
 */
import { EM_AARCH64, EM_X86_64 } from './constants.ts'

const X86_64: Readonly<Record<number, string>> = {
  0: 'R_X86_64_NONE',
  1: 'R_X86_64_64',
  2: 'R_X86_64_PC32',
  3: 'R_X86_64_GOT32',
  4: 'R_X86_64_PLT32',
  5: 'R_X86_64_COPY',
  6: 'R_X86_64_GLOB_DAT',
  7: 'R_X86_64_JUMP_SLOT',
  8: 'R_X86_64_RELATIVE',
  9: 'R_X86_64_GOTPCREL',
  10: 'R_X86_64_32',
  11: 'R_X86_64_32S',
  12: 'R_X86_64_16',
  13: 'R_X86_64_PC16',
  14: 'R_X86_64_8',
  15: 'R_X86_64_PC8',
  16: 'R_X86_64_DTPMOD64',
  17: 'R_X86_64_DTPOFF64',
  18: 'R_X86_64_TPOFF64',
  19: 'R_X86_64_TLSGD',
  20: 'R_X86_64_TLSLD',
  21: 'R_X86_64_DTPOFF32',
  22: 'R_X86_64_GOTTPOFF',
  23: 'R_X86_64_TPOFF32',
  24: 'R_X86_64_PC64',
  25: 'R_X86_64_GOTOFF64',
  26: 'R_X86_64_GOTPC32',
  32: 'R_X86_64_SIZE32',
  33: 'R_X86_64_SIZE64',
  34: 'R_X86_64_GOTPC32_TLSDESC',
  35: 'R_X86_64_TLSDESC_CALL',
  36: 'R_X86_64_TLSDESC',
  37: 'R_X86_64_IRELATIVE',
  41: 'R_X86_64_GOTPCRELX',
  42: 'R_X86_64_REX_GOTPCRELX',
}

const AARCH64: Readonly<Record<number, string>> = {
  0: 'R_AARCH64_NONE',
  257: 'R_AARCH64_ABS64',
  258: 'R_AARCH64_ABS32',
  259: 'R_AARCH64_ABS16',
  260: 'R_AARCH64_PREL64',
  261: 'R_AARCH64_PREL32',
  262: 'R_AARCH64_PREL16',
  274: 'R_AARCH64_ADR_PREL_LO21',
  275: 'R_AARCH64_ADR_PREL_PG_HI21',
  276: 'R_AARCH64_ADR_PREL_PG_HI21_NC',
  277: 'R_AARCH64_ADD_ABS_LO12_NC',
  278: 'R_AARCH64_LDST8_ABS_LO12_NC',
  279: 'R_AARCH64_TSTBR14',
  280: 'R_AARCH64_CONDBR19',
  282: 'R_AARCH64_JUMP26',
  283: 'R_AARCH64_CALL26',
  284: 'R_AARCH64_LDST16_ABS_LO12_NC',
  285: 'R_AARCH64_LDST32_ABS_LO12_NC',
  286: 'R_AARCH64_LDST64_ABS_LO12_NC',
  299: 'R_AARCH64_LDST128_ABS_LO12_NC',
  311: 'R_AARCH64_ADR_GOT_PAGE',
  312: 'R_AARCH64_LD64_GOT_LO12_NC',
}

const NAMES: Readonly<Record<number, Readonly<Record<number, string>>>> = {
  [EM_X86_64]: X86_64,
  [EM_AARCH64]: AARCH64,
}

/** The name of relocation `type` on `machine` (EM_*), or its number where it is unknown: `unrecognized: 0x2f`. */
export function relocationName(machine: number, type: number): string {
  return NAMES[machine]?.[type] ?? `unrecognized: 0x${type.toString(16)}`
}

/** Whether any names of the machine's relocation types are known. */
export function knowsRelocations(machine: number): boolean {
  return NAMES[machine] !== undefined
}
