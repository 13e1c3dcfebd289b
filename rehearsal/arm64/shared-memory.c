/* SPDX-License-Identifier: MIT */
/*
 * The machine's memory is a file that the driver has open, and Xen gives dom0 its memory at the addresses
 * that it has in the machine. So any pages of ours are shared; we say which, and the driver counts from
 * where memory begins.
 */

#include "dom0.h"
#include "mailbox.h"

/* Left as it is at the start (guest.lds): clearing so much takes its time. */
static uint8_t window[MAILBOX_SIZE] __attribute__((aligned(PAGE_SIZE), section(".window")));

void *find_shared_memory(void)
{
    volatile struct mailbox *mailbox = (void *)window;

    memset(window, 0, sizeof(struct mailbox));
    print_numbered_line("@hotsplice mailbox", (uint32_t)((uint64_t)window / PAGE_SIZE));
    /* The driver writes the beginning when it has read that. */
    while (mailbox->magic != MAILBOX_MAGIC)
        nap(100000);
    return window;
}
