/* SPDX-License-Identifier: MIT */
#ifndef MAP_H
#define MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* map.c: maps machine pages over pages of our own. `pages` must be page-aligned addresses of our image. */
bool map_machine_pages(void *pages, uint64_t machine_address, size_t count);

#endif
