/**
 * What an agent says of itself, checked before it is used. The tool may be root's and the program anybody's: whatever lies
 * in a mapping of the right name is a claim. Each function gives back what it was given, or says which number cannot be.
 */
import { InputError } from '../../base/errors.ts'
import {
  type AgentHeader,
  type Area,
  HEADER_SIZE,
  POOLS,
  type Pool,
  SLOT_SIZE,
  type Slot,
  WORK,
  type WorkState,
} from './layout.ts'
import { hex, type Mapping } from './proc.ts'

/** Where addresses of programs end; higher ones are the kernel's. */
export const ADDRESS_END = 2 ** 47
const MOST_SLOTS = 1024
const LARGEST_POOL = 512 * 2 ** 20
/** Some hundred bytes for each function, and a payload has two megabytes at most. */
const LONGEST_ABOUT = 16 * 2 ** 20
/** Works that one program can have carried out; counting on from there stays exact. */
const MOST_WORKS = 2 ** 48

/** `mappings` are those of the agent's file, `own` the one that begins with the header. */
export function checkedHeader(header: AgentHeader, own: Mapping, mappings: readonly Mapping[]): AgentHeader {
  const { slots, slotSize, slotsAt, workAt, workSize, size, base, pools } = header
  const slotsEnd = slotsAt + slots * SLOT_SIZE
  const workEnd = workAt + workSize
  must(size >= HEADER_SIZE && base + size <= own.end, () => `its block has ${size} bytes, mapped are ${own.end - base}`)
  must(slots >= 1 && slots <= MOST_SLOTS, () => `it has ${slots} slots; there can be 1 to ${MOST_SLOTS}`)
  must(slotSize === SLOT_SIZE, () => `its slots have ${slotSize} bytes, not ${SLOT_SIZE}`)
  must(slotsAt >= HEADER_SIZE && slotsAt % 8 === 0 && slotsEnd <= size, () =>
    placed('its slots', slotsAt, slotsEnd, size),
  )
  must(workSize >= WORK.size && workAt >= HEADER_SIZE && workAt % 8 === 0 && workEnd <= size, () =>
    placed('its work', workAt, workEnd, size),
  )
  must(workAt >= slotsEnd || slotsAt >= workEnd, () => `its slots end at ${slotsEnd}, its work begins at ${workAt}`)
  const taken: Area[] = [{ address: base, length: size }]
  for (const pool of POOLS) {
    const area = pools[pool]
    const told = `its ${WORDS[pool]} pool, ${area.length} bytes at ${hex(area.address)},`
    must(area.length >= 1 && area.length <= LARGEST_POOL, () => `${told} is not 1 to ${LARGEST_POOL} bytes long`)
    must(isMapped(area, ACCESS[pool], mappings), () => `${told} is not mapped so (${ACCESS[pool]})`)
    must(!taken.some(other => overlap(area, other)), () => `${told} lies upon another part of it`)
    taken.push(area)
  }
  return header
}

const WORDS: Readonly<Record<Pool, string>> = { code: 'code', readOnly: 'read-only', writable: 'writable' }
const ACCESS: Readonly<Record<Pool, RegExp>> = { code: /^r.x/, readOnly: /^r/, writable: /^rw/ }

const placed = (what: string, start: number, end: number, size: number) =>
  `${what} lie at ${start} to ${end} of its block of ${size} bytes`

function isMapped({ address, length }: Area, access: RegExp, mappings: readonly Mapping[]): boolean {
  let reached = address
  for (const mapping of mappings) {
    if (reached < mapping.start || reached >= mapping.end || !access.test(mapping.access)) continue
    reached = mapping.end
    if (reached >= address + length) return true
  }
  return false
}

const overlap = (a: Area, b: Area) => a.address < b.address + b.length && b.address < a.address + a.length
const isWithin = (area: Area, pool: Area) =>
  area.address >= pool.address && area.length >= 0 && area.address + area.length <= pool.address + pool.length

/** Those that are not empty lie in the pools, each by itself, and are told apart by names and by their order. */
export function checkedSlots(slots: readonly Slot[], { pools }: AgentHeader): readonly Slot[] {
  const taken: Area[] = []
  const seen = new Set<string | number>()
  for (const { index, state, name, areas, about, order } of slots) {
    if (state === 'empty') continue
    const slot = `slot ${index}`
    must(name !== '', () => `${slot} is in use and has no name`)
    must(!seen.has(name), () => `${slot} has the name of another one`)
    must(state !== 'unknown', () => `${slot} is in a state that there is not`)
    // The agent writes order and state one after the other, so a list may find one of them only.
    must(state !== 'APPLIED' || !seen.has(order), () => `${slot} has place ${order}, which is another’s`)
    must(about.length >= 1 && about.length <= LONGEST_ABOUT, () => `${slot} has ${about.length} bytes of description`)
    const parts = [...POOLS.map(pool => [pool, areas[pool]] as const), ['readOnly', about] as const]
    for (const [pool, area] of parts) {
      const told = `${slot} has ${area.length} bytes at ${hex(area.address)}`
      must(isWithin(area, pools[pool]), () => `${told}, which is not in the ${WORDS[pool]} pool`)
      if (area.length === 0) continue
      must(!taken.some(other => overlap(area, other)), () => `${told}, which is something else’s too`)
      taken.push(area)
    }
    seen.add(name)
    if (state === 'APPLIED' && order > 0) seen.add(order)
  }
  return slots
}

/** One of `slots` is worked on; numbers of works may be read while the agent counts on. */
export function checkedWork(work: WorkState, { slots }: AgentHeader): WorkState {
  const { asked, taken, done, result, slot } = work
  must(asked < MOST_WORKS && Math.abs(asked - done) <= 2 && Math.abs(asked - taken) <= 2, () => {
    return `it was asked for ${asked} works, took ${taken} and has done ${done}`
  })
  must(slot < slots, () => `its work is for slot ${slot} of ${slots}`)
  must(result <= 0, () => `its work ended with ${result}, which is neither 0 nor an error`)
  return work
}

/** Addresses that the process found; 0 for none. */
export function checkedAnswers(answers: readonly number[]): readonly number[] {
  const wrong = answers.find(address => address >= ADDRESS_END)
  must(wrong === undefined, () => `it found something at ${hex(wrong ?? 0)}, where no program has anything`)
  return answers
}

function must(holds: boolean, fact: () => string): asserts holds {
  if (!holds) throw agentNumbers(fact())
}

function agentNumbers(fact: string): InputError {
  return new InputError(
    'process/agent-numbers',
    `what the process says of its agent cannot be: ${fact}`,
    'the program has written over the memory of hotsplice, or only pretends to have an agent',
  )
}
