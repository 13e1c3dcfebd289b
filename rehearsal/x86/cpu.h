/* SPDX-License-Identifier: MIT */
/*
 * The door to the hypervisor: a 64-bit PV guest puts the hypercall's number in %rax, up to five
 * arguments in %rdi %rsi %rdx %r10 %r8, and executes syscall. The result comes back in %rax.
 */
#ifndef CPU_H
#define CPU_H

#include <stdint.h>

#define HYPERCALL_UPDATE_VA_MAPPING 14
#define HYPERCALL_PHYSDEV_OP        33

#define HYPERCALL_ARGUMENTS 5

/* Every argument register may be overwritten: a debug build of Xen does so on purpose. */
static inline int64_t hypercall(uint64_t number, const uint64_t argument[HYPERCALL_ARGUMENTS])
{
    uint64_t first = argument[0];
    uint64_t second = argument[1];
    uint64_t third = argument[2];
    register uint64_t fourth __asm__("r10") = argument[3];
    register uint64_t fifth __asm__("r8") = argument[4];
    uint64_t result = number;

    __asm__ volatile("syscall"
                     : "+a"(result), "+D"(first), "+S"(second), "+d"(third), "+r"(fourth), "+r"(fifth)
                     :
                     : "rcx", "r9", "r11", "memory");
    return (int64_t)result;
}

/* While another processor, or somebody outside, is waited for. */
static inline void relax(void)
{
    __asm__ volatile("pause");
}

#include "calls.h"

#endif
