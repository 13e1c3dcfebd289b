/* SPDX-License-Identifier: MIT */

#include "dom0.h"
#include "cpu.h"

#define CLOCK_MONOTONIC 1
#define PER_SECOND      1000000000ull

struct time {
    uint64_t seconds;
    uint64_t nanoseconds;
};

bool clock_start(const void *boot_information)
{
    (void)boot_information;
    return clock_now() != 0;
}

uint64_t clock_now(void)
{
    struct time now = { 0, 0 };

    call3(CALL_CLOCK_GETTIME, CLOCK_MONOTONIC, (uint64_t)&now, 0);
    return now.seconds * PER_SECOND + now.nanoseconds;
}

void nap(uint64_t nanoseconds)
{
    const struct time length = { nanoseconds / PER_SECOND, nanoseconds % PER_SECOND };

    call3(CALL_NANOSLEEP, (uint64_t)&length, 0, 0);
}
