/* SPDX-License-Identifier: MIT */

#include "dom0.h"
#include "cpu.h"

#define CONSOLE_WRITE 0

void write_console(const char *text, size_t length)
{
    hypercall3(HYPERCALL_CONSOLE_IO, CONSOLE_WRITE, length, (uint64_t)text);
}
