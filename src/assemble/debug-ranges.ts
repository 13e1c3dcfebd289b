/** The table of a unit's ranges of code (DWARF 5, section 6.1.2), with those alone that are in a payload. */
import type { PayloadPlace } from './debug-places.ts'

export interface DebugTarget {
  readonly offset: number
  /** R_* number. */
  readonly type: number
  /** Undefined for what is not in the payload. */
  readonly to: PayloadPlace | undefined
}

type LiveTarget = { readonly type: number; readonly to: PayloadPlace }

export interface LiveRange {
  /** The unit that it is about. */
  readonly info: LiveTarget | undefined
  readonly ranges: readonly (LiveTarget & { readonly length: bigint })[]
}

/** With addresses of eight bytes; the head is filled up to a whole pair. */
export const RANGES_HEAD = { info: 6, size: 16 } as const
const VERSION = 2

/** Of the table of an object, which has one unit. Of another form, nothing is taken. */
export function liveRanges(content: Uint8Array, targets: readonly DebugTarget[]): LiveRange {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  const none: LiveRange = { info: undefined, ranges: [] }
  if (content.length < RANGES_HEAD.size || view.getUint32(0, true) !== content.length - 4) return none
  if (view.getUint16(4, true) !== VERSION || view.getUint8(10) !== 8 || view.getUint8(11) !== 0) return none
  const live = targets.flatMap(({ offset, type, to }) => (to === undefined ? [] : [{ offset, type, to }]))
  return {
    info: live.find(({ offset }) => offset === RANGES_HEAD.info),
    ranges: live.flatMap(({ offset, type, to }) =>
      offset < RANGES_HEAD.size || offset + 16 > content.length
        ? []
        : [{ type, to, length: view.getBigUint64(offset + 8, true) }],
    ),
  }
}

/** As bytes, without the addresses, which are relocations; a pair of zeros ends them. */
export function rangesBytes(ranges: LiveRange['ranges']): Uint8Array {
  const bytes = new Uint8Array(RANGES_HEAD.size + 16 * (ranges.length + 1))
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bytes.length - 4, true)
  view.setUint16(4, VERSION, true)
  view.setUint8(10, 8)
  for (const [at, { length }] of ranges.entries()) view.setBigUint64(RANGES_HEAD.size + at * 16 + 8, length, true)
  return bytes
}
