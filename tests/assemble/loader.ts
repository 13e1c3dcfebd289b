/**
 * A small loader that does with a payload what Xen's does: gives loaded sections addresses, resolves symbols, relocates.
 * It knows nothing of how payloads are made here; tests ask it what a relocated field came out as.
 */
import { type ElfObject, type ElfSection, readElf } from '../../src/elf/index.ts'

const ALLOC = 2

export interface LoadedPayload {
  readonly elf: ElfObject<'payload'>
  /** Where the section starts. */
  addressOf(section: string): bigint
  /** The relocated bytes of a section. */
  bytesOf(section: string): Uint8Array
  /** The value of the symbol with this name that the payload defines. */
  symbol(name: string): bigint
  /** The 8 or 4 bytes at `offset` of a section; the latter as a distance from the field, made an address. */
  pointerAt(section: string, offset: number): bigint
  targetAt(section: string, offset: number): bigint
}

/** `running` gives the addresses of the running system's symbols; an unknown one is an error, as it is for Xen. */
export function loadPayload(bytes: Uint8Array, running: (name: string) => bigint | undefined): LoadedPayload {
  const elf = readElf<'payload'>(bytes)
  const loaded = elf.sections.filter(section => (section.flags & ALLOC) !== 0)
  const addresses = new Map<number, bigint>()
  const memory = new Map<number, Uint8Array>()
  let next = 0x40_0000n
  for (const section of loaded) {
    const alignment = BigInt(Math.max(section.alignment, 1))
    next = ((next + alignment - 1n) / alignment) * alignment
    addresses.set(section.id, next)
    memory.set(section.id, section.bytes.length === 0 ? new Uint8Array(section.size) : section.bytes.slice())
    next += BigInt(section.size)
  }
  const values = elf.symbols.map(({ name, place }, index) => {
    if (index === 0) return 0n
    if (place.in === 'absolute') return place.value
    if (place.in === 'section') return (addresses.get(place.section) ?? 0n) + BigInt(place.offset)
    const address = running(name)
    if (place.in === 'common' || address === undefined) throw new Error(`the symbol ${name} cannot be resolved`)
    return address
  })
  for (const section of loaded) relocate(section)

  function relocate(section: ElfSection<'payload'>): void {
    const bytes = memory.get(section.id) ?? new Uint8Array()
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    for (const { offset, type, symbol, addend } of elf.relocations[section.id] ?? []) {
      if (symbol === 0) throw new Error(`a relocation of ${section.name} names symbol 0`)
      const value = (values[symbol] ?? 0n) + addend
      const place = (addresses.get(section.id) ?? 0n) + BigInt(offset)
      if (type === 1) view.setBigUint64(offset, BigInt.asUintN(64, value), true)
      else if (type === 24) view.setBigInt64(offset, value - place, true)
      else if (type === 2 || type === 4) setNarrow(view, offset, value - place)
      else if (type === 10 || type === 11) setNarrow(view, offset, value)
      else throw new Error(`relocation type ${type} is not taken`)
    }
  }

  const section = (name: string) => {
    const found = loaded.find(candidate => candidate.name === name)
    if (found === undefined) throw new Error(`the payload has no section ${name}`)
    return found
  }
  const bytesOf = (name: string) => memory.get(section(name).id) ?? new Uint8Array()
  const addressOf = (name: string) => addresses.get(section(name).id) ?? 0n
  return {
    elf,
    addressOf,
    bytesOf,
    symbol(name) {
      const index = elf.symbols.findIndex(symbol => symbol.name === name && symbol.place.in === 'section')
      if (index === -1) throw new Error(`the payload does not define ${name}`)
      return values[index] ?? 0n
    },
    pointerAt: (name, offset) => Buffer.from(bytesOf(name)).readBigUInt64LE(offset),
    targetAt: (name, offset) =>
      BigInt(Buffer.from(bytesOf(name)).readInt32LE(offset)) + addressOf(name) + BigInt(offset),
  }
}

function setNarrow(view: DataView, offset: number, value: bigint): void {
  if (BigInt.asIntN(32, value) !== value) throw new Error(`the value ${value} does not fit 4 bytes`)
  view.setInt32(offset, Number(value), true)
}
