/**
 * The running hypervisor as far as files show it: the linked image and, where somebody took one, a copy of its memory.
 *
 * Where the copy reaches, it counts, because it is what runs. Not so for what Xen throws away after boot (the tables of
 * alternatives and their replacements, whose memory holds something else by then) and for the exception table, which
 * Xen sorts while booting: these are read from the image.
 */
import type { LinkedEntry } from '../../loaders/xen/linked-tables.ts'
import type { HypervisorSymbols } from '../../loaders/xen/symbols.ts'
import { addressesByName } from '../../loaders/xen/symbols-by-address.ts'
import type { AddressRange } from '../model.ts'

/** Memory of the running hypervisor, byte for byte, from `address` on. */
export interface MemoryCopy {
  readonly address: bigint
  readonly bytes: Uint8Array
}

export class RunningImage {
  readonly symbols: HypervisorSymbols
  readonly #memory: MemoryCopy | undefined
  readonly #overwritten: readonly AddressRange[]
  readonly #tables = new Map<string, readonly LinkedEntry[] | undefined>()
  #sorted: readonly [bigint, bigint] | undefined

  /** `overwritten`: where payloads that are applied have put their jumps. */
  constructor(symbols: HypervisorSymbols, memory?: MemoryCopy, overwritten: readonly AddressRange[] = []) {
    this.symbols = symbols
    this.#memory = memory
    this.#overwritten = overwritten
  }

  /** Where everything of that name is: several places for a name that several files use. */
  addressesOf(name: string): readonly bigint[] {
    const known = this.symbols.symbolsNamed?.(name).map(({ address }) => address) ?? this.#allNamed().get(name) ?? []
    if (known.length > 0) return [...new Set(known)]
    const found = this.symbols.lookup(name)
    return found === undefined ? [] : [found]
  }

  #allNamed(): ReadonlyMap<string, readonly bigint[]> {
    return addressesByName(this.symbols.symbols)
  }

  /** What is at `address`, from the copy as far as it reaches; undefined where nothing has all of it. */
  read(address: bigint, size: number): Uint8Array | undefined {
    // A replacement of no instructions may be the last thing in its section: where it stands, nothing is.
    if (size === 0) return new Uint8Array()
    const linked = this.symbols.bytesAt(address, size)
    const range = this.#copied(address, size)
    if (range === undefined || this.#memory === undefined) return linked
    const bytes = this.#memory.bytes.subarray(range.from, range.to)
    if (bytes.length === size || linked === undefined) return bytes.length === size ? bytes : undefined
    const both = linked.slice()
    both.set(bytes, Number(this.#memory.address + BigInt(range.from) - address))
    return both
  }

  /** Whether some of the bytes come from the copy of the memory. */
  isCopied(address: bigint, size: number): boolean {
    return this.#copied(address, size) !== undefined
  }

  /** Whether there is a copy that should have had these bytes, and has not all of them. */
  isMissed(address: bigint, size: number): boolean {
    if (this.#memory === undefined) return false
    const range = this.#copied(address, size)
    return range === undefined || range.to - range.from < size
  }

  /** The part of the copy that holds some of the bytes. */
  #copied(address: bigint, size: number): { readonly from: number; readonly to: number } | undefined {
    const memory = this.#memory
    if (memory === undefined) return undefined
    const offset = Number(address - memory.address)
    const from = Math.max(0, offset)
    const to = Math.min(memory.bytes.length, offset + size)
    if (from >= to || this.symbols.freedAfterBoot(address)) return undefined
    this.#sorted ??= this.symbols.boundsOf('.ex_table') ?? [0n, 0n]
    return address >= this.#sorted[0] && address < this.#sorted[1] ? undefined : { from, to }
  }

  /** What may have been changed there since the boot began; the image's file is as the linker left it. */
  edits(address: bigint, size: number): readonly AddressRange[] {
    if (!this.isCopied(address, size)) return []
    const end = address + BigInt(size)
    const jumps = this.#overwritten.filter(range => range.address < end && range.address + BigInt(range.size) > address)
    // Where what boot edits is not known, nothing is excused by it.
    return [...(this.symbols.bootEdits(address, size) ?? []), ...jumps]
  }

  /**
   * The entries of the table of `section` that are about code in [address, address + size), by the places that they are
   * about, and those about one place in the order of the table; undefined where the image has no such table.
   */
  entriesAbout(section: string, address: bigint, size: number): readonly LinkedEntry[] | undefined {
    if (!this.#tables.has(section)) this.#tables.set(section, this.#readTable(section))
    const table = this.#tables.get(section)
    if (table === undefined) return undefined
    const end = address + BigInt(size)
    const found: LinkedEntry[] = []
    for (let at = firstFrom(table, address); at < table.length; at++) {
      const entry = table[at]
      if (entry === undefined || entry.about >= end) break
      found.push(entry)
    }
    return found
  }

  #readTable(section: string): readonly LinkedEntry[] | undefined {
    const entries = this.symbols.entriesOf(section)
    if (entries === undefined) return undefined
    const known = sorted.get(entries) ?? inOrder(entries)
    sorted.set(entries, known)
    return known
  }
}

/** Some look at one image several times. */
const sorted = new WeakMap<readonly LinkedEntry[], readonly LinkedEntry[]>()

function inOrder(entries: readonly LinkedEntry[]): readonly LinkedEntry[] {
  const isSorted = entries.every(({ about }, index) => about >= (entries[index - 1]?.about ?? about))
  return isSorted ? entries : entries.toSorted((a, b) => (a.about < b.about ? -1 : a.about > b.about ? 1 : 0))
}

function firstFrom(table: readonly LinkedEntry[], address: bigint): number {
  let low = 0
  let high = table.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((table[middle]?.about ?? 0n) < address) low = middle + 1
    else high = middle
  }
  return low
}
