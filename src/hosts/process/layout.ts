/**
 * What the tool and the agent agree on: agent/hotsplice-agent.h, field by field. Offsets are in bytes, numbers are
 * little-endian. A change here is a change there, with a new version.
 */
import { InternalError } from '../../base/errors.ts'
import { STRETCHES, type Stretch } from '../abi/stretches.ts'

export const MAGIC = 0x314543494c505348n // "HSPLICE1"
export const LAYOUT_VERSION = 1
export const HEADER_SIZE = 256
export const SLOT_SIZE = 256
export const NAME_SIZE = 128
export const STEP_SIZE = 64
/** Most bytes that one step replaces. */
export const PIECE = 16
/** Most bytes that one step compares. */
export const CHECK_PIECE = 32

export const POOLS = STRETCHES
export type Pool = Stretch

export interface Area {
  readonly address: number
  readonly length: number
}
export type Areas = Readonly<Record<Pool, Area>>

/** The head of the state block. */
export interface AgentHeader {
  readonly version: number
  readonly process: number
  readonly base: number
  readonly size: number
  readonly pools: Areas
  readonly slots: number
  readonly slotSize: number
  readonly slotsAt: number
  readonly workAt: number
  readonly workSize: number
  /** Thread number; 0 when there is none. */
  readonly worker: number
  readonly beats: number
}

export type SlotState = 'empty' | 'CHECKED' | 'APPLIED' | 'unknown'
const SLOT_STATES = { empty: 0, CHECKED: 1, APPLIED: 2 } as const
/** Those that a slot can be brought into. */
export type KnownState = keyof typeof SLOT_STATES
const STATE_NAMES: readonly SlotState[] = ['empty', 'CHECKED', 'APPLIED']

export interface Slot {
  readonly index: number
  readonly name: string
  readonly state: SlotState
  readonly result: number
  readonly order: number
  /** How often it was applied. */
  readonly applied: number
  readonly areas: Areas
  readonly about: Area
}

const OFFSET = { state: 128, result: 132, order: 136, applied: 140, areas: 144, about: 192, aboutLength: 200 } as const
export const STATE_OFFSET = OFFSET.state

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
const u64 = (view: DataView, at: number) => Number(view.getBigUint64(at, true))

/** Undefined when the bytes are no state block. */
export function readHeader(bytes: Uint8Array): AgentHeader | undefined {
  const view = viewOf(bytes)
  if (bytes.length < HEADER_SIZE || view.getBigUint64(0, true) !== MAGIC) return undefined
  return {
    version: view.getUint32(8, true),
    process: view.getUint32(12, true),
    base: u64(view, 16),
    size: u64(view, 24),
    pools: readAreas(view, 32),
    slots: view.getUint32(80, true),
    slotSize: view.getUint32(84, true),
    slotsAt: view.getUint32(88, true),
    workAt: view.getUint32(92, true),
    workSize: view.getUint32(96, true),
    worker: view.getUint32(100, true),
    beats: u64(view, 104),
  }
}

function readAreas(view: DataView, at: number): Areas {
  const area = (index: number) => ({ address: u64(view, at + 16 * index), length: u64(view, at + 16 * index + 8) })
  return { code: area(0), readOnly: area(1), writable: area(2) }
}

export function readSlots(bytes: Uint8Array): readonly Slot[] {
  return Array.from({ length: Math.floor(bytes.length / SLOT_SIZE) }, (_, index) => {
    const slot = bytes.subarray(index * SLOT_SIZE, (index + 1) * SLOT_SIZE)
    const view = viewOf(slot)
    const state = view.getUint32(OFFSET.state, true)
    const end = slot.indexOf(0)
    return {
      index,
      name: Buffer.from(slot.subarray(0, Math.min(end === -1 ? NAME_SIZE : end, NAME_SIZE))).toString('utf8'),
      state: STATE_NAMES[state] ?? 'unknown',
      result: view.getInt32(OFFSET.result, true),
      order: view.getUint32(OFFSET.order, true),
      applied: view.getUint32(OFFSET.applied, true),
      areas: readAreas(view, OFFSET.areas),
      about: { address: u64(view, OFFSET.about), length: view.getUint32(OFFSET.aboutLength, true) },
    }
  })
}

/** A new slot's bytes, still empty by its state: one last small write makes it CHECKED. */
export function slotBytes(slot: Pick<Slot, 'name' | 'areas' | 'about'>): Uint8Array {
  const bytes = new Uint8Array(SLOT_SIZE)
  const view = viewOf(bytes)
  bytes.set(new TextEncoder().encode(slot.name).subarray(0, NAME_SIZE - 1))
  for (const [index, pool] of POOLS.entries()) {
    view.setBigUint64(OFFSET.areas + 16 * index, BigInt(slot.areas[pool].address), true)
    view.setBigUint64(OFFSET.areas + 16 * index + 8, BigInt(slot.areas[pool].length), true)
  }
  view.setBigUint64(OFFSET.about, BigInt(slot.about.address), true)
  view.setUint32(OFFSET.aboutLength, slot.about.length, true)
  return bytes
}

export function stateBytes(state: KnownState): Uint8Array {
  const bytes = new Uint8Array(4)
  viewOf(bytes).setUint32(0, SLOT_STATES[state], true)
  return bytes
}

export type Step =
  | { readonly kind: 'write'; readonly address: number; readonly before: Uint8Array; readonly after: Uint8Array }
  | { readonly kind: 'check'; readonly address: number; readonly bytes: Uint8Array }
  | { readonly kind: 'hook' | 'veto'; readonly address: number; readonly slot: number }
  | { readonly kind: 'slot'; readonly slot: number; readonly state: KnownState; readonly order: number }
  | { readonly kind: 'wipe'; readonly slot: number }
  /** `address` is that of a name; the answer is found in the step afterwards. */
  | { readonly kind: 'find' | 'call'; readonly address: number }

const KINDS: Readonly<Record<Step['kind'], number>> = {
  write: 1,
  check: 2,
  hook: 3,
  veto: 4,
  slot: 5,
  find: 6,
  call: 7,
  wipe: 8,
}
const CHAINED = 1
const ARGUMENT = 48

export interface WorkOrder {
  readonly slot: number
  /** 0 for questions, which leave the slot's result alone. */
  readonly action: number
  readonly timeoutMs: number
  readonly ranges: readonly { readonly start: number; readonly end: number }[]
  readonly before: readonly Step[]
  readonly stand: readonly Step[]
  readonly after: readonly Step[]
}

/** Where the fields of a work are that the tool writes; `asked` comes last and by itself. */
export const WORK = { asked: 0, fields: 28, cancel: 80, steps: 256, size: 256 } as const

/** The bytes from `WORK.fields` on; `chained` steps change what an earlier step has changed. */
export function workBytes(order: WorkOrder): Uint8Array {
  const { ranges, before, stand, after } = order
  const rangeAt = WORK.steps
  const beforeAt = rangeAt + 16 * ranges.length
  const standAt = beforeAt + STEP_SIZE * before.length
  const afterAt = standAt + STEP_SIZE * stand.length
  const whole = new Uint8Array(afterAt + STEP_SIZE * after.length)
  const view = viewOf(whole)
  view.setBigUint64(32, BigInt(Math.round(order.timeoutMs * 1e6)), true)
  const words = [order.slot, order.action, ranges.length, rangeAt, before.length, beforeAt, stand.length, standAt]
  for (const [index, word] of [...words, after.length, afterAt].entries()) view.setUint32(40 + 4 * index, word, true)
  for (const [index, { start, end }] of ranges.entries()) {
    view.setBigUint64(rangeAt + 16 * index, BigInt(start), true)
    view.setBigUint64(rangeAt + 16 * index + 8, BigInt(end), true)
  }
  for (const [steps, at] of [
    [before, beforeAt],
    [stand, standAt],
    [after, afterAt],
  ] as const) {
    const touched = new Set<number>()
    for (const [index, step] of steps.entries()) {
      whole.set(stepBytes(step, touched), at + STEP_SIZE * index)
    }
  }
  return whole.subarray(WORK.fields)
}

function stepBytes(step: Step, touched: Set<number>): Uint8Array {
  const bytes = new Uint8Array(STEP_SIZE)
  const view = viewOf(bytes)
  view.setUint32(0, KINDS[step.kind], true)
  if ('address' in step) view.setBigUint64(8, BigInt(step.address), true)
  if ('slot' in step) view.setUint16(56, step.slot, true)
  switch (step.kind) {
    case 'write': {
      const { address, before, after } = step
      if (before.length !== after.length || before.length > PIECE) {
        throw new InternalError(`a step of ${before.length} and ${after.length} bytes`)
      }
      view.setUint32(4, before.length, true)
      bytes.set(before, 16)
      bytes.set(after, 32)
      if (overlaps(touched, address, before.length)) view.setUint16(58, CHAINED, true)
      for (let at = 0; at < before.length; at++) touched.add(address + at)
      return bytes
    }
    case 'check':
      if (step.bytes.length > CHECK_PIECE) throw new InternalError(`a check of ${step.bytes.length} bytes`)
      view.setUint32(4, step.bytes.length, true)
      bytes.set(step.bytes, 16)
      if (overlaps(touched, step.address, step.bytes.length)) view.setUint16(58, CHAINED, true)
      return bytes
    case 'slot':
      view.setUint32(60, SLOT_STATES[step.state], true)
      view.setBigUint64(ARGUMENT, BigInt(step.order), true)
      return bytes
    default:
      return bytes
  }
}

function overlaps(touched: ReadonlySet<number>, address: number, length: number): boolean {
  for (let at = 0; at < length; at++) if (touched.has(address + at)) return true
  return false
}

export type Obstacle =
  | 'none'
  | 'inside'
  | 'late'
  | 'bytes'
  | 'write'
  | 'hook'
  | 'slow-hook'
  | 'tasks'
  | 'many'
  | 'cancelled'
  | 'forked'
  | 'stack'
  | 'signal'
  | 'unknown'

const OBSTACLES: readonly Obstacle[] = [
  'none',
  'inside',
  'late',
  'bytes',
  'write',
  'hook',
  'slow-hook',
  'tasks',
  'many',
  'cancelled',
  'forked',
  'stack',
  'signal',
]

/** How a work stands. */
export interface WorkState {
  readonly asked: number
  readonly taken: number
  readonly done: number
  readonly result: number
  readonly slot: number
  readonly action: number
  readonly attempts: number
  readonly why: Obstacle
  readonly thread: number
  readonly place: number
  readonly stoodMs: number
  readonly threads: number
  /** What held the address that was in the way; an older agent does not tell. */
  readonly spot: Spot
  /** How many attempts ended at the same word of the same thread, the last ones in a row. */
  readonly same: number
}

export type Spot =
  | { readonly in: 'unknown' | 'code' }
  | { readonly in: 'register'; readonly name: string }
  /** The word's own address, and the thread's stack pointer. */
  | { readonly in: 'stack'; readonly word: number; readonly top: number }

/** As <sys/ucontext.h> numbers them (REG_R8 to REG_RCX). */
const REGISTERS = 'r8 r9 r10 r11 r12 r13 r14 r15 rdi rsi rbp rbx rdx rax rcx'.split(' ')

function readSpot(view: DataView): Spot {
  const name = REGISTERS[view.getUint32(140, true)]
  switch (view.getUint32(136, true)) {
    case 1:
      return { in: 'code' }
    case 2:
      return name === undefined ? { in: 'unknown' } : { in: 'register', name }
    case 3:
      return { in: 'stack', word: u64(view, 120), top: u64(view, 128) }
    default:
      return { in: 'unknown' }
  }
}

export function readWork(bytes: Uint8Array): WorkState {
  const view = viewOf(bytes)
  return {
    asked: u64(view, 0),
    taken: u64(view, 8),
    done: u64(view, 16),
    result: view.getInt32(24, true),
    slot: view.getUint32(40, true),
    action: view.getUint32(44, true),
    attempts: view.getUint32(84, true),
    why: OBSTACLES[view.getUint32(88, true)] ?? 'unknown',
    thread: view.getUint32(92, true),
    place: u64(view, 96),
    stoodMs: u64(view, 104) / 1e6,
    threads: view.getUint32(112, true),
    spot: readSpot(view),
    same: view.getUint32(144, true),
  }
}

/** The answers of `find` and `call` steps: 0 where there was none. */
export function readAnswers(bytes: Uint8Array, count: number): readonly number[] {
  const view = viewOf(bytes)
  return Array.from({ length: count }, (_, index) => u64(view, STEP_SIZE * index + ARGUMENT))
}
