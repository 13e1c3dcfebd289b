/**
 * Relocation types of x86-64: the field, and whether the place is subtracted.
 * Source: System V ABI, AMD64 supplement 1.0, table 4.9.
 *
 * To add a type: a row. A type without a row is refused where its meaning matters.
 */
import { whole } from '../fields.ts'
import type { RelocationType } from '../machine.ts'

export const RELOCATION_TYPES: Readonly<Record<number, RelocationType>> = {
  0: { field: whole(0), pcRelative: false }, // R_X86_64_NONE
  1: { field: whole(8), pcRelative: false }, // R_X86_64_64
  2: { field: whole(4), pcRelative: true }, // R_X86_64_PC32
  3: { field: whole(4), pcRelative: false, indirect: 'got' }, // R_X86_64_GOT32
  4: { field: whole(4), pcRelative: true, indirect: 'plt' }, // R_X86_64_PLT32
  5: { field: whole(0), pcRelative: false }, // R_X86_64_COPY
  6: { field: whole(8), pcRelative: false }, // R_X86_64_GLOB_DAT
  7: { field: whole(8), pcRelative: false }, // R_X86_64_JUMP_SLOT
  8: { field: whole(8), pcRelative: false }, // R_X86_64_RELATIVE
  9: { field: whole(4), pcRelative: true, indirect: 'got' }, // R_X86_64_GOTPCREL
  10: { field: whole(4), pcRelative: false, extended: 'zero' }, // R_X86_64_32
  11: { field: whole(4), pcRelative: false, extended: 'sign' }, // R_X86_64_32S
  12: { field: whole(2), pcRelative: false }, // R_X86_64_16
  13: { field: whole(2), pcRelative: true }, // R_X86_64_PC16
  14: { field: whole(1), pcRelative: false }, // R_X86_64_8
  15: { field: whole(1), pcRelative: true }, // R_X86_64_PC8
  16: { field: whole(8), pcRelative: false, indirect: 'tls' }, // R_X86_64_DTPMOD64
  17: { field: whole(8), pcRelative: false, indirect: 'tls' }, // R_X86_64_DTPOFF64
  18: { field: whole(8), pcRelative: false, indirect: 'tls' }, // R_X86_64_TPOFF64
  19: { field: whole(4), pcRelative: true, indirect: 'tls' }, // R_X86_64_TLSGD
  20: { field: whole(4), pcRelative: true, indirect: 'tls' }, // R_X86_64_TLSLD
  21: { field: whole(4), pcRelative: false, indirect: 'tls' }, // R_X86_64_DTPOFF32
  22: { field: whole(4), pcRelative: true, indirect: 'tls' }, // R_X86_64_GOTTPOFF
  23: { field: whole(4), pcRelative: false, indirect: 'tls' }, // R_X86_64_TPOFF32
  24: { field: whole(8), pcRelative: true }, // R_X86_64_PC64
  25: { field: whole(8), pcRelative: false, indirect: 'got' }, // R_X86_64_GOTOFF64
  26: { field: whole(4), pcRelative: true, indirect: 'got' }, // R_X86_64_GOTPC32
  32: { field: whole(4), pcRelative: false }, // R_X86_64_SIZE32
  33: { field: whole(8), pcRelative: false }, // R_X86_64_SIZE64
  34: { field: whole(4), pcRelative: true, indirect: 'tls' }, // R_X86_64_GOTPC32_TLSDESC
  35: { field: whole(0), pcRelative: false, indirect: 'tls' }, // R_X86_64_TLSDESC_CALL
  36: { field: whole(8), pcRelative: false, indirect: 'tls' }, // R_X86_64_TLSDESC
  37: { field: whole(8), pcRelative: false, indirect: 'ifunc' }, // R_X86_64_IRELATIVE
  41: { field: whole(4), pcRelative: true, indirect: 'got' }, // R_X86_64_GOTPCRELX
  42: { field: whole(4), pcRelative: true, indirect: 'got' }, // R_X86_64_REX_GOTPCRELX
}
