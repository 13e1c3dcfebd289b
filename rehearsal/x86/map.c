/* SPDX-License-Identifier: MIT */
/* Changing what our virtual pages show. */

#include "dom0.h"
#include "cpu.h"
#include "map.h"

#define ENTRY_PRESENT  (1u << 0)
#define ENTRY_WRITABLE (1u << 1)
#define ENTRY_USER     (1u << 2) /* a 64-bit PV kernel runs in ring 3 */
#define ENTRY_ACCESSED (1u << 5)
#define ENTRY_DIRTY    (1u << 6)

#define FLUSH_THIS_PAGE 2 /* UVMF_INVLPG */

bool map_machine_pages(void *pages, uint64_t machine_address, size_t count)
{
    const uint64_t flags = ENTRY_PRESENT | ENTRY_WRITABLE | ENTRY_USER | ENTRY_ACCESSED | ENTRY_DIRTY;

    for (size_t page = 0; page < count; page++) {
        uint64_t address = (uint64_t)pages + page * PAGE_SIZE;
        uint64_t entry = (machine_address + page * PAGE_SIZE) | flags;

        if (hypercall3(HYPERCALL_UPDATE_VA_MAPPING, address, entry, FLUSH_THIS_PAGE) != 0)
            return false;
    }
    return true;
}
