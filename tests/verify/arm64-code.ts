/** What a rich payload has on AArch64 alone: bug frames of sixteen bytes, alternatives of twelve, fields of every kind. */

export const ARM64_FLAGS: readonly string[] = [
  '-O2',
  '-ffreestanding',
  '-fno-pic',
  '-fno-common',
  '-fno-asynchronous-unwind-tables',
  '-fno-stack-protector',
  '-fno-jump-tables',
  '-mgeneral-regs-only',
  '-mno-outline-atomics',
]

/**
 * The second alternative asks for SB, which a Cortex-A57 has not, the first for a callback's number and has one: no loader's
 * test can tell which processor it is on, so both are left as they are. `fields` is never run, but all of it is relocated.
 */
export const ARM64_CODE = `
__attribute__((noinline)) static void frames(void)
{
  asm volatile("1: brk #1\\n"
               ".pushsection .bug_frames.1, \\"a\\"\\n2: .long 1b - 2b, .Lfile - 2b, 0\\n.hword 5, 0\\n.popsection\\n"
               ".pushsection .rodata.str1.1, \\"aMS\\", @progbits, 1\\n.Lfile: .asciz \\"verify.c\\"\\n.popsection");
}
__attribute__((noinline)) static long alternatives(void)
{
  long x = 1;
  asm volatile("1: nop; nop\\n2:\\n"
               ".pushsection .altinstructions, \\"a\\"\\n.long 1b - ., 3f - .\\n.hword 16\\n.byte 2b - 1b, 4f - 3f\\n.popsection\\n"
               ".pushsection .altinstr_replacement, \\"ax\\"\\n3: mov %0, #0; nop\\n4:\\n.popsection\\n"
               "5: nop\\n6:\\n"
               ".pushsection .altinstructions, \\"a\\"\\n.long 5b - ., 7f - .\\n.hword 16\\n.byte 6b - 5b, 8f - 7f\\n.popsection\\n"
               ".pushsection .altinstr_replacement, \\"ax\\"\\n7: nop\\n8:\\n.popsection\\n" : "+r"(x));
  return x;
}
__attribute__((aligned(16))) const long long wide_of_verify[4] = { 1, 2, 3, 4 };
__attribute__((noinline, used)) static void fields(void)
{
  asm volatile("adrp x0, wide_of_verify; add x1, x0, :lo12:wide_of_verify; ldrb w2, [x0, :lo12:wide_of_verify]\\n"
               "ldrh w2, [x0, :lo12:wide_of_verify]; ldr w2, [x0, :lo12:wide_of_verify]; ldr x2, [x0, :lo12:wide_of_verify]\\n"
               "bl new_function_of_verify; b.eq new_function_of_verify; tbz x2, #3, new_function_of_verify\\n"
               "cbz x2, new_function_of_verify; adr x3, new_function_of_verify; b new_function_of_verify\\n"
               "movz x4, #:abs_g3:wide_of_verify; movk x4, #:abs_g2_nc:wide_of_verify; movk x4, #:abs_g1_nc:wide_of_verify" ::: "memory");
}
__attribute__((noinline)) static long exceptions(const long *from) { return *(const int *)from; }
`
