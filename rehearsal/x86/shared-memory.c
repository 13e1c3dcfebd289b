/* SPDX-License-Identifier: MIT */
/*
 * Finds QEMU's shared-memory device (ivshmem) on the first PCI bus and tells where its memory is.
 *
 * Configuration space is read through ports 0xcf8 and 0xcfc. We run in ring 3, so each access faults
 * and Xen carries it out for us, provided that our I/O privilege level has been raised first.
 */

#include "dom0.h"
#include "cpu.h"
#include "mailbox.h"
#include "map.h"

#define PHYSDEVOP_SET_IOPL 6

#define PORT_CONFIG_ADDRESS 0xcf8
#define PORT_CONFIG_DATA    0xcfc
#define CONFIG_ENABLE       (1u << 31)

#define SLOTS 32

#define REGISTER_ID         0x00
#define REGISTER_BAR2       0x18 /* 64-bit: its upper half is in the next register */
#define BAR_ADDRESS_MASK    (~0xfull)

#define ID_IVSHMEM 0x11101af4u /* device 0x1110 of vendor 0x1af4 */

static void write_port(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static uint32_t read_port(uint16_t port)
{
    uint32_t value;

    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static uint32_t read_config(uint32_t slot, uint32_t offset)
{
    write_port(PORT_CONFIG_ADDRESS, CONFIG_ENABLE | slot << 11 | offset);
    return read_port(PORT_CONFIG_DATA);
}

/* Only the addresses count: the driver's memory is mapped over these pages. */
static uint8_t window[MAILBOX_SIZE] __attribute__((aligned(PAGE_SIZE)));

/* The machine address of the device's memory; 0 when there is none. */
static uint64_t find_device_memory(void)
{
    uint32_t privilege_level = 1;

    if (hypercall2(HYPERCALL_PHYSDEV_OP, PHYSDEVOP_SET_IOPL, (uint64_t)&privilege_level) != 0)
        return 0;

    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        if (read_config(slot, REGISTER_ID) != ID_IVSHMEM)
            continue;
        uint64_t low = read_config(slot, REGISTER_BAR2);
        uint64_t high = read_config(slot, REGISTER_BAR2 + 4);
        return (high << 32 | low) & BAR_ADDRESS_MASK;
    }
    return 0;
}

void *find_shared_memory(void)
{
    uint64_t machine_address = find_device_memory();

    if (machine_address == 0)
        give_up("@hotsplice lost: no shared-memory device");
    if (!map_machine_pages(window, machine_address, MAILBOX_SIZE / PAGE_SIZE))
        give_up("@hotsplice lost: the shared memory cannot be mapped");
    return window;
}
