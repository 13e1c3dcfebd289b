/**
 * The agent as the tool sees it: found by its mapping's name, read and written through the process's memory. The tool
 * writes a work and raises one number; from then on the work goes to its end inside the process, with or without us.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { InputError } from '../../base/errors.ts'
import { checkedAnswers, checkedHeader, checkedSlots, checkedWork } from './claims.ts'
import {
  type AgentHeader,
  HEADER_SIZE,
  type KnownState,
  LAYOUT_VERSION,
  readAnswers,
  readHeader,
  readSlots,
  readWork,
  SLOT_SIZE,
  type Slot,
  STATE_OFFSET,
  STEP_SIZE,
  type Step,
  slotBytes,
  stateBytes,
  WORK,
  type WorkOrder,
  type WorkState,
  workBytes,
} from './layout.ts'
import type { ProcessMemory } from './proc.ts'
import { Refused } from './refused.ts'

const MAPPING = /^\/memfd:hotsplice\b/
const POLL_MS = 1
/** How long the agent may take to notice work, and to end it beyond its own time. */
const NOTICE_MS = 5_000
const BEYOND_MS = 20_000
const BIRTH_MS = 500

export interface WorkResult extends WorkState {
  /** False when patience ended before the work did. */
  readonly finished: boolean
}

export class Agent {
  readonly memory: ProcessMemory
  readonly header: AgentHeader

  private constructor(memory: ProcessMemory, header: AgentHeader) {
    this.memory = memory
    this.header = header
  }

  /** Finds the agent of a process; throws when there is none. */
  static find(memory: ProcessMemory): Agent {
    const { pid } = memory.identity
    const mappings = memory.mappings().filter(({ path }) => MAPPING.test(path))
    for (const mapping of mappings) {
      if (mapping.offset !== 0 || mapping.end - mapping.start < HEADER_SIZE) continue
      const header = readHeader(memory.read(mapping.start, HEADER_SIZE))
      if (header === undefined || header.base !== mapping.start) continue
      if (header.version !== LAYOUT_VERSION) {
        throw new InputError(
          'process/agent-version',
          `the agent in process ${pid} speaks version ${header.version}, this tool version ${LAYOUT_VERSION}`,
          'use the hotsplice that the process was started with',
        )
      }
      return new Agent(memory, checkedHeader(header, mapping, mappings))
    }
    throw new InputError(
      'process/no-agent',
      `process ${pid} has no hotsplice agent`,
      'start it with LD_PRELOAD="$(hotsplice agent)", or link agent/hotsplice-agent.c into it',
    )
  }

  slots(): readonly Slot[] {
    const { base, slotsAt, slots } = this.header
    return checkedSlots(readSlots(this.memory.read(base + slotsAt, slots * SLOT_SIZE)), this.header)
  }

  /** Fills an empty slot; the last write, of four bytes, is what makes it exist. */
  fillSlot(index: number, slot: Pick<Slot, 'name' | 'areas' | 'about'>): void {
    const at = this.#slotAt(index)
    this.memory.write(at, slotBytes(slot))
    this.setState(index, 'CHECKED')
  }

  setState(index: number, state: KnownState): void {
    this.memory.write(this.#slotAt(index) + STATE_OFFSET, stateBytes(state))
  }

  work(): WorkState {
    return checkedWork(readWork(this.memory.read(this.header.base + this.header.workAt, WORK.size)), this.header)
  }

  /** Whether a work, perhaps of a tool that is gone, is still under way. */
  isBusy(): boolean {
    const { asked, done } = this.work()
    return asked !== done
  }

  /** Hands a work over and waits for its end. */
  async carryOut(order: WorkOrder, signal?: AbortSignal): Promise<WorkResult> {
    const { base, workAt, workSize } = this.header
    const at = base + workAt
    await this.#born()
    const before = this.work()
    if (before.asked !== before.done) throw new Refused('EBUSY', 'another action is under way')
    const bytes = workBytes(order)
    if (bytes.length + WORK.fields > workSize) throw new Refused('E2BIG', `${bytes.length} bytes of work are too many`)
    this.memory.write(at + WORK.fields, bytes)
    const number = before.asked + 1
    this.memory.write(at + WORK.asked, u64(number))
    return this.#wait(number, order.timeoutMs, signal)
  }

  /** Asks the process's own dynamic linker and resolvers; 0 for what there is not. */
  async ask(steps: readonly Step[], timeoutMs = 1000): Promise<readonly number[]> {
    if (steps.length === 0) return []
    const order = { slot: 0, action: 0, timeoutMs, ranges: [], before: steps, stand: [], after: [] }
    const result = await this.carryOut(order)
    if (!result.finished || result.result !== 0) throw new Refused('EIO', 'the agent did not answer a question')
    const { base, workAt } = this.header
    const bytes = this.memory.read(base + workAt + WORK.steps, steps.length * STEP_SIZE)
    return checkedAnswers(readAnswers(bytes, steps.length))
  }

  /** A child of fork has its parent's agent for a moment, and drops the work it finds when it gets its own. */
  async #born(): Promise<void> {
    const own = this.memory.innerPid()
    const end = performance.now() + BIRTH_MS
    while (performance.now() < end) {
      if (readHeader(this.memory.read(this.header.base, HEADER_SIZE))?.process === own) return
      await sleep(POLL_MS)
    }
  }

  async #wait(number: number, timeoutMs: number, signal: AbortSignal | undefined): Promise<WorkResult> {
    const begun = performance.now()
    let cancelled = false
    for (;;) {
      const now = this.work()
      if (now.done >= number) return { ...now, finished: true }
      const passed = performance.now() - begun
      if (now.taken < number && passed > NOTICE_MS) throw this.#silent()
      if (passed > timeoutMs + BEYOND_MS) return { ...now, finished: false }
      if (signal?.aborted === true && !cancelled) {
        cancelled = true
        this.memory.write(this.header.base + this.header.workAt + WORK.cancel, Uint8Array.of(1, 0, 0, 0))
      }
      await sleep(POLL_MS)
    }
  }

  #silent(): InputError {
    const { pid } = this.memory.identity
    this.memory.checkAlive()
    return new InputError(
      'process/agent-silent',
      `the agent in process ${pid} does not take work`,
      'a process that is stopped (SIGSTOP) or frozen goes on with it later: `hotsplice list` tells what came of it',
    )
  }

  #slotAt(index: number): number {
    const { base, slotsAt } = this.header
    return base + slotsAt + index * SLOT_SIZE
  }
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true)
  return bytes
}
