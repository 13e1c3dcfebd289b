/* SPDX-License-Identifier: MIT */
/* Where the kernel enters its first process: what lies on the stack does not concern us. */

#include "dom0.h"
#include "cpu.h"

static void mount(const char *type, const char *where)
{
    system_call(CALL_MOUNT, (uint64_t)type, (uint64_t)where, (uint64_t)type, 0, 0, 0);
}

/* What is missing in a kernel is missed by whoever asks for it. */
__attribute__((noreturn, used)) static void start(void)
{
    mount("proc", "/proc");
    mount("sysfs", "/sys");
    mount("debugfs", "/sys/kernel/debug");
    mount("tracefs", "/sys/kernel/tracing");
    mount("tmpfs", "/tmp");
    mount("devtmpfs", "/dev");
    dom0_main(NULL);
}

__asm__(".globl _start\n"
        "_start:\n"
        "    xor %ebp, %ebp\n"
        "    and $-16, %rsp\n"
        "    call start\n");
