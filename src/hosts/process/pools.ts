/** Room in the agent's pools: what the slots say is taken, and the first gap that is large enough. */
import type { AgentHeader, Area, Pool, Slot } from './layout.ts'
import { Refused } from './refused.ts'

/** Sections may want up to a page's alignment. */
const ALIGNMENT = 4096

export class Pools {
  readonly #header: AgentHeader
  readonly #taken: Readonly<Record<Pool, Area[]>>

  constructor(header: AgentHeader, slots: readonly Slot[]) {
    this.#header = header
    const full = slots.filter(({ state }) => state !== 'empty')
    this.#taken = {
      code: full.map(({ areas }) => areas.code),
      readOnly: full.flatMap(({ areas, about }) => [areas.readOnly, about]),
      writable: full.map(({ areas }) => areas.writable),
    }
  }

  /** Takes the first gap; the area counts as taken from now on. */
  take(pool: Pool, length: number): Area {
    const { address, length: size } = this.#header.pools[pool]
    let at = address
    for (const area of this.#taken[pool].toSorted((a, b) => a.address - b.address)) {
      if (area.length === 0) continue
      if (at + length <= area.address) break
      at = Math.max(at, Math.ceil((area.address + area.length) / ALIGNMENT) * ALIGNMENT)
    }
    if (at + length > address + size) {
      throw new Refused(
        'ENOMEM',
        `${length} bytes do not fit into the ${pool === 'readOnly' ? 'read-only' : pool} pool of ${size} bytes`,
      )
    }
    const area = { address: at, length }
    this.#taken[pool].push(area)
    return area
  }

  used(): Readonly<Record<Pool, number>> {
    const sum = (pool: Pool) => this.#taken[pool].reduce((total, { length }) => total + length, 0)
    return { code: sum('code'), readOnly: sum('readOnly'), writable: sum('writable') }
  }
}
