/**
 * QEMU as a child process: a small PC without graphics, disk or network, whose serial line we read.
 *
 * The process leads a group of its own, and the whole group is killed when we are done with it, also when
 * this process ends first, however it ends. And where the dom0 misses its heartbeat, it ends the machine itself.
 */

import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { InputError } from '../../base/errors.ts'
import { holdGroup, MARK } from '../../system/undertaker.ts'

export const DEFAULT_EMULATOR = 'qemu-system-x86_64'

export interface EmulatorOptions {
  readonly emulator: string
  readonly cpus: number
  readonly cpuModel: string
  readonly xenArguments: readonly string[]
  /** Holds the files `xen`, `dom0` and `mailbox`. QEMU runs in it, so that no path of ours needs QEMU's quoting. */
  readonly folder: string
}

export interface Emulator {
  onOutput(listener: (chunk: Uint8Array) => void): void
  /** Called once, when the process is gone or could not be started. */
  onEnd(listener: (why: EmulatorEnd) => void): void
  kill(): void
}

/** Why the process is gone; `words` is what it said on standard error. */
export interface EmulatorEnd {
  readonly error: NodeJS.ErrnoException | undefined
  /** 0: the machine was reset, and QEMU was told not to boot again. */
  readonly status: number | null
  readonly signal: string | null
  readonly words: string
}

/** Memory in MiB: enough for Xen, the dom0 and payloads of the largest size. */
const MACHINE_MEMORY = 128
const DOM0_MEMORY = 32
const MOST_WORDS = 8000

/**
 * The machine's clock counts its instructions, 2^8 ns each, instead of the host's time. Xen calibrates its
 * timers by waiting, in machine time: it boots in half of the time. And however busy the host is, no
 * time-out of Xen's expires early: with the host's clock and two processors, one apply in a hundred, on
 * some hosts one in ten, does not bring them to a stand within 30 ms.
 */
const CLOCK = ['-icount', 'shift=8']

export function startEmulator(options: EmulatorOptions): Emulator {
  const child = spawn(options.emulator, emulatorArguments(options), {
    cwd: options.folder,
    detached: true,
    env: { ...process.env, ...MARK },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const letGo = child.pid === undefined ? undefined : holdGroup(child.pid)

  let words = ''
  // Without descriptors it has not begun, and has no streams.
  child.stderr?.on('data', chunk => {
    if (words.length < MOST_WORDS) words += String(chunk)
  })

  let end: EmulatorEnd | undefined
  const listeners: ((why: EmulatorEnd) => void)[] = []
  const finish = (why: EmulatorEnd) => {
    if (end !== undefined) return
    end = why
    letGo?.()
    for (const listener of listeners) listener(why)
  }
  child.on('error', error => finish({ error, status: null, signal: null, words }))
  child.on('close', (status, signal) => finish({ error: undefined, status, signal, words }))

  return {
    onOutput: listener => void child.stdout?.on('data', listener),
    onEnd: listener => (end === undefined ? listeners.push(listener) : listener(end)),
    kill: () => killGroup(child),
  }
}

function emulatorArguments({ cpus, cpuModel, xenArguments }: EmulatorOptions): string[] {
  const xen = ['console=com1', 'com1=115200,8n1', `dom0_mem=${DOM0_MEMORY}M,max:${DOM0_MEMORY}M`, 'dom0_max_vcpus=1']
  // Without sync_console a debug hypervisor's flood of words can stop in mid-line, with the CPU idle.
  const levels = ['loglvl=all', 'guest_loglvl=all', 'sync_console']
  return [
    ...['-M', 'pc', '-accel', 'tcg', '-cpu', cpuModel, '-smp', String(cpus), '-m', String(MACHINE_MEMORY)],
    ...CLOCK,
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-monitor', 'none', '-no-reboot', '-serial', 'stdio'],
    ...['-object', 'memory-backend-file,id=mailbox,mem-path=mailbox,size=4M,share=on'],
    ...['-device', 'ivshmem-plain,memdev=mailbox'],
    ...['-kernel', 'xen', '-initrd', 'dom0', '-append', [...xen, ...levels, ...xenArguments].join(' ')],
  ]
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The group is gone already.
  }
}

/** The input error for a QEMU that could not be started, failed, or was killed by somebody else. */
export function emulatorError(emulator: string, { error, status, signal, words }: EmulatorEnd): InputError {
  if (error?.code === 'ENOENT') {
    return new InputError(
      'rehearse/no-qemu',
      `${emulator} was not found`,
      'install QEMU for x86 and its BIOS (Debian: apt-get install qemu-system-x86 seabios)',
    )
  }
  if (error !== undefined) return new InputError('rehearse/no-qemu', `${emulator} cannot be run: ${error.message}`)
  if (signal !== null) {
    return new InputError(
      'rehearse/qemu-failed',
      `${emulator} was killed (${signal})`,
      'is there memory enough for it?',
    )
  }
  const hint = /bios|rom/i.test(words)
    ? 'install the BIOS that QEMU boots with (Debian: apt-get install seabios)'
    : 'QEMU 5 or later with ivshmem-plain is needed (Debian: qemu-system-x86)'
  const said = words.trim() || 'no words'
  return new InputError('rehearse/qemu-failed', `${emulator} ended with status ${status}: ${said}`, hint)
}
