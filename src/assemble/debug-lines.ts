/**
 * A table of lines (DWARF 5, section 6.2) without the sequences of code that is not in a payload. They would lie at address zero
 * otherwise, where the payload's own file has code as well.
 */
import { Cursor } from '../dwarf/cursor.ts'

export interface LiveLines {
  readonly bytes: Uint8Array
  /** Where a place of the old table is in the new one; undefined where it was cut out. */
  readonly moved: (offset: number) => number | undefined
}

/** The parts of a table that hold names of folders and files, in tables that have them. */
export const namesIn = (table: Uint8Array): readonly Span[] => unitsOf(table).map(({ names }) => names)

export interface Span {
  readonly from: number
  readonly to: number
}

/** `isDead`: whether what is at this place is the address of code that is not there. Tables of 64 bits stay as they are. */
export function liveLines(table: Uint8Array, isDead: (offset: number) => boolean): LiveLines {
  const units = unitsOf(table)
  const dead = units.flatMap(({ sequences }) => sequences.filter(span => span.addresses.some(isDead)))
  const shift = (offset: number) =>
    dead.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(offset, to) - from), 0)
  const kept: Span[] = []
  let at = 0
  for (const { from, to } of dead) {
    kept.push({ from: at, to: from })
    at = to
  }
  kept.push({ from: at, to: table.length })
  const bytes = new Uint8Array(Buffer.concat(kept.map(({ from, to }) => table.subarray(from, to))))
  const view = new DataView(bytes.buffer)
  for (const { from, to } of units) {
    const start = from - shift(from)
    if (to - from > 4) view.setUint32(start, to - shift(to) - start - 4, true)
  }
  const moved = (offset: number) =>
    dead.some(({ from, to }) => offset >= from && offset < to) ? undefined : offset - shift(offset)
  return { bytes, moved }
}

interface Sequence extends Span {
  /** Where addresses are. */
  readonly addresses: readonly number[]
}

interface LineUnit extends Span {
  /** Where names of folders and files begin, and where they end. */
  readonly names: Span
  readonly sequences: readonly Sequence[]
}

const LARGEST_LENGTH = 0xfffffff0

function unitsOf(table: Uint8Array): readonly LineUnit[] {
  const units: LineUnit[] = []
  for (let from = 0; from + 4 <= table.length; ) {
    const cursor = new Cursor(table, '.debug_line', from)
    const length = cursor.u32()
    if (length >= LARGEST_LENGTH) break
    const to = Math.min(cursor.at + length, table.length)
    units.push({ from, to, ...contentsOf(cursor, to) })
    from = to
  }
  return units
}

/** DW_LNS_fixed_advance_pc, the one standard instruction whose operand is no LEB128. */
const FIXED_ADVANCE_PC = 9
/** DW_LNE_*. */
const END_SEQUENCE = 1
const SET_ADDRESS = 2

function contentsOf(cursor: Cursor, end: number): Pick<LineUnit, 'names' | 'sequences'> {
  const version = cursor.u16()
  if (version >= 5) cursor.skip(2)
  const program = cursor.u32() + cursor.at
  // Sizes of instructions, and from version 4 on how many there are in a group; then what a statement is, and the lines' range.
  cursor.skip(version >= 4 ? 5 : 4)
  const lengths = Array.from({ length: cursor.u8() - 1 }, () => cursor.u8())
  const names = { from: cursor.at, to: program }
  cursor.at = program
  const sequences: Sequence[] = []
  let from = program
  let addresses: number[] = []
  while (cursor.at < end) {
    const code = cursor.u8()
    if (code > lengths.length) continue
    if (code === FIXED_ADVANCE_PC) cursor.skip(2)
    else if (code !== 0) for (let left = lengths[code - 1] ?? 0; left > 0; left--) cursor.count()
    else {
      const next = cursor.count() + cursor.at
      const extended = cursor.u8()
      if (extended === SET_ADDRESS) addresses.push(cursor.at)
      cursor.at = next
      if (extended !== END_SEQUENCE) continue
      sequences.push({ from, to: next, addresses })
      from = next
      addresses = []
    }
  }
  return { names, sequences }
}
