/** The machines that Xen is rehearsed on, one for each CPU; which one it is, the hypervisor's file says (`hypervisor.ts`). */
import { BARE, type Board, COMMON_FLAGS, MAILBOX_SIZE, SHARING, type Signs } from '../board.ts'
import { flattened } from '../guest.ts'

const MIB = 1024 * 1024

/** MiB: enough for Xen, the dom0 and payloads of the largest size. */
const X86_MEMORY = 128
const X86_DOM0_MEMORY = 32
const ARM_MEMORY = 256
const ARM_DOM0_MEMORY = 64
/** Where QEMU's `virt` has its memory (hw/arm/virt.c). */
const ARM_MEMORY_BEGINS = 0x4000_0000n
/** Somewhere in it that Xen leaves alone until it has copied the dom0. */
const ARM_DOM0_LOADED = 0x4900_0000

/**
 * The machine's clock counts its instructions, 2^8 ns each, instead of the host's time. Xen calibrates its
 * timers by waiting, in machine time: it boots in half of the time. And however busy the host is, no
 * time-out of Xen's expires early: with the host's clock and two processors, one apply in a hundred, on
 * some hosts one in ten, does not bring them to a stand within 30 ms.
 */
const CLOCK = ['-icount', 'shift=8']
// Without sync_console a debug hypervisor's flood of words can stop in mid-line, with the CPU idle.
const LEVELS = ['loglvl=all', 'guest_loglvl=all', 'sync_console']

export const XEN_SIGNS: Signs = {
  crash: [
    /\*\*\* DOUBLE FAULT \*\*\*/,
    /DOUBLE FAULT -- system shutdown/,
    /FATAL (TRAP|PAGE FAULT)/,
    /Panic on CPU \d+/,
    /Reboot in five seconds/,
    /Manual reset required/,
    /Hardware Dom\d+ (crashed|halted|shutdown)/,
    /Domain 0 \(vcpu#\d+\) crashed/,
    /Xen BUG at /,
  ],
  hang: [],
  lastWords: [/Reboot in five seconds/, /Manual reset required/, /Hardware Dom\d+ (halted|shutdown)/],
}

export const X86_BOARD: Board = {
  name: 'x86-64',
  emulator: 'qemu-system-x86_64',
  cpuModel: 'qemu64',
  arguments: ({ cpus, cpuModel, bootWords }) => {
    const dom0 = [`dom0_mem=${X86_DOM0_MEMORY}M,max:${X86_DOM0_MEMORY}M`, 'dom0_max_vcpus=1']
    return [
      ...['-M', 'pc', '-accel', 'tcg', '-cpu', cpuModel, '-smp', String(cpus), '-m', String(X86_MEMORY)],
      ...CLOCK,
      ...BARE,
      ...SHARING,
      ...['-kernel', 'system', '-initrd', 'guest', '-append'],
      ['console=com1', 'com1=115200,8n1', ...dom0, ...LEVELS, ...bootWords].join(' '),
    ]
  },
  guest: {
    sources: ['rehearsal/shared/', 'rehearsal/xen/', 'rehearsal/x86/'],
    compilers: { arch: 'x64', native: 'gcc', cross: 'x86_64-linux-gnu-gcc' },
    flags: [...COMMON_FLAGS, '-m64', '-fcf-protection=none', '-mcmodel=kernel', '-mno-red-zone'],
    booted: program => program,
    packages: { native: 'gcc binutils', cross: 'gcc-x86-64-linux-gnu' },
  },
  shared: { size: MAILBOX_SIZE, begins: undefined },
  signs: XEN_SIGNS,
  words: {
    guest: 'dom0',
    emulatorPackages: 'QEMU for x86 and its BIOS (Debian: apt-get install qemu-system-x86 seabios)',
    firmware: 'the BIOS that QEMU boots with (Debian: apt-get install seabios)',
    needs: 'QEMU 5 or later with ivshmem-plain is needed (Debian: qemu-system-x86)',
    systemNeeded: 'a hypervisor for x86-64 with CONFIG_PV is needed',
  },
}

export const ARM_BOARD: Board = {
  name: 'AArch64',
  emulator: 'qemu-system-aarch64',
  cpuModel: 'cortex-a57',
  arguments: ({ cpus, cpuModel, bootWords }) => [
    ...['-M', 'virt,virtualization=on,gic-version=3,memory-backend=ram', '-accel', 'tcg', '-cpu', cpuModel],
    ...['-smp', String(cpus), '-m', String(ARM_MEMORY)],
    // With several processors one that waits for another would count the instructions of both.
    ...(cpus === 1 ? CLOCK : []),
    ...BARE,
    ...['-object', `memory-backend-file,id=ram,mem-path=mailbox,size=${ARM_MEMORY}M,share=on`],
    ...['-device', `guest-loader,addr=0x${ARM_DOM0_LOADED.toString(16)},kernel=guest,bootargs=dom0`],
    ...['-kernel', 'system', '-append'],
    // Memory is a file here: what Xen would clear is clear.
    [
      ...['console=dtuart', 'dtuart=/pl011@9000000', `dom0_mem=${ARM_DOM0_MEMORY}M`, 'bootscrub=0', ...LEVELS],
      ...bootWords,
    ].join(' '),
  ],
  guest: {
    sources: ['rehearsal/shared/', 'rehearsal/xen/', 'rehearsal/arm64/'],
    compilers: { arch: 'arm64', native: 'gcc', cross: 'aarch64-linux-gnu-gcc' },
    // With its memory management off, whatever is not aligned is a fault.
    flags: [...COMMON_FLAGS, '-mstrict-align', '-mno-outline-atomics', '-mbranch-protection=none'],
    booted: flattened,
    packages: { native: 'gcc binutils', cross: 'gcc-aarch64-linux-gnu binutils-aarch64-linux-gnu' },
  },
  shared: { size: ARM_MEMORY * MIB, begins: ARM_MEMORY_BEGINS },
  signs: XEN_SIGNS,
  words: {
    guest: 'dom0',
    emulatorPackages: 'QEMU for Arm (Debian: apt-get install qemu-system-arm)',
    firmware: 'the firmware that QEMU asks for',
    needs: 'QEMU 6 or later with guest-loader is needed (Debian: qemu-system-arm)',
    systemNeeded: 'a hypervisor for AArch64 is needed, which boots on a Cortex-A57',
  },
}
