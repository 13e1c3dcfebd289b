/* SPDX-License-Identifier: MIT */
/* What the few files of our dom0 offer each other. */
#ifndef DOM0_H
#define DOM0_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE 4096

/* memory.c: maps machine pages over pages of our own. `pages` must be page-aligned addresses of our image. */
bool map_machine_pages(void *pages, uint64_t machine_address, size_t count);

/* clock.c */
bool clock_start(uint64_t shared_info_machine_address);
/* Nanoseconds since Xen booted. */
uint64_t clock_now(void);
/* Gives the CPU back to Xen for that long. */
void nap(uint64_t nanoseconds);

/* console.c: Xen's own console, so that our lines and Xen's keep their order. */
void print_line(const char *text);
/* Prints `text`, a space, and `number`. */
void print_numbered_line(const char *text, uint32_t number);

/* pci.c: the machine address of the memory that the driver shares with us; 0 when there is none. */
uint64_t find_shared_memory(void);

/* power.c: ends the machine; QEMU is told not to reboot. */
__attribute__((noreturn)) void power_off(void);

#endif
