/**
 * Relocation types of AArch64: the bits of the instruction that take the value, and whether the place is subtracted.
 * Sources: ELF for the Arm 64-bit Architecture 2023Q3, chapter 5.7; the Arm Architecture Reference Manual, C6.2, for
 * where each instruction has its immediate.
 *
 * To add a type: a row. A type without a row is refused where its meaning matters.
 */
import { whole } from '../fields.ts'
import type { RelocationField, RelocationType } from '../machine.ts'

/** One field of an instruction: `count` bits from `at` on. */
const word = (at: number, count: number, shift: number): RelocationField => ({ bytes: 4, bits: [{ at, count }], shift })
/** ADR and ADRP: the two lowest bits stand apart from the others. */
const adr = (shift: number): RelocationField => ({
  bytes: 4,
  bits: [
    { at: 29, count: 2 },
    { at: 5, count: 19 },
  ],
  shift,
})
/** The page of what is reached. */
const page = (): Pick<RelocationType, 'field' | 'pcRelative' | 'part'> => ({
  field: adr(12),
  pcRelative: true,
  part: 'page',
})
/** The place within a page, counted in units of what is loaded or stored there. */
const low12 = (shift: number): Pick<RelocationType, 'field' | 'pcRelative' | 'part'> => ({
  field: word(10, 12 - shift, shift),
  pcRelative: false,
  part: 'in-page',
})

export const RELOCATION_TYPES: Readonly<Record<number, RelocationType>> = {
  0: { field: whole(0), pcRelative: false }, // R_AARCH64_NONE
  257: { field: whole(8), pcRelative: false }, // R_AARCH64_ABS64
  258: { field: whole(4), pcRelative: false }, // R_AARCH64_ABS32
  259: { field: whole(2), pcRelative: false }, // R_AARCH64_ABS16
  260: { field: whole(8), pcRelative: true }, // R_AARCH64_PREL64
  261: { field: whole(4), pcRelative: true }, // R_AARCH64_PREL32
  262: { field: whole(2), pcRelative: true }, // R_AARCH64_PREL16
  274: { field: adr(0), pcRelative: true }, // R_AARCH64_ADR_PREL_LO21
  275: page(), // R_AARCH64_ADR_PREL_PG_HI21
  276: page(), // R_AARCH64_ADR_PREL_PG_HI21_NC
  277: low12(0), // R_AARCH64_ADD_ABS_LO12_NC
  278: low12(0), // R_AARCH64_LDST8_ABS_LO12_NC
  279: { field: word(5, 14, 2), pcRelative: true }, // R_AARCH64_TSTBR14
  280: { field: word(5, 19, 2), pcRelative: true }, // R_AARCH64_CONDBR19
  282: { field: word(0, 26, 2), pcRelative: true }, // R_AARCH64_JUMP26
  283: { field: word(0, 26, 2), pcRelative: true }, // R_AARCH64_CALL26
  284: low12(1), // R_AARCH64_LDST16_ABS_LO12_NC
  285: low12(2), // R_AARCH64_LDST32_ABS_LO12_NC
  286: low12(3), // R_AARCH64_LDST64_ABS_LO12_NC
  299: low12(4), // R_AARCH64_LDST128_ABS_LO12_NC
  311: { ...page(), indirect: 'got' }, // R_AARCH64_ADR_GOT_PAGE
  312: { ...low12(3), indirect: 'got' }, // R_AARCH64_LD64_GOT_LO12_NC
}
