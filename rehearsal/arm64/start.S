/* SPDX-License-Identifier: MIT */
/*
 * Where Xen enters our dom0: the header of a Linux kernel image (Documentation/arm64/booting.rst), whose
 * first word is the jump. Entered with the MMU off, at any place that is a multiple of 2 MiB.
 */

#define STACK_SIZE (64 * 1024)

    .section .head, "ax"
    .globl  _start
_start:
    b       begin
    .long   0
    .quad   0                       /* how far from such a place it wants to lie */
    .quad   _end - _start           /* with .bss, which the file does not have */
    .quad   0xa                     /* little-endian, pages of 4 KiB, anywhere */
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0

begin:
    adrp    x1, bss_start           /* nobody clears what the file does not have */
    add     x1, x1, :lo12:bss_start
    adrp    x2, bss_end
    add     x2, x2, :lo12:bss_end
.Lclear:
    stp     xzr, xzr, [x1], #16
    cmp     x1, x2
    b.lo    .Lclear

    adrp    x1, stack_top
    add     x1, x1, :lo12:stack_top
    mov     sp, x1
    mov     x29, xzr                /* ends a backtrace */
    bl      dom0_main               /* x0 is the device tree; it never returns */
.Lforever:
    wfi
    b       .Lforever

    .section .stack, "aw", @nobits
    .balign 4096
    .skip   STACK_SIZE
stack_top:

    .section .note.GNU-stack, "", @progbits
