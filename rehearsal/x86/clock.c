/* SPDX-License-Identifier: MIT */
/*
 * Xen's time, for naps: SCHEDOP_poll wants the absolute time at which to wake up.
 *
 * Xen keeps a snapshot in the shared-info page: its time at some value of the time-stamp counter, and
 * how fast the counter runs. Its version is odd while Xen changes it.
 */

#include "dom0.h"
#include "cpu.h"
#include "map.h"

#define SCHEDOP_POLL 3

#define SNAPSHOT_OFFSET 32 /* of the first VCPU's struct vcpu_time_info in struct shared_info */

struct time_snapshot {
    uint32_t version;
    uint32_t padding;
    uint64_t counter;
    uint64_t nanoseconds;
    uint32_t scale; /* nanoseconds per tick, as a fraction of 2^32, after the shift */
    int8_t shift;
};

struct poll_request {
    uint64_t ports; /* none: only the time ends it */
    uint32_t port_count;
    uint32_t padding;
    uint64_t until;
};

static uint8_t shared_info[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

/* The beginning of Xen's struct start_info; the rest does not concern us. */
struct start_info {
    char magic[32];
    uint64_t page_count;
    uint64_t shared_info_machine_address;
};

bool clock_start(const void *boot_information)
{
    const struct start_info *start = boot_information;

    return map_machine_pages(shared_info, start->shared_info_machine_address, 1);
}

static uint64_t read_counter(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

uint64_t clock_now(void)
{
    const volatile struct time_snapshot *snapshot = (void *)(shared_info + SNAPSHOT_OFFSET);
    uint32_t version;
    uint64_t now;

    do {
        version = snapshot->version & ~1u;
        uint64_t ticks = read_counter() - snapshot->counter;
        int shift = snapshot->shift;

        ticks = shift < 0 ? ticks >> -shift : ticks << shift;
        now = snapshot->nanoseconds + (uint64_t)(((unsigned __int128)ticks * snapshot->scale) >> 32);
    } while (snapshot->version != version);
    return now;
}

void nap(uint64_t nanoseconds)
{
    struct poll_request request = { .until = clock_now() + nanoseconds };

    hypercall2(HYPERCALL_SCHED_OP, SCHEDOP_POLL, (uint64_t)&request);
}
