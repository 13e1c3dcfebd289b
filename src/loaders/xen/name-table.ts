/**
 * The symbol table that Xen carries in itself and looks names up in, read out of its image.
 *
 * Every build with live patching has it (`symbols_names` and its neighbours, xen/common/symbols.c). It is the authority
 * for what a payload's undefined symbols and function names resolve to: local names with their file in front
 * (`common/irq.c#foo`), and for a name that occurs twice whichever of the two Xen's own search happens on. So the search
 * is repeated here step by step instead of being derived from `.symtab`.
 *
 * Names are compressed: each is a length and so many codes, each code stands for a string of the token table, and the
 * first character of the whole is the symbol's type letter as nm prints it.
 */

/** Reads the image's memory by the names and addresses of its own symbols. */
export interface NameTableSource {
  addressOf(name: string): bigint | undefined
  /** From `address` to the end of its section; undefined where nothing is. */
  bytesFrom(address: bigint): Uint8Array | undefined
  /** What the offsets in the table count from, where it holds offsets; undefined where that is not known. */
  readonly origin: bigint | undefined
}

export interface XenName {
  readonly name: string
  /** As nm tells the symbol's kind: a capital for what all files know. Empty for a marker at a function's end. */
  readonly letter: string
  readonly address: bigint
}

interface Tables {
  readonly names: DataView
  readonly tokens: readonly string[]
  readonly addressAt: (index: number) => bigint
  /** Pairs of stream offset and address index, in the order of names; absent without CONFIG_FAST_SYMBOL_LOOKUP. */
  readonly sorted: DataView | undefined
  readonly count: number
}

export class XenNameTable {
  readonly #tables: Tables

  private constructor(tables: Tables) {
    this.#tables = tables
  }

  /** Undefined where the image has no such table, or one of a form not known here. */
  static read(source: NameTableSource): XenNameTable | undefined {
    const tables = readTables(source)
    return tables === undefined ? undefined : new XenNameTable(tables)
  }

  /** The address Xen finds for `name`; undefined where it finds none (or address 0, which it takes for none). */
  lookup(name: string): bigint | undefined {
    const address = this.#tables.sorted === undefined ? this.#scan(name) : this.#bisect(name)
    return address === 0n ? undefined : address
  }

  /** Every name, in the order of addresses. Names of the markers that newer versions put at a function's end are empty. */
  *entries(): Generator<XenName> {
    const { names, addressAt, count } = this.#tables
    for (let index = 0, offset = 0; index < count && offset < names.byteLength; index++) {
      const text = this.#expand(offset)
      yield { name: text.slice(1), letter: text.slice(0, 1), address: addressAt(index) }
      offset += names.getUint8(offset) + 1
    }
  }

  #bisect(name: string): bigint | undefined {
    const { sorted, addressAt } = this.#tables
    if (sorted === undefined || name === '') return undefined
    let low = 0
    let high = sorted.byteLength / 8
    while (low < high) {
      const middle = low + Math.floor((high - low) / 2)
      const found = this.#expand(sorted.getUint32(middle * 8, true)).slice(1)
      if (name === found) return addressAt(sorted.getUint32(middle * 8 + 4, true))
      if (name < found) high = middle
      else low = middle + 1
    }
    return undefined
  }

  #scan(name: string): bigint | undefined {
    if (name === '') return undefined
    for (const entry of this.entries()) {
      if (entry.name === name) return entry.address
    }
    return undefined
  }

  /** The name with its letter in front. */
  #expand(offset: number): string {
    const { names, tokens } = this.#tables
    if (offset >= names.byteLength) return ''
    const end = Math.min(offset + 1 + names.getUint8(offset), names.byteLength)
    let text = ''
    for (let at = offset + 1; at < end; at++) text += tokens[names.getUint8(at)] ?? ''
    return text
  }
}

function readTables(source: NameTableSource): Tables | undefined {
  const view = (name: string): DataView | undefined => {
    const address = source.addressOf(name)
    const bytes = address === undefined ? undefined : source.bytesFrom(address)
    return bytes === undefined ? undefined : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  const names = view('symbols_names')
  const tokenText = view('symbols_token_table')
  const tokenIndex = view('symbols_token_index')
  const addresses = readAddresses(source, view)
  // Until 4.20 one count served for both; since 4.21 addresses and names are counted apart.
  const count = (view('symbols_num_addrs') ?? view('symbols_num_syms'))?.getUint32(0, true)
  const nameCount = (view('symbols_num_names') ?? view('symbols_num_syms'))?.getUint32(0, true)
  if (names === undefined || tokenText === undefined || tokenIndex === undefined) return undefined
  if (addresses === undefined || count === undefined) return undefined
  if (tokenIndex.byteLength < 512) return undefined
  const sorted = view('symbols_sorted_offsets')
  // Only the names that are sorted are counted apart.
  if (sorted !== undefined && (nameCount === undefined || sorted.byteLength < nameCount * 8)) return undefined
  return {
    names,
    tokens: readTokens(tokenText, tokenIndex),
    addressAt: addresses,
    sorted: sorted && new DataView(sorted.buffer, sorted.byteOffset, (nameCount ?? 0) * 8),
    count,
  }
}

/** Offsets of 4 bytes from the image's start on x86, whole addresses elsewhere. */
function readAddresses(
  source: NameTableSource,
  view: (name: string) => DataView | undefined,
): ((index: number) => bigint) | undefined {
  const offsets = view('symbols_offsets')
  const { origin } = source
  if (offsets !== undefined) {
    if (origin === undefined) return undefined
    return index => (index * 4 + 4 <= offsets.byteLength ? origin + BigInt(offsets.getUint32(index * 4, true)) : 0n)
  }
  const addresses = view('symbols_addresses')
  if (addresses === undefined) return undefined
  return index => (index * 8 + 8 <= addresses.byteLength ? addresses.getBigUint64(index * 8, true) : 0n)
}

function readTokens(text: DataView, index: DataView): string[] {
  const all = Buffer.from(text.buffer, text.byteOffset, text.byteLength)
  return Array.from({ length: 256 }, (_, code) => {
    const from = index.getUint16(code * 2, true)
    const end = all.indexOf(0, from)
    return from >= all.length || end === -1 ? '' : all.toString('latin1', from, end)
  })
}
