/* SPDX-License-Identifier: MIT */
/* What the few files of our dom0 offer each other. */
#ifndef DOM0_H
#define DOM0_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE 4096

/* memory.c */
void *memset(void *to, int value, size_t count);
void *memcpy(void *restrict to, const void *restrict from, size_t count);

/* clock.c: `boot_information` is what Xen started us with. */
bool clock_start(const void *boot_information);
/* Nanoseconds since Xen booted. */
uint64_t clock_now(void);
/* Gives the CPU back to Xen for that long. */
void nap(uint64_t nanoseconds);

/* console.c: Xen's own console, so that our lines and Xen's keep their order. */
void print_line(const char *text);
/* Prints `text`, a space, and `number`. */
void print_numbered_line(const char *text, uint32_t number);

/* main.c: says why on the console, and ends the machine. */
__attribute__((noreturn)) void give_up(const char *why);

/* shared-memory.c: the memory that the driver shares with us (mailbox.h), or the end of the machine. */
void *find_shared_memory(void);

/* power.c: ends the machine; QEMU is told not to reboot. */
__attribute__((noreturn)) void power_off(void);

#endif
