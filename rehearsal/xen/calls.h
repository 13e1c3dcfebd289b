/* SPDX-License-Identifier: MIT */
/* Hypercalls that every machine has, and shorter ways to make one; included by each machine's cpu.h. */
#ifndef CALLS_H
#define CALLS_H

#define HYPERCALL_CONSOLE_IO 18
#define HYPERCALL_SCHED_OP   29

static inline int64_t hypercall2(uint64_t number, uint64_t first, uint64_t second)
{
    const uint64_t arguments[HYPERCALL_ARGUMENTS] = { first, second, 0, 0, 0 };
    return hypercall(number, arguments);
}

static inline int64_t hypercall3(uint64_t number, uint64_t first, uint64_t second, uint64_t third)
{
    const uint64_t arguments[HYPERCALL_ARGUMENTS] = { first, second, third, 0, 0 };
    return hypercall(number, arguments);
}

#endif
