/** R_AARCH64_* numbers by name, where code needs one; `relocation-types.ts` says what each means. */
export const R_AARCH64_NONE = 0
export const R_AARCH64_ABS64 = 257
export const R_AARCH64_ABS32 = 258
export const R_AARCH64_PREL64 = 260
export const R_AARCH64_PREL32 = 261
export const R_AARCH64_ADR_PREL_LO21 = 274
export const R_AARCH64_ADR_PREL_PG_HI21 = 275
export const R_AARCH64_ADD_ABS_LO12_NC = 277
export const R_AARCH64_LDST8_ABS_LO12_NC = 278
export const R_AARCH64_CONDBR19 = 280
export const R_AARCH64_JUMP26 = 282
export const R_AARCH64_CALL26 = 283
export const R_AARCH64_LDST16_ABS_LO12_NC = 284
export const R_AARCH64_LDST32_ABS_LO12_NC = 285
export const R_AARCH64_LDST64_ABS_LO12_NC = 286
export const R_AARCH64_LDST128_ABS_LO12_NC = 299
