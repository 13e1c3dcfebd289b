/* SPDX-License-Identifier: MIT */
/* The kernel's log: a line that is written there stands behind everything that the kernel printed before, and in one piece. */

#include "dom0.h"
#include "cpu.h"

void write_console(const char *text, size_t length)
{
    static int64_t log = -1;

    if (log < 0)
        log = call3(CALL_OPEN, (uint64_t)"/dev/kmsg", WRITE_ONLY, 0);
    call3(CALL_WRITE, (uint64_t)log, (uint64_t)text, length);
}
