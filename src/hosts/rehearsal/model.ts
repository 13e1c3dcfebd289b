/** What a rehearsal takes and what it tells: plain data, versioned, and the same as JSON. */

/** A payload under the name by which scripts call it, usually its file's. */
export interface RehearsalPayload {
  readonly name: string
  readonly bytes: Uint8Array
}

/** How to boot the system. */
export interface BootOptions {
  /** The file to boot: of Xen xen/xen of a build, or xen.gz; of Linux what is in /boot. */
  readonly hypervisor: string
  /** Where the compiled guest is kept; by default hotsplice's cache folder. */
  readonly cacheFolder?: string | undefined
  /** Processors of the machine, 1 by default. */
  readonly cpus?: number | undefined
  /** QEMU's -cpu; for Xen `qemu64` by default, for Linux `max`. */
  readonly cpuModel?: string | undefined
  /** More words for the system's command line. */
  readonly bootWords?: readonly string[] | undefined
  /** QEMU's program, `qemu-system-x86_64` by default. */
  readonly emulator?: string | undefined
  /** Called when everything that was given has been read, and the machine is about to start. */
  readonly onBoot?: (() => void) | undefined
  /** After how many milliseconds without a sign of this process the machine ends itself; a minute by default. */
  readonly patienceMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called with every line of the console when it comes. */
  readonly onLine?: ((line: string) => void) | undefined
}

export interface RehearseOptions extends BootOptions {
  /** What the file is, Xen by default. */
  readonly system?: HypervisorFacts['name'] | undefined
  /** In the order of the stack: the default script applies the first one first. */
  readonly payloads: readonly RehearsalPayload[]
  /** docs/rehearsal.md has the grammar. Without one, a script that proves the full cycle of every payload. */
  readonly script?: string | undefined
  /** How long all of it may take. */
  readonly timeoutMs: number
}

export const REHEARSAL_SCHEMA = 1

/** How a rehearsal ended: `failed` where an operation did not end as expected. */
export type RehearsalOutcome = 'passed' | 'failed' | 'crashed' | 'timeout'

/** Everything that a rehearsal showed. */
export interface RehearsalResult {
  readonly schema: 1
  readonly outcome: RehearsalOutcome
  readonly hypervisor: HypervisorFacts
  readonly payloads: readonly string[]
  /** SHA-256 of each payload's bytes, without a signature, in hexadecimal. */
  readonly digests: readonly string[]
  readonly operations: readonly OperationResult[]
  /** Operations of the script that were not reached. */
  readonly notRun: number
  /** Set when the outcome is `crashed` or `timeout`. */
  readonly downfall: Downfall | null
  /** The whole console as far as it was kept: its beginning and its end. */
  readonly console: readonly string[]
  readonly timings: { readonly boot: number; readonly script: number; readonly total: number }
}

/** What was booted: the hypervisor, or a kernel. */
export interface HypervisorFacts {
  readonly name: 'Xen' | 'Linux'
  readonly file: string
  /** As it tells itself: `4.17.5`, `6.1.0-50-cloud-amd64`. */
  readonly version: string
  readonly buildId: string
}

/** One operation of the script, carried out. */
export interface OperationResult {
  /** The script's line, from 1. */
  readonly line: number
  readonly text: string
  readonly operation: string
  /** Zero or more: success; negative: an errno. Null for what has no result of its own, and when the machine went down in it. */
  readonly result: number | null
  readonly errno: string | null
  readonly expectation: string
  readonly expected: boolean
  /** What the operation tells: rows of a list, parts of a version, contents of buffers, why a check failed. */
  readonly output: readonly string[]
  /** What the system printed meanwhile. */
  readonly console: readonly string[]
  readonly time: number
}

/** How the machine ended before its time. */
export interface Downfall {
  readonly kind: 'crashed' | 'hung'
  /** The console's line that gave it away, or what happened in words. */
  readonly sign: string
  /** The console's last lines. */
  readonly lines: readonly string[]
}
