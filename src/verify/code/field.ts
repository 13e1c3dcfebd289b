/**
 * Relocated fields of code and data that a linker has filled in: what is in the field, what would be in it if its
 * symbol were at some address, and at which address the symbol must be.
 */

import { isWhole, maskOf, valueIn } from '../../machines/fields.ts'
import type { RelocationType } from '../../machines/machine.ts'
import { machineOf } from '../../machines/machines.ts'

export interface LinkedField {
  /** Bytes. */
  readonly width: number
  /** As it is there; of a page or a place in one, that page or place. */
  readonly value: bigint
  /** Whether the instruction around it is another one than the compiler wrote. */
  readonly isOther: boolean
  /** What `value` should be if what it reaches began at `address`. */
  expected(address: bigint): bigint
  /** Where what it reaches begins; undefined where the field alone does not tell. */
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
  /** What the compiler wrote there. */
  readonly own: Uint8Array
}

/** The field at `offset` of `bytes`; undefined where the relocation is none that says all about its field. */
export function linkedField(bytes: Uint8Array, offset: number, place: FieldPlace): LinkedField | undefined {
  const type = machineOf(place.machine).relocationType(place.type)
  if (type === undefined || type.field.bytes === 0) return undefined
  // A call through the table of procedures is a direct one in an image that is linked whole.
  if (type.indirect !== undefined && type.indirect !== 'plt') return undefined
  const word = unsignedAt(bytes, offset, type.field.bytes)
  if (word === undefined) return undefined
  return isWhole(type.field) ? wholeField(word, type, place) : bitField(word, type, { bytes, offset, place })
}

function wholeField(value: bigint, { field, pcRelative, extended }: RelocationType, place: FieldPlace): LinkedField {
  const { bytes: width } = field
  const from = pcRelative ? place.address : 0n
  const bits = width * 8
  const isWide = pcRelative || width === 8 || extended !== undefined
  const whole = extended === 'zero' ? value : BigInt.asIntN(bits, value)
  return {
    width,
    value,
    isOther: false,
    expected: address => BigInt.asUintN(bits, address + place.addend - from),
    reached: isWide ? BigInt.asUintN(64, whole + from - place.addend) : undefined,
  }
}

const IN_PAGE = 0xfffn

interface BitPlace {
  readonly bytes: Uint8Array
  readonly offset: number
  readonly place: FieldPlace
}

/** Some bits of an instruction: a distance; or a part of a place, which only both of its instructions tell. */
function bitField(word: bigint, { field, pcRelative, part }: RelocationType, at: BitPlace): LinkedField {
  const { own, address, addend, machine } = at.place
  const width = field.bytes
  const before = unsignedAt(own, 0, width)
  const isOther = before === undefined || ((before ^ word) & ~maskOf(field)) !== 0n
  if (part === 'page') {
    const page = machineOf(machine).code?.pageNamed(own, at.bytes.subarray(at.offset, at.offset + width), address)
    const expected = (place: bigint) => BigInt.asUintN(64, place + addend) & ~IN_PAGE
    return { width, value: page ?? 0n, isOther: page === undefined, expected, reached: undefined }
  }
  if (part === 'in-page') {
    const expected = (place: bigint) => (place + addend) & IN_PAGE
    return { width, value: valueIn(field, word, false), isOther, expected, reached: undefined }
  }
  const distance = valueIn(field, word, pcRelative)
  const from = pcRelative ? address : 0n
  return {
    width,
    value: distance,
    isOther,
    expected: place => place + addend - from,
    reached: pcRelative ? BigInt.asUintN(64, distance + from - addend) : undefined,
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
