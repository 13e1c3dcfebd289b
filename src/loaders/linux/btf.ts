/**
 * Structures of a kernel as its own type information (.BTF) has them: how large they are, and where their members lie.
 * Source: Linux 6.1 Documentation/bpf/btf.rst and include/uapi/linux/btf.h.
 */

export interface Structure {
  /** Bytes. */
  readonly size: number
  /** Offset in bytes of each member that has a name and whole bytes. */
  readonly members: ReadonlyMap<string, number>
}

const MAGIC = 0xeb9f
const HEADER = 24
const TYPE = 12
const MEMBER = 12
const STRUCT = 4

/** Bytes behind a type's header by its kind: for all of it, and for each of its parts. A kind that is missing is not known. */
const BEHIND: ReadonlyMap<number, readonly [whole: number, each: number]> = new Map([
  ...[2, 7, 8, 9, 10, 11, 12, 16, 18].map((kind): readonly [number, readonly [number, number]] => [kind, [0, 0]]),
  [1, [4, 0]],
  [3, [12, 0]],
  [STRUCT, [0, MEMBER]],
  [5, [0, MEMBER]],
  [6, [0, 8]],
  [13, [0, 8]],
  [14, [4, 0]],
  [15, [0, 12]],
  [17, [4, 0]],
  [19, [0, 12]],
])

/** The structures of these names; undefined where the bytes are no type information of a form that is known. */
export function readStructures(
  bytes: Uint8Array,
  names: ReadonlySet<string>,
): ReadonlyMap<string, Structure> | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < HEADER || view.getUint16(0, true) !== MAGIC || view.getUint8(2) !== 1) return undefined
  const [length, typesAt, typesSize, stringsAt, stringsSize] = [4, 8, 12, 16, 20].map(at => view.getUint32(at, true))
  if (length === undefined || typesAt === undefined || typesSize === undefined) return undefined
  if (stringsAt === undefined || stringsSize === undefined) return undefined
  const [from, end] = [length + typesAt, length + typesAt + typesSize]
  if (end > bytes.length || length + stringsAt + stringsSize > bytes.length) return undefined
  const strings = Buffer.from(bytes.buffer, bytes.byteOffset + length + stringsAt, stringsSize)
  const textAt = (at: number) => strings.toString('latin1', at, Math.max(at, strings.indexOf(0, at)))
  const found = new Map<string, Structure>()
  for (let at = from; at + TYPE <= end; ) {
    const info = view.getUint32(at + 4, true)
    const [kind, count] = [(info >>> 24) & 0x1f, info & 0xffff]
    const behind = BEHIND.get(kind)
    if (behind === undefined) return undefined
    const next = at + TYPE + behind[0] + behind[1] * count
    if (next > end) return undefined
    const name = kind === STRUCT ? textAt(view.getUint32(at, true)) : ''
    if (names.has(name)) {
      // Two of one name say nothing certain of either.
      if (found.has(name)) return undefined
      const members = membersOf(view, { at: at + TYPE, count, hasBitfields: info >>> 31 === 1, textAt })
      found.set(name, { size: view.getUint32(at + 8, true), members })
    }
    at = next
  }
  return found
}

interface Members {
  readonly at: number
  readonly count: number
  readonly hasBitfields: boolean
  readonly textAt: (at: number) => string
}

function membersOf(view: DataView, { at, count, hasBitfields, textAt }: Members): ReadonlyMap<string, number> {
  const members = new Map<string, number>()
  for (let index = 0; index < count; index++) {
    const member = at + index * MEMBER
    const word = view.getUint32(member + 8, true)
    const [bits, width] = hasBitfields ? [word & 0xffffff, word >>> 24] : [word, 0]
    const name = textAt(view.getUint32(member, true))
    if (name !== '' && width === 0 && bits % 8 === 0) members.set(name, bits / 8)
  }
  return members
}
