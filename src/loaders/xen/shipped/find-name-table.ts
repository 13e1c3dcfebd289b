/**
 * Finds Xen's own table of names in an image that has no symbols to say where it lies.
 *
 * The build writes its parts one behind the other (xen/tools/symbols.c, "write_src", 4.17 to 4.22): addresses, their
 * number, names, a marker for each 256 names, the texts that the codes in names stand for, and where each text begins. Only
 * the last has a shape that can be looked for: 256 numbers, from 0 on, each larger than the one before. From there it
 * goes backwards, and each part must be exactly what the parts behind it say of it. So what is found is the table, or what
 * somebody made to look like it; whether it says of itself that it lies there, the caller asks.
 */

/** Where each part begins, in bytes of what was searched. */
export interface NameTablePlaces {
  readonly addresses: number
  /** Bytes of each address: 4 are an offset. */
  readonly width: 4 | 8
  readonly count: number
  readonly names: number
  readonly tokenText: number
  readonly tokenIndex: number
}

/** Codes of the table. */
const CODES = 256
/** Xen's longest name has 127 characters; a code may stand for a whole one and its letter. */
const LONGEST_TEXT = 128
/** Names between two markers. */
const STRIDE = 256
/** Parts begin at multiples of 8 at the most. */
const PADDING = 8

/** All that look like one, in the order of their places; `bytes` begin at an address that is a multiple of 8. */
export function* findNameTables(bytes: Uint8Array): Generator<NameTablePlaces> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + CODES * 2 <= bytes.length; at += 2) {
    if (view.getUint16(at, true) !== 0 || !isTokenIndex(view, at)) continue
    for (const tokenText of textsBefore(view, at)) {
      for (const markers of markersBefore(view, tokenText)) {
        const found = namesBefore(view, markers)
        if (found !== undefined) yield { ...found, tokenText, tokenIndex: at }
      }
    }
  }
}

function isTokenIndex(view: DataView, at: number): boolean {
  for (let code = 1; code < CODES; code++) {
    const length = view.getUint16(at + code * 2, true) - view.getUint16(at + code * 2 - 2, true)
    if (length < 1 || length > LONGEST_TEXT + 1) return false
  }
  return true
}

/** Where 256 texts may begin that end before `index`, so that each begins where it says. */
function* textsBefore(view: DataView, index: number): Generator<number> {
  const last = view.getUint16(index + (CODES - 1) * 2, true)
  for (const end of endsBefore(view, index)) {
    for (let length = 1; length <= LONGEST_TEXT + 1; length++) {
      const start = end - last - length
      if (start >= 0 && areTexts(view, start, index, end)) yield start
    }
  }
}

function areTexts(view: DataView, start: number, index: number, end: number): boolean {
  for (let code = CODES - 1; code >= 0; code--) {
    const from = start + view.getUint16(index + code * 2, true)
    const to = code === CODES - 1 ? end : start + view.getUint16(index + code * 2 + 2, true)
    for (let at = from; at < to - 1; at++) if (view.getUint8(at) === 0) return false
    if (view.getUint8(to - 1) !== 0) return false
  }
  return true
}

interface Markers {
  readonly start: number
  readonly count: number
}

/** The offsets of each 256th name, of which the first is 0. */
function* markersBefore(view: DataView, end: number): Generator<Markers> {
  for (const behind of endsBefore(view, end)) {
    if (behind % 4 !== 0) continue
    let before = 0xffff_ffff
    for (let start = behind - 4; start >= 0; start -= 4) {
      const value = view.getUint32(start, true)
      if (value >= before) break
      if (value === 0) {
        yield { start, count: (behind - start) / 4 }
        break
      }
      before = value
    }
  }
}

/** The names that fit to the markers behind them, with the addresses before. */
function namesBefore(view: DataView, markers: Markers): Omit<NameTablePlaces, 'tokenText' | 'tokenIndex'> | undefined {
  const last = view.getUint32(markers.start + (markers.count - 1) * 4, true)
  const highest = markers.start - last
  const lowest = Math.max(8, highest - STRIDE * (STRIDE + 1) - PADDING)
  for (let names = highest - (highest % 4); names >= lowest; names -= 4) {
    for (const count of [names - 4, names - 8]) {
      const number = view.getUint32(count, true)
      if (number <= (markers.count - 1) * STRIDE || number > markers.count * STRIDE) continue
      if (!areNames(view, names, markers, number)) continue
      const addresses = addressesBefore(view, count, number)
      if (addresses !== undefined) return { ...addresses, count, names }
    }
  }
  return undefined
}

/** Whether so many names, one behind the other, are where the markers say, and end where the markers begin. */
function areNames(view: DataView, names: number, markers: Markers, number: number): boolean {
  let at = names
  for (let index = 0; index < number; index++) {
    if (at >= markers.start) return false
    const marker = index % STRIDE === 0 ? view.getUint32(markers.start + (index / STRIDE) * 4, true) : undefined
    if (marker !== undefined && marker !== at - names) return false
    at += view.getUint8(at) + 1
  }
  return at <= markers.start && markers.start - at < PADDING && isZero(view, at, markers.start)
}

/** So many addresses, none below the one before it. */
function addressesBefore(
  view: DataView,
  count: number,
  number: number,
): Pick<NameTablePlaces, 'addresses' | 'width'> | undefined {
  for (const end of endsBefore(view, count)) {
    const [offsets, addresses] = [end - number * 4, end - number * 8]
    const isOffset = (index: number) =>
      view.getUint32(offsets + index * 4, true) >= view.getUint32(offsets + index * 4 - 4, true)
    if (offsets >= 0 && offsets % 4 === 0 && each(number, isOffset)) return { addresses: offsets, width: 4 }
    const isAddress = (index: number) =>
      view.getBigUint64(addresses + index * 8, true) >= view.getBigUint64(addresses + index * 8 - 8, true)
    if (addresses >= 0 && addresses % 8 === 0 && each(number, isAddress)) return { addresses, width: 8 }
  }
  return undefined
}

/** From the second on. */
function each(number: number, holds: (index: number) => boolean): boolean {
  for (let index = 1; index < number; index++) if (!holds(index)) return false
  return true
}

/** Where a part may end that another one begins behind, as far as only zeros are between. */
function* endsBefore(view: DataView, next: number): Generator<number> {
  for (let end = next; end > 0 && next - end < PADDING; end--) {
    yield end
    if (view.getUint8(end - 1) !== 0) return
  }
}

function isZero(view: DataView, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (view.getUint8(at) !== 0) return false
  return true
}
