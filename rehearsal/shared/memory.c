/* SPDX-License-Identifier: MIT */
/* The two functions that the compiler may call on its own. */

#include "dom0.h"

void *memset(void *to, int value, size_t count)
{
    unsigned char *bytes = to;

    for (size_t i = 0; i < count; i++)
        bytes[i] = (unsigned char)value;
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t count)
{
    unsigned char *target = to;
    const unsigned char *source = from;

    for (size_t i = 0; i < count; i++)
        target[i] = source[i];
    return to;
}
