/**
 * "Done" is what the agent says; whether it is so is looked at. The steps of a work are gone through once more, and the
 * process must be as they leave it: slots in their states, and where bytes were written, the last ones written there.
 */
import { InputError } from '../../base/errors.ts'
import { POOLS, type Slot, type WorkOrder } from './layout.ts'
import type { Load } from './load.ts'
import { hex, type ProcessMemory } from './proc.ts'

type Reader = Pick<ProcessMemory, 'read'>

/** Throws where the process is not as a work leaves it. */
export function checkCarriedOut({ stand }: WorkOrder, slots: readonly Slot[], memory: Reader): void {
  const expected = new Map<number, Pick<Slot, 'state' | 'order'>>()
  const written = new Map<number, number>()
  for (const step of stand) {
    if (step.kind === 'slot') expected.set(step.slot, { state: step.state, order: step.order })
    if (step.kind === 'wipe') expected.set(step.slot, { state: 'empty', order: 0 })
    if (step.kind === 'write') for (const [at, byte] of step.after.entries()) written.set(step.address + at, byte)
  }
  for (const [index, { state, order }] of expected) {
    const slot = slots[index]
    if (slot?.state !== state) throw untrue(`slot ${index} is ${slot?.state ?? 'not there'}, not ${state}`)
    if (state !== 'empty' && slot.order !== order) throw untrue(`slot ${index} has place ${slot.order}, not ${order}`)
  }
  for (const step of stand) {
    if (step.kind !== 'write') continue
    const wrong = memory.read(step.address, step.after.length).findIndex((byte, at) => {
      return byte !== written.get(step.address + at)
    })
    if (wrong !== -1) throw untrue(`the byte at ${hex(step.address + wrong)} is not the one that was to be written`)
  }
}

/** Throws where an uploaded payload is not there as it was written. */
export function checkUploaded(
  { slot, pieces }: Pick<Load, 'slot' | 'pieces'>,
  found: Slot | undefined,
  memory: Reader,
): void {
  const { name, areas, about } = slot
  const isSame =
    found?.state === 'CHECKED' &&
    found.name === name &&
    [about, ...POOLS.map(pool => areas[pool])].every(({ address, length }, at) => {
      const there = [found.about, ...POOLS.map(pool => found.areas[pool])][at]
      return there?.address === address && there.length === length
    })
  if (!isSame) throw untrue(`the slot of ${name} is ${found?.state ?? 'not there'}, or another one’s`)
  const lost = pieces.find(({ address, bytes }) => Buffer.compare(memory.read(address, bytes.length), bytes) !== 0)
  if (lost !== undefined) throw untrue(`of ${name}, ${lost.bytes.length} bytes at ${hex(lost.address)} are not there`)
}

const untrue = (fact: string) =>
  new InputError(
    'process/agent-untrue',
    `it was done by the agent’s word, but it is not so: ${fact}`,
    'something in the process changes what is hotsplice’s, or there is no real agent; `hotsplice list` tells what is there',
  )
