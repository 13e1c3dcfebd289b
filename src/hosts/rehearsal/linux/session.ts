/**
 * A booted kernel, asked by system calls of its first process. A result is what the kernel gave: zero or more for success, a
 * negative errno otherwise. Exceptions are MachineLost (it crashed, or did not answer), and the caller's signal.
 */
import { EINTR, ENOENT, ETIMEDOUT } from '../../abi/errno.ts'
import { describeHolder, readHolder, replacedIn } from '../../linux/holders.ts'
import { Caller, type SessionLimits } from '../caller.ts'
import { bootMachine } from '../machine.ts'
import type { BootOptions } from '../model.ts'
import { type Argument, buffer, cString, type GuestBuffer, pointerTo, record, u64 } from '../record.ts'
import type { SystemSession } from '../system.ts'
import { readKernelFile } from './kernel-file.ts'

/** Numbers of x86-64: arch/x86/entry/syscalls/syscall_64.tbl. */
const CALL = { read: 0, write: 1, open: 2, close: 3, unlink: 87, deleteModule: 176, getdents64: 217, finitModule: 313 }
/** No system call: rehearsal/linux/cpu.h. */
const RUN_PROGRAM = 0x10000

const READ_ONLY = 0
const WRITE_ONLY = 1
const CREATED = 0o100
const EMPTIED = 0o1000
const NON_BLOCKING = 0o4000

const PIECE = 64 * 1024
const LARGEST_PIECE = 2 * 1024 * 1024
const MOST_READ = 16 * 1024 * 1024
const POLL_NAP_MS = 5

const FOLDER = '/sys/kernel/livepatch'
const PAYLOAD = '/tmp/payload'
const PROGRAM = '/tmp/program'
const OUTPUT = '/tmp/output'

export interface FileContent {
  /** How many bytes, or a negative errno. */
  readonly result: number
  readonly bytes: Uint8Array
}

export type PatchState = 'enabled' | 'disabled' | 'transition' | 'loaded' | 'absent'

export interface Ended {
  /** A negative errno where it could not be run; else its exit status, 128 and the signal's number where it was killed. */
  readonly result: number
  readonly output: Uint8Array
}

export async function startKernel(options: BootOptions, limits: SessionLimits): Promise<KernelSession> {
  options.signal?.throwIfAborted()
  const machine = await bootMachine(readKernelFile(options.hypervisor), options, limits.boot)
  return new KernelSession(new Caller(machine, limits))
}

export class KernelSession implements SystemSession {
  readonly #caller: Caller

  constructor(caller: Caller) {
    this.#caller = caller
  }

  get bootTime(): number {
    return this.#caller.machine.bootTime
  }

  get console() {
    return this.#caller.machine.console
  }

  nap(milliseconds: number): Promise<void> {
    return this.#caller.nap(milliseconds)
  }

  takeLines(): string[] {
    return this.#caller.machine.takeLines()
  }

  close(): Promise<void> {
    return this.#caller.machine.stop()
  }

  /** At most 16 MiB of a file. */
  async read(path: string): Promise<FileContent> {
    const file = await this.#call(CALL.open, cString(path), BigInt(READ_ONLY))
    if (file < 0) return { result: file, bytes: new Uint8Array() }
    const pieces: Uint8Array[] = []
    let size = 0
    let last = 1
    while (last > 0 && size < MOST_READ) {
      const room = buffer(new Uint8Array(PIECE))
      const answer = await this.#caller.call(BigInt(CALL.read), [BigInt(file), room, BigInt(PIECE)])
      last = Number(answer.result)
      if (last > 0) pieces.push(answer.contents(room).slice(0, last))
      size += Math.max(last, 0)
    }
    await this.#call(CALL.close, BigInt(file))
    return { result: last < 0 ? last : size, bytes: Buffer.concat(pieces) }
  }

  /** Writes to a file that is there, or to a new one with the permissions of `mode`. */
  async write(path: string, bytes: Uint8Array, mode?: number): Promise<number> {
    const how = WRITE_ONLY | (mode === undefined ? 0 : CREATED | EMPTIED)
    const file = await this.#call(CALL.open, cString(path), BigInt(how), BigInt(mode ?? 0))
    if (file < 0) return file
    let done = 0
    let last = 1
    while (last > 0 && done < bytes.length) {
      const piece = bytes.subarray(done, done + LARGEST_PIECE)
      last = await this.#call(CALL.write, BigInt(file), buffer(piece), BigInt(piece.length))
      done += Math.max(last, 0)
    }
    await this.#call(CALL.close, BigInt(file))
    return last < 0 ? last : done
  }

  /** As insmod does it. */
  async load(payload: Uint8Array): Promise<number> {
    const written = await this.write(PAYLOAD, payload, 0o600)
    if (written < 0) return written
    const file = await this.#call(CALL.open, cString(PAYLOAD), BigInt(READ_ONLY))
    if (file < 0) return file
    const result = await this.#call(CALL.finitModule, BigInt(file), cString(''), 0n)
    await this.#call(CALL.close, BigInt(file))
    await this.#call(CALL.unlink, cString(PAYLOAD))
    return result
  }

  unload(name: string): Promise<number> {
    return this.#call(CALL.deleteModule, cString(name), BigInt(NON_BLOCKING))
  }

  /** Names of live patches; undefined with the errno where there is no live patching. */
  list(): Promise<{ readonly result: number; readonly names: readonly string[] }> {
    return this.folder(FOLDER)
  }

  async folder(path: string): Promise<{ readonly result: number; readonly names: readonly string[] }> {
    const file = await this.#call(CALL.open, cString(path), BigInt(READ_ONLY))
    if (file < 0) return { result: file, names: [] }
    const names: string[] = []
    for (;;) {
      const room = buffer(new Uint8Array(PIECE))
      const answer = await this.#caller.call(BigInt(CALL.getdents64), [BigInt(file), room, BigInt(PIECE)])
      if (answer.result <= 0n) break
      names.push(...namesIn(answer.contents(room).subarray(0, Number(answer.result))))
    }
    await this.#call(CALL.close, BigInt(file))
    return { result: 0, names: names.filter(name => name !== '.' && name !== '..').sort() }
  }

  async stateOf(name: string): Promise<PatchState> {
    const [enabled, transition] = [await this.#word(name, 'enabled'), await this.#word(name, 'transition')]
    if (transition === '1') return 'transition'
    if (enabled !== undefined) return enabled === '1' ? 'enabled' : 'disabled'
    const { result } = await this.read(`/sys/module/${name}/initstate`)
    return result < 0 ? 'absent' : 'loaded'
  }

  /** `on` or off; the tasks follow one by one, which `transition` waits for. */
  async enable(name: string, on: boolean): Promise<number> {
    return Math.min(0, await this.write(`${FOLDER}/${name}/enabled`, Buffer.from(on ? '1' : '0')))
  }

  /**
   * Until all tasks are in the same code, or nobody uses a module that is disabled: 0. -ETIMEDOUT with the tasks that are not,
   * where that takes longer.
   */
  async transition(name: string, timeoutMs: number): Promise<{ readonly result: number; readonly holding: string[] }> {
    const end = performance.now() + timeoutMs
    for (;;) {
      const state = await this.stateOf(name)
      if (state === 'absent') return { result: ENOENT, holding: [] }
      if (state === 'enabled' || (state === 'loaded' && (await this.#isUnused(name)))) return { result: 0, holding: [] }
      if (performance.now() > end) return { result: ETIMEDOUT, holding: await this.#holding(name) }
      await this.nap(POLL_NAP_MS)
    }
  }

  async run(program: Uint8Array, words: readonly string[]): Promise<Ended> {
    // Where one that was run before has left something behind, its file cannot be written to.
    await this.#call(CALL.unlink, cString(PROGRAM))
    const written = await this.write(PROGRAM, program, 0o700)
    if (written < 0) return { result: written, output: new Uint8Array() }
    const why = buffer(new Uint8Array(4))
    const environment = ['PATH=/', 'HOME=/', 'TERM=dumb']
    const args = [cString(PROGRAM), pointers(words), pointers(environment), cString(OUTPUT), why]
    const answer = await this.#caller.call(BigInt(RUN_PROGRAM), args)
    const status = Number(answer.result)
    const errno = Buffer.from(answer.contents(why)).readInt32LE()
    const { bytes } = await this.read(OUTPUT)
    if (errno !== 0) return { result: -errno, output: new Uint8Array() }
    return { result: status < 0 ? status : endOf(status), output: bytes }
  }

  async #isUnused(name: string): Promise<boolean> {
    return textOf((await this.read(`/sys/module/${name}/refcnt`)).bytes) === '0'
  }

  async #word(name: string, file: string): Promise<string | undefined> {
    const { result, bytes } = await this.read(`${FOLDER}/${name}/${file}`)
    return result < 0 ? undefined : textOf(bytes)
  }

  /** Tasks in the other code than the one that all are to come to. */
  async #holding(name: string): Promise<string[]> {
    const wanted = await this.#word(name, 'enabled')
    const tasks = (await this.folder('/proc')).names.filter(entry => /^\d+$/.test(entry))
    const replaced = await this.#replaced(name)
    const holding: string[] = []
    for (const task of tasks) {
      const [state, stat, stack] = await this.#texts([
        `/proc/${task}/patch_state`,
        `/proc/${task}/stat`,
        `/proc/${task}/stack`,
      ])
      if (state === '-1' || state === wanted) continue
      const holder = readHolder({ task, stat: stat ?? '', stack: stack ?? '' })
      if (holder !== undefined) holding.push(describeHolder(holder, replaced))
    }
    return holding
  }

  async #replaced(name: string): Promise<ReadonlySet<string>> {
    const folders: string[] = []
    for (const object of (await this.folder(`${FOLDER}/${name}`)).names)
      folders.push(...(await this.folder(`${FOLDER}/${name}/${object}`)).names)
    return replacedIn(folders)
  }

  async #texts(files: readonly string[]): Promise<readonly string[]> {
    const texts: string[] = []
    for (const file of files) texts.push(textOf((await this.read(file)).bytes))
    return texts
  }

  async #call(number: number, ...args: readonly Argument[]): Promise<number> {
    for (;;) {
      const result = Number((await this.#caller.call(BigInt(number), args)).result)
      if (result !== EINTR) return result
    }
  }
}

export const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8').trimEnd()

const pointers = (words: readonly string[]): GuestBuffer =>
  record(...words.map(word => pointerTo(cString(word))), u64(0))

/** As wait4 tells it: the signal in seven bits, the exit status above eight. */
const endOf = (status: number) => ((status & 0x7f) === 0 ? status >> 8 : 128 + (status & 0x7f))

const RECORD_SIZE = 16
const RECORD_NAME = 19

/** Of struct linux_dirent64: a size of two bytes at 16, a name with a NUL at 19. */
function namesIn(bytes: Uint8Array): readonly string[] {
  const all = Buffer.from(bytes)
  const names: string[] = []
  for (let at = 0; at + RECORD_NAME < all.length; ) {
    const size = all.readUInt16LE(at + RECORD_SIZE)
    if (size === 0) break
    names.push(all.toString('utf8', at + RECORD_NAME, all.indexOf(0, at + RECORD_NAME)))
    at += size
  }
  return names
}
