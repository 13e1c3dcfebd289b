/**
 * A process seen through /proc: who it is, what is mapped where, and its memory. The memory file belongs to the program
 * that ran when it was opened: after the process has ended it reads and writes nothing, even if its number is given to
 * another. So whoever holds it open cannot hit a stranger.
 */
import { closeSync, openSync, readFileSync, readlinkSync, readSync, writeSync } from 'node:fs'
import { InputError } from '../../base/errors.ts'

export interface Mapping {
  readonly start: number
  readonly end: number
  /** `r-xp`. */
  readonly access: string
  readonly offset: number
  /** As the kernel shows it; empty for anonymous memory. */
  readonly path: string
}

/** The process number, and when it began: together they mean one process for ever. */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks since the machine's start. */
  readonly started: string
}

/** Who has the number now; undefined when nobody has. */
function identify(pid: number): ProcessIdentity | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const started = fields[19]
    if (started === undefined || fields[0] === 'Z' || fields[0] === 'X') return undefined
    return { pid, started }
  } catch {
    return undefined
  }
}

export class ProcessMemory {
  readonly identity: ProcessIdentity
  readonly #file: number
  #closed = false

  private constructor(identity: ProcessIdentity, file: number) {
    this.identity = identity
    this.#file = file
  }

  /** Opens the process; `started`, where given, must be its own. */
  static open(pid: number, started?: string): ProcessMemory {
    const before = identify(pid)
    if (before === undefined) throw new InputError('process/none', `there is no process ${pid}`)
    if (started !== undefined && started !== before.started) throw another(pid, started, before.started)
    checkIsWhole(pid)
    const file = openMemory(pid)
    const after = identify(pid)
    if (after?.started !== before.started) {
      closeSync(file)
      throw another(pid, before.started, after?.started ?? 'none')
    }
    return new ProcessMemory(before, file)
  }

  /** Throws when the process has ended. */
  checkAlive(): void {
    const { pid, started } = this.identity
    const now = identify(pid)
    if (now === undefined) throw new InputError('process/ended', `process ${pid} has ended`)
    if (now.started !== started) throw another(pid, started, now.started)
  }

  read(address: number, length: number): Uint8Array {
    if (length > MOST_READ) throw unreadable(address, length, this.identity)
    const bytes = new Uint8Array(length)
    let got = 0
    try {
      while (got < length) {
        const part = readSync(this.#file, bytes, got, length - got, address + got)
        if (part === 0) break
        got += part
      }
    } catch {
      // Told below, together with a short read.
    }
    if (got < length) {
      this.checkAlive()
      throw unreadable(address, length, this.identity)
    }
    return bytes
  }

  write(address: number, bytes: Uint8Array): void {
    let done = 0
    try {
      while (done < bytes.length) {
        const part = writeSync(this.#file, bytes, done, bytes.length - done, address + done)
        if (part === 0) break
        done += part
      }
    } catch {
      // Told below, together with a short write.
    }
    if (done === bytes.length) return
    this.checkAlive()
    throw new InputError(
      'process/not-writable',
      `${bytes.length} bytes at ${hex(address)} of process ${this.identity.pid} cannot be written`,
      'the kernel may forbid writing to read-only memory through /proc/PID/mem (proc_mem.force_override)',
    )
  }

  /** The process's number as it sees it itself, in the innermost namespace. */
  innerPid(): number {
    const { pid } = this.identity
    const text = readStatus(`/proc/${pid}`)
    return Number(/^NSpid:.*?(\d+)$/m.exec(text)?.[1] ?? pid)
  }

  mappings(): readonly Mapping[] {
    return parseMappings(readFileSync(`/proc/${this.identity.pid}/maps`, 'latin1'))
  }

  /** The program's own file, readable even when its name is gone. */
  programFile(): { readonly path: string; readonly name: string } {
    const path = `/proc/${this.identity.pid}/exe`
    return { path, name: readlinkSync(path) }
  }

  close(): void {
    // A second close could hit a file that got the number meanwhile.
    if (this.#closed) return
    this.#closed = true
    closeSync(this.#file)
  }
}

/** /proc has folders for threads too, under other names than the process's: tools would not meet there. */
function checkIsWhole(pid: number): void {
  const process = Number(/^Tgid:\s*(\d+)$/m.exec(readStatus(`/proc/${pid}`))?.[1] ?? pid)
  if (process === pid) return
  throw new InputError('process/number', `${pid} is a thread of process ${process}`, `write process:${process}`)
}

/** Empty where the process has ended. */
function readStatus(folder: string): string {
  try {
    return readFileSync(`${folder}/status`, 'latin1')
  } catch {
    return ''
  }
}

function openMemory(pid: number): number {
  try {
    return openSync(`/proc/${pid}/mem`, 'r+')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new InputError(
      'process/no-permission',
      `the memory of process ${pid} cannot be opened: ${reason}`,
      'it takes the rights of a debugger: the same user, or root (CAP_SYS_PTRACE); see also kernel.yama.ptrace_scope',
    )
  }
}

/** More than any part of a payload, or of a function, has. */
const MOST_READ = 256 * 2 ** 20

const unreadable = (address: number, length: number, { pid }: ProcessIdentity) =>
  new InputError('process/not-mapped', `${length} bytes at ${hex(address)} of process ${pid} cannot be read`)

const another = (pid: number, asked: string, found: string) =>
  new InputError(
    'process/another',
    `the process ID ${pid} was reused: it began at ${found}, not ${asked}`,
    'look it up again (pidof, or systemctl show -p MainPID)',
  )

const LINE = /^([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ \d+ *(.*)$/

function parseMappings(text: string): readonly Mapping[] {
  return text.split('\n').flatMap(line => {
    const [, start, end, access, offset, path] = LINE.exec(line) ?? []
    if (start === undefined || end === undefined || access === undefined || offset === undefined) return []
    const number = (digits: string) => Number.parseInt(digits, 16)
    return [{ start: number(start), end: number(end), access, offset: number(offset), path: path ?? '' }]
  })
}

export const hex = (address: number): string => `0x${address.toString(16)}`
