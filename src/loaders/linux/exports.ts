/**
 * What a kernel exports to modules, with the checksum of each (CONFIG_MODVERSIONS), from the tables in its image.
 * Source: Linux 6.1 include/linux/export.h, struct kernel_symbol with relative references: three distances of 4 bytes,
 * to the symbol, to its name, to its namespace; __kcrctab has the checksums in the same order.
 */

export interface Export {
  readonly address: bigint
  readonly checksum: number
  /** Which a module that uses it has to name; empty for most. */
  readonly namespace: string
  /** Only for modules under the GPL. */
  readonly gplOnly: boolean
}

export interface Part {
  readonly address: bigint
  readonly bytes: Uint8Array
}

const ENTRY = 12

export interface Tables {
  readonly symbols: Part
  readonly checksums: Part
  readonly gplOnly: boolean
}

/** `textAt` reads a text that ends with a NUL. Undefined where the tables are none. */
export function readExports(
  { symbols, checksums, gplOnly }: Tables,
  textAt: (address: bigint) => string | undefined,
): ReadonlyMap<string, Export> | undefined {
  const count = symbols.bytes.length / ENTRY
  if (!Number.isInteger(count) || checksums.bytes.length !== count * 4) return undefined
  const view = new DataView(symbols.bytes.buffer, symbols.bytes.byteOffset, symbols.bytes.byteLength)
  const sums = new DataView(checksums.bytes.buffer, checksums.bytes.byteOffset, checksums.bytes.byteLength)
  const reached = (at: number) => symbols.address + BigInt(at + view.getInt32(at, true))
  const exports = new Map<string, Export>()
  for (let index = 0; index < count; index++) {
    const at = index * ENTRY
    const name = textAt(reached(at + 4))
    if (name === undefined || name === '') return undefined
    const namespace = view.getInt32(at + 8, true) === 0 ? '' : textAt(reached(at + 8))
    if (namespace === undefined) return undefined
    exports.set(name, { address: reached(at), checksum: sums.getUint32(index * 4, true), namespace, gplOnly })
  }
  return exports
}
