/** What of the user's own goes into the tables of a live patch: functions that run besides, and which states it has. */
import { type CallbackName, LINUX_HOOKS, STATES } from '../../loaders/linux/hooks.ts'
import type { ModuleLayouts } from '../../loaders/linux/kernel-facts.ts'
import type { Selection } from '../../select/model.ts'
import type { KernelModule } from '../model.ts'
import type { Placed } from '../place.ts'
import type { PlaceIndex } from '../place-index.ts'
import type { SymbolBook } from '../symbol-book.ts'

export interface Callback {
  readonly member: CallbackName
  readonly symbol: number
  readonly addend: bigint
}

/** By object: a module's name, or none for the kernel itself. */
export type Callbacks = ReadonlyMap<string, readonly Callback[]>

interface Task {
  readonly kernel: KernelModule
  readonly placed: Placed
  readonly places: PlaceIndex
  readonly book: SymbolBook
}

/** A callback is of the object that its unit is a part of. */
export function callbacksOf({ units }: Selection, { kernel, placed, places, book }: Task): Callbacks {
  const found = new Map<string, Callback[]>()
  for (const { address, selected, section } of placed.pieces) {
    const member = LINUX_HOOKS.get(section)
    const link = selected.references[0]?.link
    if (member === undefined || link?.to !== 'payload') continue
    const object = kernel.moduleOf.get(units[address.unit]?.unit ?? '') ?? ''
    const { symbol, addend } = book.place(places.at(link.target))
    found.set(object, [...(found.get(object) ?? []), { member, symbol, addend: addend + link.delta }])
  }
  return found
}

const NUMBER = 8

/** The list of states with an empty one at its end; nothing where there are none. */
export function statesOf({ units }: Selection, { state }: Pick<ModuleLayouts, 'state'>): Uint8Array {
  const pairs = units.flatMap(({ patched: { object } }) =>
    object.sections.filter(({ name }) => name === STATES).flatMap(({ bytes }) => pairsIn(bytes)),
  )
  if (pairs.length === 0) return new Uint8Array()
  const list = new Uint8Array((pairs.length + 1) * state.size)
  const view = new DataView(list.buffer)
  for (const [index, [id, version]] of pairs.entries()) {
    view.setBigUint64(index * state.size + state.at('id'), id, true)
    view.setUint32(index * state.size + state.at('version'), Number(version), true)
  }
  return list
}

function pairsIn(bytes: Uint8Array): readonly (readonly [bigint, bigint])[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: Math.floor(bytes.length / (2 * NUMBER)) }, (_, index) => {
    const at = index * 2 * NUMBER
    return [view.getBigUint64(at, true), BigInt.asUintN(32, view.getBigUint64(at + NUMBER, true))]
  })
}
