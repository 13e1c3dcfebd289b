/**
 * Strings of debug information in the order in which they are first asked for. A compiler's own order hangs on what all of them
 * are, and one is the options that it was given: `-H`, with which it was asked which headers it reads, is no part of a build.
 */
export interface LiveStrings {
  readonly bytes: Uint8Array
  /** Where a string of the old table is in the new one; undefined where nobody asked for it. */
  readonly moved: (offset: number) => number | undefined
}

/** `asked`: places of strings, in the order of who asks. */
export function liveStrings(table: Uint8Array, asked: readonly number[]): LiveStrings {
  const known = new Map<string, number>()
  const places = new Map<number, number>()
  const parts: Buffer[] = []
  let size = 0
  for (const offset of asked) {
    if (places.has(offset)) continue
    const end = table.indexOf(0, offset)
    const text = ownOptions(Buffer.from(table.subarray(offset, end === -1 ? table.length : end)).toString('latin1'))
    const place = known.get(text) ?? size
    places.set(offset, place)
    if (place < size) continue
    known.set(text, place)
    const bytes = Buffer.from(`${text}\0`, 'latin1')
    parts.push(bytes)
    size += bytes.length
  }
  return { bytes: new Uint8Array(Buffer.concat(parts)), moved: offset => places.get(offset) }
}

/** As gcc begins what it says of itself (DW_AT_producer). */
const ownOptions = (text: string) => (text.startsWith('GNU ') ? text.replace(/ -H(?= |$)/g, '') : text)
