/**
 * The machine that a Linux kernel is rehearsed on. Which lines say that it goes down: arch/x86/kernel/traps.c and dumpstack.c,
 * mm/fault.c, kernel/panic.c, kernel/watchdog.c, kernel/rcu/tree_stall.h, kernel/hung_task.c of Linux 6.1. They begin the line,
 * as time stamps are off; a program that faults is told of behind its name, and harms nobody.
 */
import { BARE, type Board, COMMON_FLAGS, MAILBOX_SIZE, SHARING } from '../board.ts'
import { initramfs } from './initramfs.ts'

/** MiB. */
const MEMORY = 256

/**
 * What goes wrong is the end, and every line is shown; ours come in as many as we like. Whether the timer ticks is not tried
 * (timer_irq_works() of arch/x86/kernel/apic/io_apic.c): on a busy machine an emulated one may be too late, which is a panic.
 */
const COMMAND_LINE = 'console=ttyS0 panic=-1 oops=panic printk.time=0 ignore_loglevel printk.devkmsg=on no_timer_check'

/**
 * One thread for all processors: with one for each, QEMU 7.2 may go on running a breakpoint that the kernel has put into a
 * function and taken out again, as it does for each live patch, and the processor never gets past it (docs/linux.md).
 */
const ACCELERATOR = 'tcg,thread=single'

export const LINUX_BOARD: Board = {
  name: 'x86-64',
  emulator: 'qemu-system-x86_64',
  cpuModel: 'max',
  arguments: ({ cpus, cpuModel, bootWords }) => [
    ...['-M', 'pc', '-accel', ACCELERATOR, '-cpu', cpuModel, '-smp', String(cpus), '-m', String(MEMORY)],
    ...BARE,
    ...SHARING,
    ...['-kernel', 'system', '-initrd', 'guest', '-append', [COMMAND_LINE, ...bootWords].join(' ')],
  ],
  guest: {
    sources: ['rehearsal/shared/', 'rehearsal/linux/'],
    compilers: { arch: 'x64', native: 'gcc', cross: 'x86_64-linux-gnu-gcc' },
    flags: [...COMMON_FLAGS, '-m64', '-fcf-protection=none'],
    booted: initramfs,
    packages: { native: 'gcc binutils', cross: 'gcc-x86-64-linux-gnu' },
  },
  shared: { size: MAILBOX_SIZE, begins: undefined },
  signs: {
    crash: [
      /^Kernel panic - not syncing/,
      /^BUG: (unable to handle|kernel NULL pointer|stack guard page|TASK stack guard page)/,
      /^(Oops|general protection fault|invalid opcode|divide error|int3|stack segment|double fault|PANIC: )\b.*/,
      /^kernel BUG at /,
      /^kernel tried to execute/,
    ],
    hang: [
      /^watchdog: BUG: soft lockup/,
      /^(rcu: )?INFO: \S+ (self-)?detected (expedited )?stall/,
      /^INFO: task .* blocked for more than/,
    ],
    lastWords: [/^---\[ end Kernel panic/, /^Rebooting in /],
  },
  words: {
    guest: 'first process',
    emulatorPackages: 'QEMU for x86 and its BIOS (Debian: apt-get install qemu-system-x86 seabios)',
    firmware: 'the BIOS that QEMU boots with (Debian: apt-get install seabios)',
    needs: 'QEMU 5 or later with ivshmem-plain is needed (Debian: qemu-system-x86)',
    systemNeeded: 'a kernel for x86-64 is needed, with a serial console, PCI, sysfs and an initial RAM disk built in',
  },
}
