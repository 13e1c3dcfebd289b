/**
 * What machine a hypervisor is rehearsed on: how QEMU is to build it, how our dom0 is compiled for it, and where the two
 * share memory with us. One value for each CPU; which one it is, the hypervisor's file says (`hypervisor.ts`).
 */

export interface MachineWishes {
  readonly cpus: number
  readonly cpuModel: string
  /** More words for Xen's command line. */
  readonly xenArguments: readonly string[]
}

export interface Board {
  readonly name: string
  /** QEMU's program, and its -cpu, unless somebody wants others. */
  readonly emulator: string
  readonly cpuModel: string
  /** The rest of QEMU's command line; `xen`, `dom0` and `mailbox` are files in its folder. */
  readonly arguments: (wishes: MachineWishes) => readonly string[]
  readonly dom0: {
    /** Folder of the package. */
    readonly sources: string
    /** The compiler on such a machine, and on others. */
    readonly compilers: { readonly arch: NodeJS.Architecture; readonly native: string; readonly cross: string }
    readonly flags: readonly string[]
    /** Whether what is booted is the program's memory as it is, without a file's header. */
    readonly isFlat: boolean
    readonly packages: { readonly native: string; readonly cross: string }
  }
  /** The file `mailbox`: of its own, or all of the machine's memory, in which the dom0 says where. */
  readonly shared: { readonly size: number; readonly begins: bigint | undefined }
  readonly words: {
    readonly emulatorPackages: string
    readonly firmware: string
    readonly needs: string
    readonly hypervisorNeeded: string
  }
}

const MIB = 1024 * 1024
export const MAILBOX_SIZE = 4 * MIB

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
const BARE = [
  '-nodefaults',
  '-no-user-config',
  '-display',
  'none',
  '-monitor',
  'none',
  '-no-reboot',
  '-serial',
  'stdio',
]
// Without sync_console a debug hypervisor's flood of words can stop in mid-line, with the CPU idle.
const LEVELS = ['loglvl=all', 'guest_loglvl=all', 'sync_console']

const COMMON_FLAGS: readonly string[] = [
  '-std=gnu11',
  '-O2',
  '-Wall',
  '-Wextra',
  '-ffreestanding',
  '-fno-builtin',
  '-fno-tree-loop-distribute-patterns', // or our memcpy would be compiled into a call of itself
  '-fno-pie',
  '-fno-stack-protector',
  '-fno-asynchronous-unwind-tables',
  '-mgeneral-regs-only',
  '-nostdlib',
  '-static',
  '-no-pie',
  '-Wl,-z,max-page-size=4096',
  '-Wl,--build-id=none',
]

export const X86_BOARD: Board = {
  name: 'x86-64',
  emulator: 'qemu-system-x86_64',
  cpuModel: 'qemu64',
  arguments: ({ cpus, cpuModel, xenArguments }) => {
    const dom0 = [`dom0_mem=${X86_DOM0_MEMORY}M,max:${X86_DOM0_MEMORY}M`, 'dom0_max_vcpus=1']
    return [
      ...['-M', 'pc', '-accel', 'tcg', '-cpu', cpuModel, '-smp', String(cpus), '-m', String(X86_MEMORY)],
      ...CLOCK,
      ...BARE,
      ...['-object', 'memory-backend-file,id=mailbox,mem-path=mailbox,size=4M,share=on'],
      ...['-device', 'ivshmem-plain,memdev=mailbox'],
      ...['-kernel', 'xen', '-initrd', 'dom0', '-append'],
      ['console=com1', 'com1=115200,8n1', ...dom0, ...LEVELS, ...xenArguments].join(' '),
    ]
  },
  dom0: {
    sources: 'rehearsal/x86/',
    compilers: { arch: 'x64', native: 'gcc', cross: 'x86_64-linux-gnu-gcc' },
    flags: [...COMMON_FLAGS, '-m64', '-fcf-protection=none', '-mcmodel=kernel', '-mno-red-zone'],
    isFlat: false,
    packages: { native: 'gcc binutils', cross: 'gcc-x86-64-linux-gnu' },
  },
  shared: { size: MAILBOX_SIZE, begins: undefined },
  words: {
    emulatorPackages: 'QEMU for x86 and its BIOS (Debian: apt-get install qemu-system-x86 seabios)',
    firmware: 'the BIOS that QEMU boots with (Debian: apt-get install seabios)',
    needs: 'QEMU 5 or later with ivshmem-plain is needed (Debian: qemu-system-x86)',
    hypervisorNeeded: 'a hypervisor for x86-64 with CONFIG_PV is needed',
  },
}

export const ARM_BOARD: Board = {
  name: 'AArch64',
  emulator: 'qemu-system-aarch64',
  cpuModel: 'cortex-a57',
  arguments: ({ cpus, cpuModel, xenArguments }) => [
    ...['-M', 'virt,virtualization=on,gic-version=3,memory-backend=ram', '-accel', 'tcg', '-cpu', cpuModel],
    ...['-smp', String(cpus), '-m', String(ARM_MEMORY)],
    // With several processors one that waits for another would count the instructions of both.
    ...(cpus === 1 ? CLOCK : []),
    ...BARE,
    ...['-object', `memory-backend-file,id=ram,mem-path=mailbox,size=${ARM_MEMORY}M,share=on`],
    ...['-device', `guest-loader,addr=0x${ARM_DOM0_LOADED.toString(16)},kernel=dom0,bootargs=dom0`],
    ...['-kernel', 'xen', '-append'],
    // Memory is a file here: what Xen would clear is clear.
    [
      ...['console=dtuart', 'dtuart=/pl011@9000000', `dom0_mem=${ARM_DOM0_MEMORY}M`, 'bootscrub=0', ...LEVELS],
      ...xenArguments,
    ].join(' '),
  ],
  dom0: {
    sources: 'rehearsal/arm64/',
    compilers: { arch: 'arm64', native: 'gcc', cross: 'aarch64-linux-gnu-gcc' },
    // With its memory management off, whatever is not aligned is a fault.
    flags: [...COMMON_FLAGS, '-mstrict-align', '-mno-outline-atomics', '-mbranch-protection=none'],
    isFlat: true,
    packages: { native: 'gcc binutils', cross: 'gcc-aarch64-linux-gnu binutils-aarch64-linux-gnu' },
  },
  shared: { size: ARM_MEMORY * MIB, begins: ARM_MEMORY_BEGINS },
  words: {
    emulatorPackages: 'QEMU for Arm (Debian: apt-get install qemu-system-arm)',
    firmware: 'the firmware that QEMU asks for',
    needs: 'QEMU 6 or later with guest-loader is needed (Debian: qemu-system-arm)',
    hypervisorNeeded: 'a hypervisor for AArch64 is needed, which boots on a Cortex-A57',
  },
}
