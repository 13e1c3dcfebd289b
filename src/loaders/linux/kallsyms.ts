/**
 * The table of names that a Linux kernel has in itself (CONFIG_KALLSYMS), found in an image without symbols.
 *
 * The build writes its parts one behind the other (Linux 6.1 scripts/kallsyms.c, write_src): offsets, what they count
 * from, their number, names, a marker for each 256 names, the texts that codes in names stand for, and where each text
 * begins. Only the last has a shape that can be looked for: 256 numbers, from 0 on, each larger than the one before. From
 * there it goes backwards, and each part must be exactly what the parts behind it say; so what is found is the table.
 * Since 6.4 offsets and what they count from stand behind all of that. Other orders there may be: what does not fit is not
 * read.
 */

/** What each name is, by its number in the table: a hundred thousand values of their own would take longer to make. */
export interface KernelNames {
  readonly names: readonly string[]
  /** As nm tells a symbol's kind: a capital for what all files know. */
  readonly letters: readonly string[]
  readonly addresses: BigUint64Array
}

const CODES = 256
const STRIDE = 256
/** A token is at most as long as the longest name (KSYM_NAME_LEN). */
const LONGEST_TEXT = 512
const PART = 8
/** Bytes of each place in the order by name, and of all of them at the most. */
const ORDER = 3
const MOST_ORDER = ORDER * 0x10_0000

/** Every name in the order of the table, which is that of addresses; undefined where the bytes have no such table. */
export function readKallsyms(bytes: Uint8Array): KernelNames | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let index = 0; index + CODES * 2 <= bytes.length; index += PART) {
    const last = lastOfIndex(view, index)
    const texts = last === undefined ? undefined : textsBefore(bytes, view, { index, last })
    const names = texts && namesBefore(bytes, view, texts)
    if (names !== undefined) return names
  }
  return undefined
}

/** The last of 256 growing numbers that begin with 0. */
function lastOfIndex(view: DataView, index: number): number | undefined {
  if (view.getUint16(index, true) !== 0) return undefined
  let before = 0
  for (let code = 1; code < CODES; code++) {
    const value = view.getUint16(index + code * 2, true)
    if (value <= before || value - before > LONGEST_TEXT) return undefined
    before = value
  }
  return before
}

interface Texts {
  readonly start: number
  /** Where the texts' places stand. */
  readonly index: number
  readonly tokens: readonly string[]
}

/** 256 texts, each ended by a NUL, each where its number says, the last ended by padding only. */
function textsBefore(
  bytes: Uint8Array,
  view: DataView,
  { index, last }: { readonly index: number; readonly last: number },
): Texts | undefined {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const lowest = index - last - LONGEST_TEXT - PART
  for (let start = index - last - 2 - ((index - last - 2) % PART); start >= Math.max(0, lowest); start -= PART) {
    const tokens: string[] = []
    for (let code = 0; code < CODES; code++) {
      const from = start + view.getUint16(index + code * 2, true)
      const end = all.indexOf(0, from)
      const next = code === CODES - 1 ? undefined : start + view.getUint16(index + code * 2 + 2, true)
      const fits = next === undefined ? end < index && index - end <= PART : end + 1 === next
      if (!fits) break
      tokens.push(all.toString('latin1', from, end))
    }
    if (tokens.length === CODES) return { start, index, tokens }
  }
  return undefined
}

/** Names behind which markers lie, and behind those, in 6.1.y since 2023, their order by name, three bytes for each. */
function namesBefore(bytes: Uint8Array, view: DataView, texts: Texts): KernelNames | undefined {
  for (let end = texts.start; end >= Math.max(0, texts.start - MOST_ORDER); end -= 4) {
    const markers = markersBefore(view, end)
    if (markers === undefined) continue
    const names = namesUpTo(bytes, view, markers)
    const gap = texts.start - end
    const isBehind =
      names !== undefined && (gap < PART || (gap >= names.count * ORDER && gap - names.count * ORDER < 2 * PART))
    if (isBehind) return placed(bytes, view, { ...names, ...texts, start: names.start })
  }
  return undefined
}

/** Where the names begin that end where markers do, and how many they are: their number stands before them. */
function namesUpTo(bytes: Uint8Array, view: DataView, markers: Markers): Names | undefined {
  const highest = markers.start - view.getUint32(markers.start + (markers.count - 1) * 4, true)
  const lowest = Math.max(4 * PART, highest - STRIDE * (LONGEST_TEXT + 2) - PART)
  for (let start = highest - (highest % PART); start >= lowest; start -= PART) {
    const count = view.getUint32(start - PART, true)
    if (Math.ceil(count / STRIDE) !== markers.count || view.getUint32(start - 4, true) !== 0) continue
    if (areNames(bytes, view, { start, count, markers })) return { start, count }
  }
  return undefined
}

interface Markers {
  readonly start: number
  readonly count: number
}

/** Growing offsets that begin with 0 and end at `end`. */
function markersBefore(view: DataView, end: number): Markers | undefined {
  let before = 0x1_0000_0000
  for (let start = end - 4; start >= 0; start -= 4) {
    const value = view.getUint32(start, true)
    if (value >= before) return undefined
    if (value === 0) return { start, count: (end - start) / 4 }
    before = value
  }
  return undefined
}

/** The codes of the name at `offset`: a long one has its length in two bytes (Linux 6.1, "big" symbols). */
function codesAt(bytes: Uint8Array, offset: number): { readonly from: number; readonly to: number } {
  const first = bytes[offset] ?? 0
  if (first < 0x80) return { from: offset + 1, to: offset + 1 + first }
  return { from: offset + 2, to: offset + 2 + (first - 0x80) + (bytes[offset + 1] ?? 0) * 0x80 }
}

interface Names {
  readonly start: number
  readonly count: number
}

/** Whether the names, one after another, are where the markers say, and end where the markers begin. */
function areNames(
  bytes: Uint8Array,
  view: DataView,
  { start, count, markers }: Names & { readonly markers: Markers },
): boolean {
  let offset = start
  for (let index = 0; index < count; index++) {
    if (index % STRIDE === 0) {
      if (offset - start !== view.getUint32(markers.start + (index / STRIDE) * 4, true)) return false
    }
    const { from, to } = codesAt(bytes, offset)
    // Each has its letter at least: what is empty is padding.
    if (to === from || to > markers.start) return false
    offset = to
  }
  return markers.start - offset < PART && bytes.subarray(offset, markers.start).every(byte => byte === 0)
}

function placed(
  bytes: Uint8Array,
  view: DataView,
  { start, index: lastPart, count, tokens }: Names & Texts,
): KernelNames | undefined {
  const size = Math.ceil((count * 4) / PART) * PART
  const orders = [start - 2 * PART - size, lastPart + CODES * 2].flatMap(offsets => {
    if (offsets < 0 || offsets + size + PART > bytes.length) return []
    const base = view.getBigUint64(offsets + size, true)
    return base >> 47n === 0x1ffffn ? [{ offsets, base }] : []
  })
  const [order, another] = orders
  if (order === undefined || another !== undefined) return undefined
  const { offsets, base } = order
  const names: string[] = []
  const letters: string[] = []
  const addresses = new BigUint64Array(count)
  let at = start
  for (let index = 0; index < count; index++) {
    const { from, to } = codesAt(bytes, at)
    let text = ''
    for (let code = from; code < to; code++) text += tokens[bytes[code] ?? 0] ?? ''
    at = to
    // kernel/kallsyms.c, kallsyms_sym_address() with CONFIG_KALLSYMS_ABSOLUTE_PERCPU: what is not negative is absolute.
    const offset = view.getInt32(offsets + index * 4, true)
    addresses[index] = offset >= 0 ? BigInt(offset) : base - 1n - BigInt(offset)
    names.push(text.slice(1))
    letters.push(text.slice(0, 1))
  }
  return { names, letters, addresses }
}
