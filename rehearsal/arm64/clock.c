/* SPDX-License-Identifier: MIT */
/*
 * Xen's time, for naps: SCHEDOP_poll wants the absolute time at which to wake up.
 *
 * Our own counter runs with Xen's and began later. Xen tells its time where it notes since when our
 * processor runs: at the very beginning, and right behind a wait, that is now.
 *
 * It is tempting to nap by the virtual timer and wfi. But a timer that goes off before the wfi leaves
 * nothing behind that would end it, unless its interrupt is enabled and handled.
 */

#include "cpu.h"
#include "dom0.h"

#define HYPERCALL_VCPU_OP      24
#define REGISTER_RUNSTATE_AREA 5

#define SCHEDOP_POLL 3

#define SECOND 1000000000ull

struct runstate {
    uint32_t state;
    uint32_t padding;
    uint64_t entered; /* nanoseconds since Xen booted */
    uint64_t times[4];
};

struct poll_request {
    uint64_t ports; /* none: only the time ends it */
    uint32_t port_count;
    uint32_t padding;
    uint64_t until;
};

/* In one page. */
static volatile struct runstate runstate __attribute__((aligned(64)));

/* From our counter's time to Xen's. */
static uint64_t offset;

static uint64_t counted(void)
{
    uint64_t now, ticks;

    __asm__ volatile("isb; mrs %0, cntvct_el0; mrs %1, cntfrq_el0" : "=r"(now), "=r"(ticks) : : "memory");
    return now / ticks * SECOND + now % ticks * SECOND / ticks;
}

static void wait_until(uint64_t until)
{
    struct poll_request request = { .until = until };
    uint64_t before = runstate.entered;

    hypercall2(HYPERCALL_SCHED_OP, SCHEDOP_POLL, (uint64_t)&request);
    /* A short one may be over before anything else has run. */
    if (runstate.entered != before)
        offset = runstate.entered - counted();
}

bool clock_start(const void *boot_information)
{
    const uint64_t area = (uint64_t)&runstate;

    (void)boot_information;
    if (hypercall3(HYPERCALL_VCPU_OP, REGISTER_RUNSTATE_AREA, 0, (uint64_t)&area) != 0)
        return false;
    offset = runstate.entered - counted();
    return true;
}

uint64_t clock_now(void)
{
    return counted() + offset;
}

void nap(uint64_t nanoseconds)
{
    wait_until(clock_now() + nanoseconds);
}
