/* SPDX-License-Identifier: MIT */
/*
 * The door to the hypervisor: a 64-bit Arm guest puts the hypercall's number in x16, up to five arguments
 * in x0 to x4, and executes hvc with Xen's own number. The result comes back in x0.
 */
#ifndef CPU_H
#define CPU_H

#include <stdint.h>

#define HYPERCALL_ARGUMENTS 5

/* Every argument register may be overwritten: a debug build of Xen does so on purpose. */
static inline int64_t hypercall(uint64_t number, const uint64_t argument[HYPERCALL_ARGUMENTS])
{
    register uint64_t call __asm__("x16") = number;
    register uint64_t first __asm__("x0") = argument[0];
    register uint64_t second __asm__("x1") = argument[1];
    register uint64_t third __asm__("x2") = argument[2];
    register uint64_t fourth __asm__("x3") = argument[3];
    register uint64_t fifth __asm__("x4") = argument[4];

    __asm__ volatile("hvc #0xea1"
                     : "+r"(call), "+r"(first), "+r"(second), "+r"(third), "+r"(fourth), "+r"(fifth)
                     :
                     : "memory");
    return (int64_t)first;
}

/* While another processor, or somebody outside, is waited for. */
static inline void relax(void)
{
    __asm__ volatile("yield");
}

#include "calls.h"

#endif
