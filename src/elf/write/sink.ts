import { InternalError } from '../../base/errors.ts'

const I64_MIN = -(2n ** 63n)
const I64_MAX = 2n ** 63n - 1n

/** A zeroed buffer of a fixed size, written little-endian. A number that does not fit its field is a mistake of ours. */
export class Sink {
  readonly bytes: Uint8Array
  readonly #view: DataView

  constructor(size: number) {
    this.bytes = new Uint8Array(size)
    this.#view = new DataView(this.bytes.buffer)
  }

  u8(offset: number, value: number, what: string): void {
    this.#view.setUint8(offset, checked(value, 0xff, what))
  }

  u16(offset: number, value: number, what: string): void {
    this.#view.setUint16(offset, checked(value, 0xffff, what), true)
  }

  u32(offset: number, value: number, what: string): void {
    this.#view.setUint32(offset, checked(value, 0xffff_ffff, what), true)
  }

  u64(offset: number, value: number, what: string): void {
    checked(value, Number.MAX_SAFE_INTEGER, what)
    this.#view.setUint32(offset, value % 0x1_0000_0000, true)
    this.#view.setUint32(offset + 4, Math.floor(value / 0x1_0000_0000), true)
  }

  i64(offset: number, value: bigint, what: string): void {
    if (value < I64_MIN || value > I64_MAX) throw new InternalError(`${what} is ${value}, which does not fit 64 bits`)
    this.#view.setBigInt64(offset, value, true)
  }

  copy(offset: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, offset)
  }
}

function checked(value: number, largest: number, what: string): number {
  if (Number.isInteger(value) && value >= 0 && value <= largest) return value
  throw new InternalError(`${what} is ${value}, but must be a whole number from 0 to ${largest}`)
}
