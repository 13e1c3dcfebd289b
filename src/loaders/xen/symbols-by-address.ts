/** The symbols of one image, found by addresses, and by names. */
import type { HypervisorSymbol } from './hypervisor.ts'

export class SymbolsByAddress {
  /** In the order of addresses. */
  readonly all: readonly HypervisorSymbol[]

  /** `symbols` in any order; of equal addresses theirs is kept. */
  constructor(symbols: readonly HypervisorSymbol[]) {
    // The table of a kernel's names is in this order already.
    if (symbols.every((symbol, index) => index === 0 || order(symbols[index - 1] ?? symbol, symbol) <= 0)) {
      this.all = symbols
      return
    }
    // Comparing numbers is several times faster than comparing addresses of 64 bits; far ones are equal as numbers only.
    const start = symbols[0]?.address ?? 0n
    const placed = symbols.map(symbol => ({ symbol, distance: Number(symbol.address - start) }))
    this.all = placed.sort((a, b) => a.distance - b.distance || order(a.symbol, b.symbol)).map(({ symbol }) => symbol)
  }

  /** Those that start at `address`, functions first. */
  at(address: bigint): readonly HypervisorSymbol[] {
    const found: HypervisorSymbol[] = []
    for (let at = this.#firstAbove(address) - 1; at >= 0; at--) {
      const symbol = this.all[at]
      if (symbol?.address !== address) break
      found.push(symbol)
    }
    return found.sort((a, b) => Number(b.kind === 'function') - Number(a.kind === 'function'))
  }

  /** The one with the greatest address not above `address`. */
  before(address: bigint): HypervisorSymbol | undefined {
    return this.all[this.#firstAbove(address) - 1]
  }

  /** The next symbol's address above `address`. */
  nextAddress(address: bigint): bigint | undefined {
    return this.all[this.#firstAbove(address)]?.address
  }

  #firstAbove(address: bigint): number {
    let low = 0
    let high = this.all.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.all[middle]?.address ?? 0n) <= address) low = middle + 1
      else high = middle
    }
    return low
  }
}

const indices = new WeakMap<readonly HypervisorSymbol[], ReadonlyMap<string, readonly bigint[]>>()

/** Where everything of a name is, in the order of `symbols`; made once for each list of them. */
export function addressesByName(symbols: readonly HypervisorSymbol[]): ReadonlyMap<string, readonly bigint[]> {
  const known = indices.get(symbols)
  if (known !== undefined) return known
  const found = new Map<string, bigint[]>()
  for (const { name, address } of symbols) {
    const list = found.get(name)
    if (list === undefined) found.set(name, [address])
    else list.push(address)
  }
  indices.set(symbols, found)
  return found
}

const order = ({ address: a }: HypervisorSymbol, { address: b }: HypervisorSymbol): number =>
  a < b ? -1 : a > b ? 1 : 0
