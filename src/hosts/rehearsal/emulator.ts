/**
 * QEMU as a child process: a small machine without graphics, disk or network, whose serial line we read.
 *
 * The process leads a group of its own, and the whole group is killed when we are done with it, also when
 * this process ends first, however it ends. And where the guest misses its heartbeat, it ends the machine itself.
 */

import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { InputError } from '../../base/errors.ts'
import { holdGroup, MARK } from '../../system/undertaker.ts'
import type { Board, MachineWishes } from './board.ts'

export interface EmulatorOptions extends MachineWishes {
  readonly board: Board
  readonly emulator: string
  /** Holds the files `system`, `guest` and `mailbox`. QEMU runs in it, so that no path of ours needs QEMU's quoting. */
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

const MOST_WORDS = 8000

export function startEmulator(options: EmulatorOptions): Emulator {
  const child = spawn(options.emulator, options.board.arguments(options), {
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

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The group is gone already.
  }
}

/** The input error for a QEMU that could not be started, failed, or was killed by somebody else. */
export function emulatorError(
  { board, emulator }: Pick<EmulatorOptions, 'board' | 'emulator'>,
  { error, status, signal, words }: EmulatorEnd,
): InputError {
  if (error?.code === 'ENOENT') {
    return new InputError('rehearse/no-qemu', `${emulator} was not found`, `install ${board.words.emulatorPackages}`)
  }
  if (error !== undefined) return new InputError('rehearse/no-qemu', `${emulator} cannot be run: ${error.message}`)
  if (signal !== null) {
    return new InputError(
      'rehearse/qemu-failed',
      `${emulator} was killed (${signal})`,
      'is there memory enough for it?',
    )
  }
  const hint = /bios|rom/i.test(words) ? `install ${board.words.firmware}` : board.words.needs
  const said = words.trim() || 'no words'
  return new InputError('rehearse/qemu-failed', `${emulator} ended with status ${status}: ${said}`, hint)
}
