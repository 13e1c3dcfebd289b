/**
 * The payload's own tables for code that was compiled to go through a linker's: `.got`, slots that hold an address, and
 * `.plt`, jumps through such a slot. Slots are read-only, because the loader fills them before anything runs; so they do
 * not make the payload one that can be applied only once.
 *
 * Some such references could be made direct instead, as linkers do, but only where the distance is known to be short.
 * Here it is not: the payload goes to a pool near the program, its libraries are anywhere.
 */

import { InternalError } from '../base/errors.ts'
import type { Link } from '../select/model.ts'
import type { PayloadTarget } from './model.ts'
import { OutputSection } from './output-section.ts'
import { codeKind, readOnly } from './place.ts'

const SLOT_SIZE = 8
/** What a slot holds: a link's target, with its delta but without the bias of the field that uses it. */
export interface SlotTarget {
  readonly symbol: number
  readonly addend: bigint
}

export interface IndirectPlace {
  readonly section: string
  readonly offset: number
}

export class IndirectTables {
  readonly slots = new OutputSection(readOnly('.got'))
  readonly jumps: OutputSection
  readonly #target: PayloadTarget
  readonly #slotOf = new Map<string, number>()
  readonly #jumpOf = new Map<number, number>()

  constructor(target: PayloadTarget) {
    this.#target = target
    this.jumps = new OutputSection(codeKind('.plt', target))
  }

  /** The slot that holds the address of `target`. */
  slot({ symbol, addend }: SlotTarget): IndirectPlace {
    const key = `${symbol} ${addend}`
    let offset = this.#slotOf.get(key)
    if (offset === undefined) {
      offset = this.slots.append(new Uint8Array(SLOT_SIZE), { alignment: SLOT_SIZE, residue: 0 })
      this.slots.relocations.push({ offset, type: this.#target.patching.addressRelocation, symbol, addend })
      this.#slotOf.set(key, offset)
    }
    return { section: this.slots.kind.name, offset }
  }

  /** A jump to what `slot` holds. `slotSection` is the symbol of the table of slots. */
  jump(slot: IndirectPlace, slotSection: number): IndirectPlace {
    const { indirectStub } = this.#target.patching
    if (indirectStub === undefined) throw new InternalError('a loader takes calls that its machine has no jump for')
    const { bytes, field, bias } = indirectStub
    let offset = this.#jumpOf.get(slot.offset)
    if (offset === undefined) {
      offset = this.jumps.append(bytes, { alignment: SLOT_SIZE, residue: 0 })
      this.jumps.relocations.push({
        offset: offset + field,
        type: this.#target.patching.distanceRelocation,
        symbol: slotSection,
        addend: BigInt(slot.offset) + bias,
      })
      this.#jumpOf.set(slot.offset, offset)
    }
    return { section: this.jumps.kind.name, offset }
  }

  /** The tables that are in use. */
  used(): readonly OutputSection[] {
    return [this.jumps, this.slots].filter(section => section.size > 0)
  }
}

/** Whether a call may be far away: a library's function, which only has a global name. */
export function mayBeFar(link: Link): boolean {
  return link.to === 'running' && !link.name.includes('#')
}
