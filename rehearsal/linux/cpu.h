/* SPDX-License-Identifier: MIT */
/*
 * The door to the kernel, in the place of one to a hypervisor: a system call by its number. One more number, which no
 * system call has, runs a program and waits for its end.
 */
#ifndef CPU_H
#define CPU_H

#include <stdint.h>

#define HYPERCALL_ARGUMENTS 5

/* Numbers of x86-64: arch/x86/entry/syscalls/syscall_64.tbl. */
#define CALL_READ          0
#define CALL_WRITE         1
#define CALL_OPEN          2
#define CALL_CLOSE         3
#define CALL_MMAP          9
#define CALL_DUP2          33
#define CALL_NANOSLEEP     35
#define CALL_FORK          57
#define CALL_EXECVE        59
#define CALL_EXIT          60
#define CALL_WAIT4         61
#define CALL_MOUNT         165
#define CALL_REBOOT        169
#define CALL_CLOCK_GETTIME 228

#define RUN_PROGRAM 0x10000

#define READ_ONLY  0
#define WRITE_ONLY 1
#define READ_WRITE 2

static inline int64_t system_call(uint64_t number, uint64_t first, uint64_t second, uint64_t third, uint64_t fourth,
                                  uint64_t fifth, uint64_t sixth)
{
    register uint64_t r10 __asm__("r10") = fourth;
    register uint64_t r8 __asm__("r8") = fifth;
    register uint64_t r9 __asm__("r9") = sixth;
    int64_t result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(first), "S"(second), "d"(third), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static inline int64_t call3(uint64_t number, uint64_t first, uint64_t second, uint64_t third)
{
    return system_call(number, first, second, third, 0, 0, 0);
}

/* run.c */
int64_t run_program(const uint64_t argument[HYPERCALL_ARGUMENTS]);

static inline int64_t hypercall(uint64_t number, const uint64_t argument[HYPERCALL_ARGUMENTS])
{
    if (number == RUN_PROGRAM)
        return run_program(argument);
    return system_call(number, argument[0], argument[1], argument[2], argument[3], argument[4], 0);
}

/* While another processor, or somebody outside, is waited for. */
static inline void relax(void)
{
    __asm__ volatile("pause");
}

#endif
