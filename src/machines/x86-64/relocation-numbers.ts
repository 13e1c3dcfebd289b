/** R_X86_64_* numbers by name, where code needs one; `relocation-types.ts` says what each means. */
export const R_X86_64_NONE = 0
export const R_X86_64_64 = 1
export const R_X86_64_PC32 = 2
export const R_X86_64_PLT32 = 4
export const R_X86_64_GOTPCREL = 9
export const R_X86_64_32 = 10
export const R_X86_64_32S = 11
export const R_X86_64_PC64 = 24
export const R_X86_64_GOTPCRELX = 41
export const R_X86_64_REX_GOTPCRELX = 42
