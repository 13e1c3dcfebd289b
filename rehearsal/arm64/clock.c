/* SPDX-License-Identifier: MIT */
/*
 * Time by the virtual counter, and naps: wfi gives the processor back to Xen until the virtual timer
 * has something to say. Its interrupt is never enabled; that it is pending is enough to end the wait.
 */

#include "dom0.h"

#define SECOND 1000000000ull

#define TIMER_ON  1ull
#define TIMER_OFF 0ull

bool clock_start(const void *boot_information)
{
    (void)boot_information;
    return true;
}

static uint64_t counter(void)
{
    uint64_t now;

    __asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(now) : : "memory");
    return now;
}

static uint64_t frequency(void)
{
    uint64_t ticks;

    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(ticks));
    return ticks;
}

uint64_t clock_now(void)
{
    uint64_t ticks = frequency(), now = counter();

    return now / ticks * SECOND + now % ticks * SECOND / ticks;
}

void nap(uint64_t nanoseconds)
{
    uint64_t ticks = frequency();
    uint64_t until = counter() + nanoseconds / SECOND * ticks + nanoseconds % SECOND * ticks / SECOND;

    while (counter() < until) {
        __asm__ volatile("msr cntv_cval_el0, %0; msr cntv_ctl_el0, %1; isb" : : "r"(until), "r"(TIMER_ON));
        __asm__ volatile("dsb sy; wfi" : : : "memory");
    }
    __asm__ volatile("msr cntv_ctl_el0, %0; isb" : : "r"(TIMER_OFF));
}
