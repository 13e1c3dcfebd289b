/* SPDX-License-Identifier: MIT */
/*
 * Where Xen enters our dom0, and the notes that make it a paravirtualised guest.
 *
 * Xen's domain builder reads the notes (type, value) from the ELF file, maps the image at the virtual
 * base named there, and jumps to _start in 64-bit mode with %rsi pointing to the start_info page.
 * Hypercalls use the syscall instruction directly (hypercall.h), so no hypercall page is asked for.
 */

/* Types of the notes, as Xen's public elfnote.h numbers them. */
#define NOTE_ENTRY              1
#define NOTE_VIRTUAL_BASE       3
#define NOTE_PHYSICAL_OFFSET    4
#define NOTE_XEN_INTERFACE      5
#define NOTE_GUEST_NAME         6
#define NOTE_GUEST_VERSION      7
#define NOTE_LOADER             8
#define NOTE_PAE_MODE           9
#define NOTE_FEATURES_SUPPORTED 17

/* Bit of NOTE_FEATURES_SUPPORTED: "I can be dom0". */
#define FEATURE_DOM0            (1 << 11)

#define STACK_SIZE              (64 * 1024)

.macro xen_note type, value:vararg
    .pushsection .note.Xen, "a", @note
    .balign 4
    .long   4                       /* length of the owner's name */
    .long   .Lend\@ - .Lvalue\@
    .long   \type
    .asciz  "Xen"
.Lvalue\@:
    \value
.Lend\@:
    .balign 4
    .popsection
.endm

    xen_note NOTE_GUEST_NAME,         .asciz "hotsplice rehearsal"
    xen_note NOTE_GUEST_VERSION,      .asciz "1"
    xen_note NOTE_XEN_INTERFACE,      .asciz "xen-3.0"
    xen_note NOTE_LOADER,             .asciz "generic"
    xen_note NOTE_PAE_MODE,           .asciz "yes"
    xen_note NOTE_VIRTUAL_BASE,       .quad VIRTUAL_BASE
    xen_note NOTE_PHYSICAL_OFFSET,    .quad 0
    xen_note NOTE_ENTRY,              .quad _start
    xen_note NOTE_FEATURES_SUPPORTED, .long FEATURE_DOM0

    .text
    .globl  _start
_start:
    cld
    lea     stack_top(%rip), %rsp
    xor     %ebp, %ebp              /* ends a backtrace */
    mov     %rsi, %rdi              /* struct start_info *, the only argument */
    call    dom0_main
.Lforever:                          /* dom0_main never returns */
    pause
    jmp     .Lforever

    .bss
    .balign 4096
    .skip   STACK_SIZE
stack_top:

    .section .note.GNU-stack, "", @progbits
