/* SPDX-License-Identifier: MIT */
/* What the few files of our guest offer each other: a dom0 of Xen's, or the first process of a Linux kernel. */
#ifndef DOM0_H
#define DOM0_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE 4096

/* memory.c */
void *memset(void *to, int value, size_t count);
void *memcpy(void *restrict to, const void *restrict from, size_t count);

/* clock.c: `boot_information` is what the system started us with. */
bool clock_start(const void *boot_information);
/* Nanoseconds since the system booted. */
uint64_t clock_now(void);
/* Gives the CPU back to the system for that long. */
void nap(uint64_t nanoseconds);

/* write-console.c: the system's own console, so that our lines and the system's keep their order. */
void write_console(const char *text, size_t length);

/* console.c */
void print_line(const char *text);
/* Prints `text`, a space, and `number`. */
void print_numbered_line(const char *text, uint32_t number);

/* main.c: says why on the console, and ends the machine. */
__attribute__((noreturn)) void give_up(const char *why);

/* shared-memory.c: the memory that the driver shares with us (mailbox.h), or the end of the machine. */
void *find_shared_memory(void);

/* power.c: ends the machine; QEMU is told not to reboot. */
__attribute__((noreturn)) void power_off(void);

/* main.c: where a machine's start.S, or start.c, hands over. */
__attribute__((noreturn)) void dom0_main(const void *boot_information);

#endif
