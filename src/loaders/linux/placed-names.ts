/**
 * The names of a kernel by places and by names. There are a hundred thousand and more, and most who read a kernel ask for a few
 * hundred: so what is said of one is put together when it is asked for.
 */
import { once } from '../../base/once.ts'
import type { HypervisorSymbol } from '../xen/hypervisor.ts'
import type { KernelNames } from './kallsyms.ts'

export class PlacedNames {
  readonly #names: KernelNames
  /** Numbers of names in the order of their addresses; of equal ones that of the table is kept. */
  readonly #order: Uint32Array
  readonly #places: BigUint64Array
  readonly #byName: () => ReadonlyMap<string, number>
  /** By position in the order, the next one of the same name; 0 is none, as nothing has the first one behind it. */
  readonly #next: Uint32Array
  readonly #all: () => readonly HypervisorSymbol[]

  constructor(names: KernelNames) {
    this.#names = names
    this.#order = inOrder(names.addresses)
    this.#places = BigUint64Array.from(this.#order, index => names.addresses[index] ?? 0n)
    this.#next = new Uint32Array(this.#order.length)
    this.#byName = once(() => this.#chained())
    this.#all = once(() => Array.from(this.#order, (_, position) => this.#symbol(position)))
  }

  /** In the order of addresses. */
  get all(): readonly HypervisorSymbol[] {
    return this.#all()
  }

  /** In the order of addresses. */
  named(name: string): readonly HypervisorSymbol[] {
    const found: HypervisorSymbol[] = []
    for (let at = this.#byName().get(name); at !== undefined; at = this.#next[at] || undefined) {
      found.push(this.#symbol(at))
    }
    return found
  }

  /** Those that start at `address`, functions first. */
  at(address: bigint): readonly HypervisorSymbol[] {
    const found: HypervisorSymbol[] = []
    for (let at = this.#firstAbove(address) - 1; at >= 0 && this.#places[at] === address; at--) {
      found.push(this.#symbol(at))
    }
    return found.sort((a, b) => Number(b.kind === 'function') - Number(a.kind === 'function'))
  }

  /** The one with the greatest address not above `address`. */
  before(address: bigint): HypervisorSymbol | undefined {
    const at = this.#firstAbove(address) - 1
    return at < 0 ? undefined : this.#symbol(at)
  }

  /** The next name's address above `address`. */
  nextAddress(address: bigint): bigint | undefined {
    return this.#places[this.#firstAbove(address)]
  }

  #firstAbove(address: bigint): number {
    let low = 0
    let high = this.#places.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#places[middle] ?? 0n) <= address) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Where each name is first; from the last to the first, each leads to the one that was there before. */
  #chained(): ReadonlyMap<string, number> {
    const first = new Map<string, number>()
    for (let at = this.#order.length - 1; at >= 0; at--) {
      const name = this.#names.names[this.#order[at] ?? 0] ?? ''
      this.#next[at] = first.get(name) ?? 0
      first.set(name, at)
    }
    return first
  }

  /** As long as it is to the next address that has a name; 0 for the last. */
  #symbol(position: number): HypervisorSymbol {
    const index = this.#order[position] ?? 0
    const name = this.#names.names[index] ?? ''
    const letter = this.#names.letters[index] ?? ''
    const address = this.#places[position] ?? 0n
    const next = this.nextAddress(address)
    return {
      name,
      plainName: name,
      file: '',
      address,
      size: next === undefined ? 0 : Number(next - address),
      atMost: true,
      kind: /^[tw]$/i.test(letter) ? 'function' : 'object',
      local: letter === letter.toLowerCase() && letter !== 'w' && letter !== 'v',
    }
  }
}

function inOrder(addresses: BigUint64Array): Uint32Array {
  const order = Uint32Array.from(addresses, (_, index) => index)
  const isSorted = addresses.every((address, index) => index === 0 || address >= (addresses[index - 1] ?? 0n))
  if (isSorted) return order
  const of = (index: number) => addresses[index] ?? 0n
  return order.sort((a, b) => (of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : a - b))
}
