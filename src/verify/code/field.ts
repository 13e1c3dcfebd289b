/**
 * Relocated fields of code and data that a linker has filled in: what is in the field, what would be in it if its
 * symbol were at some address, and at which address the symbol must be.
 */

import { isWhole } from '../../machines/fields.ts'
import { machineOf } from '../../machines/machines.ts'

export interface LinkedField {
  /** Bytes. */
  readonly width: number
  /** As it is there, unsigned. */
  readonly value: bigint
  /** What it should hold if what it reaches began at `address`. */
  expected(address: bigint): bigint
  /** Where what it reaches begins; undefined where the field is too narrow to tell. */
  readonly reached: bigint | undefined
}

export interface FieldPlace {
  readonly machine: number
  /** R_* number. */
  readonly type: number
  /** Of the field, in the running system. */
  readonly address: bigint
  /** Added to where the reached thing begins: the reference's delta, and a bug frame's line. */
  readonly addend: bigint
}

/** The field at `offset` of `bytes`; undefined where the relocation is none that says all about its field. */
export function linkedField(bytes: Uint8Array, offset: number, place: FieldPlace): LinkedField | undefined {
  const type = machineOf(place.machine).relocationType(place.type)
  // In instructions of AArch64 the bits lie apart, and their pairs have to be looked at together.
  if (type === undefined || !isWhole(type.field)) return undefined
  // A call through the table of procedures is a direct one in an image that is linked whole.
  if (type.indirect !== undefined && type.indirect !== 'plt') return undefined
  const { bytes: width } = type.field
  const value = unsignedAt(bytes, offset, width)
  if (value === undefined) return undefined
  const from = type.pcRelative ? place.address : 0n
  const bits = width * 8
  const isWide = type.pcRelative || width === 8
  return {
    width,
    value,
    expected: address => BigInt.asUintN(bits, address + place.addend - from),
    reached: isWide ? BigInt.asUintN(64, BigInt.asIntN(bits, value) + from - place.addend) : undefined,
  }
}

function unsignedAt(bytes: Uint8Array, offset: number, width: number): bigint | undefined {
  if (offset < 0 || offset + width > bytes.length) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, width)
  switch (width) {
    case 8:
      return view.getBigUint64(0, true)
    case 4:
      return BigInt(view.getUint32(0, true))
    case 2:
      return BigInt(view.getUint16(0, true))
    default:
      return BigInt(view.getUint8(0))
  }
}
