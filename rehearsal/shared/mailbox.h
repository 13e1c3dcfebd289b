/* SPDX-License-Identifier: MIT */
/*
 * The memory that we share with the driver (src/hosts/rehearsal/mailbox.ts has the same layout).
 *
 * The driver lays a request out, everything it points to included, and last of all counts `requested`
 * up. We carry it out, write `result`, count `completed` up, and say so on the console: by then whatever
 * the system printed meanwhile has gone out before our line.
 *
 * Keep the layout and both sides' numbers in step.
 */
#ifndef MAILBOX_H
#define MAILBOX_H

#include "cpu.h"

#define MAILBOX_SIZE  (4 * 1024 * 1024)
#define MAILBOX_MAGIC 0x63696c7073746f68ULL /* "hotsplic" */

enum request {
    REQUEST_HYPERCALL = 1, /* number and arguments as given; result is the system's */
    REQUEST_NAP = 2,       /* arguments[0] nanoseconds; result 0 */
    REQUEST_POWER_OFF = 3,
};

struct mailbox {
    uint64_t magic;         /* 0x00, driver: written before we start */
    uint64_t address;       /* 0x08, dom0: where we see this structure */
    uint32_t requested;     /* 0x10, driver: how many requests there were so far */
    uint32_t completed;     /* 0x14, dom0: how many of them are done */
    uint32_t kind;          /* 0x18, driver: enum request */
    uint32_t heartbeat;     /* 0x1c, driver: changes while it lives */
    uint64_t number;        /* 0x20, driver */
    uint64_t arguments[HYPERCALL_ARGUMENTS]; /* 0x28, driver */
    int64_t result;         /* 0x50, dom0 */
    uint64_t patience;      /* 0x58, driver: nanoseconds without a heartbeat after which it is gone; 0: a minute */
};

_Static_assert(sizeof(struct mailbox) == 0x60, "mailbox.ts relies on this layout");

#endif
