/**
 * A booted system with our guest on it, which carries out one request at a time.
 *
 * A request goes through the mailbox; its answer is a line on the console, so that everything the system printed
 * because of it has arrived before. The system may go down at any moment. Then the request in flight
 * fails with MachineLost, and so does every later one: QEMU is stopped at once, because a system that
 * faults in its fault handler prints millions of lines.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { cacheFolder } from '../../system/cache.ts'
import { inPrivatePlace, removeAbandoned } from '../../system/private-place.ts'
import type { Board } from './board.ts'
import type { BoundedLines, ConsoleEvent } from './console.ts'
import { createBoundedLines, createConsoleReader, downfallIn, isLastWord } from './console.ts'
import type { Emulator, EmulatorEnd } from './emulator.ts'
import { emulatorError, startEmulator } from './emulator.ts'
import { provideGuest } from './guest.ts'
import type { MachineRequest, Mailbox } from './mailbox.ts'
import { createMailbox } from './mailbox.ts'
import type { BootOptions, Downfall } from './model.ts'
import { startPatience } from './patience.ts'
import type { GuestBuffer } from './record.ts'

/** The machine is gone; thrown by whatever was asked of it. Not an error of input: what was rehearsed did it. */
export class MachineLost extends Error {
  override readonly name = 'MachineLost'
  readonly downfall: Downfall

  constructor(downfall: Downfall) {
    super(downfall.sign)
    this.downfall = downfall
  }
}

export interface Answer {
  readonly result: bigint
  /** What a buffer of the request holds now. */
  contents(buffer: GuestBuffer): Uint8Array
}

export interface Machine {
  /** Milliseconds from QEMU's start to our guest's. */
  readonly bootTime: number
  /** The whole console, its beginning and its end. */
  readonly console: BoundedLines
  ask(request: MachineRequest, timeoutMs: number): Promise<Answer>
  /** The console's lines since the last call. */
  takeLines(): string[]
  stop(): Promise<void>
}

const HEARTBEAT_MS = 1000
/** How long and how much a system that goes down may still say. */
const LAST_WORDS_MS = 300
const LAST_WORDS_LINES = 100
const FAULT_LOOP_STEP = 25
const KEPT_LINES = 60

/** What waits for the machine: its boot (request 0), or an answer. */
interface Waiting {
  readonly request: number
  resolve(): void
  reject(error: unknown): void
}

export interface Bootable {
  readonly image: Uint8Array
  readonly board: Board
}

/** Boots `bootable` and returns when our guest is ready. Beyond `timeoutMs` it counts as hung: MachineLost. */
export async function bootMachine(
  { image, board }: Bootable,
  options: BootOptions,
  timeoutMs: number,
): Promise<Machine> {
  const cache = options.cacheFolder ?? cacheFolder()
  await removeAbandoned(cache)
  const guest = board.guest.booted(readFileSync(provideGuest(board, cache)))
  // When it has booted, QEMU has read or mapped what it needs.
  return inPrivatePlace(cache, async folder => {
    writeFileSync(join(folder, 'system'), image)
    writeFileSync(join(folder, 'guest'), guest)
    const mailbox = createMailbox(join(folder, 'mailbox'), board.shared, options.patienceMs)
    options.onBoot?.()
    const machine = new RunningMachine({ board, mailbox, folder }, options)
    await machine.boot(timeoutMs)
    return machine
  })
}

interface Parts {
  readonly board: Board
  readonly mailbox: Mailbox
  /** QEMU runs in it. */
  readonly folder: string
}

class RunningMachine implements Machine {
  bootTime = 0
  readonly console = createBoundedLines(200, 600)
  private recent = createBoundedLines(100, 100)
  private readonly read = createConsoleReader()
  private readonly emulator: Emulator
  private readonly heart: NodeJS.Timeout
  private readonly ended: Promise<void>
  private waiting: Waiting | undefined
  /** Why every request fails from now on. */
  private over: unknown
  private sign: Pick<Downfall, 'kind' | 'sign'> | undefined
  private linesSinceSign = 0
  private closed = false
  private readonly started = performance.now()
  private readonly mailbox: Mailbox
  private readonly options: BootOptions
  private readonly board: Board
  private readonly program: string
  private readonly abort = () => this.finish(this.options.signal?.reason)

  constructor({ board, mailbox, folder }: Parts, options: BootOptions) {
    this.mailbox = mailbox
    this.options = options
    this.board = board
    this.program = options.emulator ?? board.emulator
    this.emulator = startEmulator({
      board,
      emulator: this.program,
      cpus: options.cpus ?? 1,
      cpuModel: options.cpuModel ?? board.cpuModel,
      bootWords: options.bootWords ?? [],
      folder,
    })
    this.emulator.onOutput(chunk => {
      for (const event of this.read(chunk)) this.handle(event)
    })
    this.ended = new Promise(resolve => {
      this.emulator.onEnd(why => {
        this.handleEnd(why)
        resolve()
      })
    })
    options.signal?.addEventListener('abort', this.abort)
    this.heart = setInterval(() => mailbox.beat(), HEARTBEAT_MS)
    this.heart.unref()
  }

  async boot(timeoutMs: number): Promise<void> {
    try {
      await this.wait(0, timeoutMs)
    } catch (error) {
      await this.stop()
      const crashed = error instanceof MachineLost && error.downfall.kind === 'crashed'
      throw crashed ? bootFailure(this.options.hypervisor, this.board, error.downfall) : error
    }
    this.bootTime = performance.now() - this.started
  }

  async ask(request: MachineRequest, timeoutMs: number): Promise<Answer> {
    if (this.over !== undefined) throw this.over
    await this.wait(this.mailbox.post(request), timeoutMs)
    if (this.over !== undefined) throw this.over
    return { result: this.mailbox.result(), contents: buffer => this.mailbox.contents(buffer) }
  }

  takeLines(): string[] {
    const lines = this.recent.lines()
    this.recent = createBoundedLines(100, 100)
    return lines
  }

  async stop(): Promise<void> {
    this.finish(new MachineLost({ kind: 'crashed', sign: 'the machine was stopped', lines: [] }))
    await this.ended
    if (!this.closed) this.mailbox.close()
    this.closed = true
  }

  private wait(request: number, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const takeBack = startPatience(timeoutMs, () => {
        const sign = `no answer within ${Math.round(timeoutMs)} ms`
        this.finish(new MachineLost({ kind: 'hung', sign, lines: this.console.last(KEPT_LINES) }))
      })
      const settle = (action: () => void) => {
        takeBack()
        this.waiting = undefined
        action()
      }
      this.waiting = {
        request,
        resolve: () => settle(resolve),
        reject: error => settle(() => reject(error)),
      }
      if (this.over !== undefined) this.waiting.reject(this.over)
    })
  }

  private handle(event: ConsoleEvent): void {
    if (event.kind === 'line') this.handleLine(event.text)
    else if (event.kind === 'lost')
      this.finish(new InputError('rehearse/no-boot', `the ${this.board.words.guest} gave up: ${event.why}`))
    else if (event.kind === 'mailbox') this.mailbox.open(event.page)
    else this.handleAnswer(event.kind === 'ready' ? 0 : event.request)
  }

  private handleAnswer(request: number): void {
    // Not from a system that is going down, and not from a payload that prints what our guest would.
    if (this.sign !== undefined || this.over !== undefined || this.mailbox.completed() !== request) return
    if (this.waiting?.request === request) this.waiting.resolve()
  }

  private handleLine(line: string): void {
    if (this.over !== undefined) return
    this.console.add(line)
    this.recent.add(line)
    this.options.onLine?.(line)
    const { signs } = this.board
    if (this.sign === undefined) {
      const kind = downfallIn(line, signs)
      if (kind === undefined) return
      this.sign = { kind, sign: line }
      setTimeout(() => this.finishDown(), LAST_WORDS_MS)
    }
    this.linesSinceSign += line === this.sign.sign ? FAULT_LOOP_STEP : 1 // the same fault again and again is soon over
    if (isLastWord(line, signs) || this.linesSinceSign > LAST_WORDS_LINES) this.finishDown()
  }

  private handleEnd(why: EmulatorEnd): void {
    const silent = this.console.last(1).length === 0
    const reset = why.status === 0 && !silent
    if (this.sign !== undefined || reset) this.finishDown()
    else this.finish(emulatorError({ board: this.board, emulator: this.program }, why)) // not the system's doing
  }

  private finishDown(): void {
    const { kind, sign } = this.sign ?? {
      kind: 'crashed',
      sign: 'the machine was reset silently (a triple fault?)',
    }
    this.finish(new MachineLost({ kind, sign, lines: this.console.last(KEPT_LINES) }))
  }

  /** Ends everything, once; what waits, and whatever is asked later, fails with `reason`. */
  private finish(reason: unknown): void {
    if (this.over !== undefined) return
    this.over = reason ?? new MachineLost({ kind: 'crashed', sign: 'the machine was stopped', lines: [] })
    clearInterval(this.heart)
    this.options.signal?.removeEventListener('abort', this.abort)
    this.emulator.kill()
    this.waiting?.reject(this.over)
  }
}

function bootFailure(
  hypervisor: string,
  { words: { guest, systemNeeded } }: Board,
  { sign, lines }: Downfall,
): InputError {
  const console = lines.slice(-12).map(line => `  ${line}`)
  return new InputError(
    'rehearse/no-boot',
    [`${hypervisor} did not start the rehearsal's ${guest}: ${sign}`, ...console].join('\n'),
    systemNeeded,
  )
}
