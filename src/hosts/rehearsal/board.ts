/**
 * What machine a system is rehearsed on: how QEMU is to build it, how our guest is compiled for it, where the two share memory
 * with us, and how the system's console says that it goes down. One value for each system and CPU.
 */

export interface MachineWishes {
  readonly cpus: number
  readonly cpuModel: string
  /** More words for the system's command line. */
  readonly bootWords: readonly string[]
}

export interface Board {
  readonly name: string
  /** QEMU's program, and its -cpu, unless somebody wants others. */
  readonly emulator: string
  readonly cpuModel: string
  /** The rest of QEMU's command line; `system`, `guest` and `mailbox` are files in its folder. */
  readonly arguments: (wishes: MachineWishes) => readonly string[]
  readonly guest: {
    /** Folders of the package; `guest.lds` in the last, where there is one, says where everything lies. */
    readonly sources: readonly string[]
    /** The compiler on such a machine, and on others. */
    readonly compilers: { readonly arch: NodeJS.Architecture; readonly native: string; readonly cross: string }
    readonly flags: readonly string[]
    /** What is booted of the linked program. */
    readonly booted: (program: Uint8Array) => Uint8Array
    readonly packages: { readonly native: string; readonly cross: string }
  }
  /** The file `mailbox`: of its own, or all of the machine's memory, in which the guest says where. */
  readonly shared: { readonly size: number; readonly begins: bigint | undefined }
  readonly signs: Signs
  readonly words: {
    /** What our guest is to the system. */
    readonly guest: string
    readonly emulatorPackages: string
    readonly firmware: string
    readonly needs: string
    readonly systemNeeded: string
  }
}

/** Lines of the console. */
export interface Signs {
  /** The system goes down. */
  readonly crash: readonly RegExp[]
  /** It stands still, as it says itself. */
  readonly hang: readonly RegExp[]
  /** Nothing worth waiting for comes after this. */
  readonly lastWords: readonly RegExp[]
}

const MIB = 1024 * 1024
export const MAILBOX_SIZE = 4 * MIB

export const BARE: readonly string[] = [
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

/** The device that has the shared memory, where it is not the machine's own. */
export const SHARING: readonly string[] = [
  ...['-object', 'memory-backend-file,id=mailbox,mem-path=mailbox,size=4M,share=on'],
  ...['-device', 'ivshmem-plain,memdev=mailbox'],
]

export const COMMON_FLAGS: readonly string[] = [
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
