/* SPDX-License-Identifier: MIT */
/*
 * A guest that does one thing: calls of the system that somebody outside the machine asks for, hypercalls or system calls.
 *
 * All knowledge of live patching is in the driver (src/hosts/rehearsal). It lays out a call's
 * structures in memory that we share, at the addresses where we see them, and counts a number up; we
 * make the call. There is no interrupt handler, no scheduler and no allocator here, and we want none:
 * whatever goes wrong on this machine should be the system's or the payload's doing.
 *
 * Lines for the driver start with "@hotsplice". `ready` comes once, `done N` after request N.
 */

#include "dom0.h"
#include "cpu.h"
#include "mailbox.h"

/* Nanoseconds. A request may lie unseen for one nap; a machine that waits long should not keep its host busy. */
#define SHORTEST_NAP   100000ull       /* 0.1 ms */
#define LONGEST_NAP    10000000ull     /* 10 ms */
#define DRIVER_IS_GONE 60000000000ull  /* no heartbeat for a minute, unless the driver says otherwise */
/* After a longer step of the clock the host itself stood still, a paused or suspended one, and the driver with it. */
#define LONGEST_STEP   1000000000ull

#define LOOKS_BEFORE_NAP 64

static volatile struct mailbox *mailbox;

void give_up(const char *why)
{
    print_line(why);
    power_off();
}

static int64_t carry_out(void)
{
    uint64_t arguments[HYPERCALL_ARGUMENTS];

    for (int i = 0; i < HYPERCALL_ARGUMENTS; i++)
        arguments[i] = mailbox->arguments[i];

    switch (mailbox->kind) {
    case REQUEST_HYPERCALL:
        return hypercall(mailbox->number, arguments);
    case REQUEST_NAP:
        nap(arguments[0]);
        return 0;
    case REQUEST_POWER_OFF:
        power_off();
    default:
        give_up("@hotsplice lost: a request of unknown kind");
    }
}

/* The longer nothing came, the longer the next nap. */
static uint64_t nap_after(uint64_t idle)
{
    uint64_t length = idle / 4;

    if (length < SHORTEST_NAP)
        return SHORTEST_NAP;
    return length > LONGEST_NAP ? LONGEST_NAP : length;
}

/* Waits for a request beyond the `completed` ones; switches the machine off when the driver is gone. */
static void await_request(uint32_t completed)
{
    uint64_t begun = clock_now();
    uint64_t last_look = begun, silence = 0;
    uint32_t heartbeat = mailbox->heartbeat;
    uint64_t patience = mailbox->patience ? mailbox->patience : DRIVER_IS_GONE;

    for (uint32_t looks = 1; mailbox->requested == completed; looks++) {
        if (looks % LOOKS_BEFORE_NAP != 0) {
            relax();
            continue;
        }

        uint64_t now = clock_now();
        uint64_t step = now - last_look;
        last_look = now;
        silence += step > LONGEST_STEP ? LONGEST_STEP : step;
        if (mailbox->heartbeat != heartbeat) {
            heartbeat = mailbox->heartbeat;
            silence = 0;
        } else if (silence > patience) {
            give_up("@hotsplice lost: the driver is gone");
        }
        nap(nap_after(now - begun));
    }
}

void dom0_main(const void *boot_information)
{
    if (!clock_start(boot_information))
        give_up("@hotsplice lost: the system does not tell the time");

    mailbox = find_shared_memory();
    if (mailbox->magic != MAILBOX_MAGIC)
        give_up("@hotsplice lost: the shared memory is not the driver's");

    mailbox->address = (uint64_t)mailbox;
    print_line("@hotsplice ready");

    for (uint32_t completed = mailbox->completed;;) {
        await_request(completed);
        mailbox->result = carry_out();
        mailbox->completed = ++completed;
        print_numbered_line("@hotsplice done", completed);
    }
}
