/**
 * What an action does to the process, as a work for the agent. The steps are in the order in which Xen does them:
 * hooks, jumps, state. All bytes that are written are read first, so that the agent can tell if something changed.
 */
import type { ActionName } from '../host.ts'
import { type About, type AboutFunction, SAVED_SIZE } from './about.ts'
import { PIECE, type Slot, type Step, type WorkOrder } from './layout.ts'
import type { ProcessMemory } from './proc.ts'

/** A payload that is in the process. */
export interface Resident {
  readonly slot: Slot
  readonly about: About
}

/** What to write before the agent gets the work: it changes nothing that runs. */
export interface Plan {
  readonly order: WorkOrder
  readonly writes: readonly { readonly address: number; readonly bytes: Uint8Array }[]
}

export interface PlanContext {
  readonly memory: ProcessMemory
  /** Those that are applied, lowest first. */
  readonly stack: readonly Resident[]
  readonly timeoutMs: number
}

const ACTIONS: Readonly<Record<ActionName, number>> = { unload: 1, revert: 2, apply: 3, replace: 4 }

export function planAction(action: ActionName, target: Resident, context: PlanContext): Plan {
  const text = new VirtualText(context.memory)
  const { stack, timeoutMs } = context
  const slot = target.slot.index
  const base = { slot, action: ACTIONS[action], timeoutMs }
  switch (action) {
    case 'unload':
      return {
        order: { ...base, ranges: [codeOf(target)], before: [], stand: [{ kind: 'wipe', slot }], after: [] },
        writes: [],
      }
    case 'revert':
      return {
        order: {
          ...base,
          ranges: [codeOf(target)],
          before: hooks(target, 'prerevert', 'veto'),
          stand: [...revertSteps(target, text), stateStep(target, 'CHECKED', 0)],
          after: hooks(target, 'postrevert', 'hook'),
        },
        writes: [],
      }
    case 'apply': {
      const order = Math.max(0, ...stack.map(other => other.slot.order)) + 1
      const applied = applySteps(target, text)
      return {
        order: {
          ...base,
          ranges: rangesFor(target, stack),
          before: hooks(target, 'preapply', 'veto'),
          stand: [...applied.steps, stateStep(target, 'APPLIED', order)],
          after: hooks(target, 'postapply', 'hook'),
        },
        writes: applied.writes,
      }
    }
    case 'replace': {
      const reverted = stack.toReversed().flatMap(other => revertSteps(other, text))
      const applied = applySteps(target, text)
      const states = stack.map(other => stateStep(other, 'CHECKED', 0))
      return {
        order: {
          ...base,
          ranges: [...stack.map(codeOf), ...rangesFor(target, stack)],
          before: [],
          stand: [...reverted, ...applied.steps, ...states, stateStep(target, 'APPLIED', 1)],
          after: [],
        },
        writes: applied.writes,
      }
    }
  }
}

/** Steps with side effects first where they can say no: expectations, load hooks, then jumps. */
function applySteps(target: Resident, text: VirtualText): { readonly steps: Step[]; readonly writes: Plan['writes'] } {
  const { functions, saved, pristine } = target.about
  const checks = functions.filter(({ expectation }) => expectation !== '').map(expectationStep)
  const writes = functions.map((entry, index) => {
    const before = text.read(entry.at, entry.bytes.length / 2)
    return { address: saved + index * SAVED_SIZE, bytes: before }
  })
  const steps: Step[] = [
    ...checks,
    ...hooks(target, 'load', 'hook'),
    ...hooks(target, 'apply', 'veto'),
    ...functions.flatMap(entry => text.replace(entry.at, fromHex(entry.bytes))),
  ]
  const { address, length } = target.slot.areas.writable
  const again = target.slot.applied > 0 && length > 0
  return { steps, writes: again ? [...writes, { address, bytes: text.memory.read(pristine, length) }] : writes }
}

function revertSteps(target: Resident, text: VirtualText): Step[] {
  const { functions, saved } = target.about
  return [
    ...hooks(target, 'revert', 'veto'),
    ...functions.flatMap((entry, index) => {
      const before = text.memory.read(saved + index * SAVED_SIZE, entry.bytes.length / 2)
      return text.replace(entry.at, before)
    }),
    ...hooks(target, 'unload', 'hook'),
  ]
}

export function expectationStep({ old, expectation }: AboutFunction): Step & { readonly kind: 'check' } {
  return { kind: 'check', address: old, bytes: fromHex(expectation) }
}

const stateStep = ({ slot }: Resident, state: 'CHECKED' | 'APPLIED', order: number): Step => ({
  kind: 'slot',
  slot: slot.index,
  state,
  order,
})

const hooks = ({ about, slot }: Resident, name: string, kind: 'hook' | 'veto'): Step[] =>
  (about.hooks[name] ?? []).map(address => ({ kind, address, slot: slot.index }))

const codeOf = ({ slot }: Resident) => {
  const { address, length } = slot.areas.code
  return { start: address, end: address + length }
}

/** The functions that are replaced, and what runs in their place now. */
function rangesFor(target: Resident, stack: readonly Resident[]) {
  const olds = new Set(target.about.functions.map(({ old }) => old))
  const current = stack.flatMap(({ about }) => about.functions.filter(entry => olds.has(entry.old) && entry.new !== 0))
  return [
    ...target.about.functions.flatMap(({ ranges }) => ranges),
    ...current.map(entry => ({ start: entry.new, end: entry.new + entry.newSize })),
  ]
}

const fromHex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))

/** The process's code with the changes of earlier steps in it. */
export class VirtualText {
  readonly memory: ProcessMemory
  readonly #changed = new Map<number, number>()

  constructor(memory: ProcessMemory) {
    this.memory = memory
  }

  read(address: number, length: number): Uint8Array {
    return this.memory.read(address, length).map((byte, index) => this.#changed.get(address + index) ?? byte)
  }

  /** Steps that replace the bytes at `address`; reads go on with the new ones. */
  replace(address: number, bytes: Uint8Array): Step[] {
    const steps: Step[] = []
    for (let at = 0; at < bytes.length; at += PIECE) {
      const after = bytes.subarray(at, at + PIECE)
      steps.push({ kind: 'write', address: address + at, before: this.read(address + at, after.length), after })
    }
    for (const [index, byte] of bytes.entries()) this.#changed.set(address + index, byte)
    return steps
  }
}
