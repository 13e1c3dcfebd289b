/**
 * One entry of `.livepatch.funcs`: Xen's `struct livepatch_func`, version 2, as 64-bit systems lay it out.
 * Source: public/sysctl.h; the two pointers `name` and `new_addr` are relocated, `old_addr` 0 asks for `name`.
 */
import { InternalError } from '../base/errors.ts'

export const FUNC_SIZE = 104
export const FUNC_VERSION = 2
/** Where the fields are, in bytes. */
export const FUNC_FIELDS = {
  name: 0,
  newAddress: 8,
  oldAddress: 16,
  newSize: 24,
  oldSize: 28,
  version: 32,
  expectation: 72,
} as const
/** Bytes of the old function that an expectation can hold. */
export const EXPECTATION_LIMIT = 31

export interface FuncEntry {
  readonly newSize: number
  readonly oldSize: number
  /** The old function's first bytes, which the loader compares before it patches. */
  readonly expectation?: Uint8Array | undefined
}

/** What `readFunc` finds; the name and the addresses are relocated and so not in the bytes. */
export interface FuncFields extends FuncEntry {
  readonly oldAddress: bigint
  readonly version: number
}

/** What a call's bytes are known by among expectations, those of functions being known by their running names. */
export const callKey = (runningName: string, at: number): string => `${runningName} +${at}`

/** The entry's bytes, with the relocated fields zero. */
export function funcBytes({ newSize, oldSize, expectation }: FuncEntry): Uint8Array {
  const bytes = new Uint8Array(FUNC_SIZE)
  const view = new DataView(bytes.buffer)
  view.setUint32(FUNC_FIELDS.newSize, newSize, true)
  view.setUint32(FUNC_FIELDS.oldSize, oldSize, true)
  view.setUint8(FUNC_FIELDS.version, FUNC_VERSION)
  if (expectation === undefined || expectation.length === 0) return bytes
  if (expectation.length > Math.min(EXPECTATION_LIMIT, oldSize)) {
    throw new InternalError(`an expectation of ${expectation.length} bytes for a function of ${oldSize}`)
  }
  // enabled: 1 bit, len: 5 bits, rsv: 2 bits.
  view.setUint8(FUNC_FIELDS.expectation, 1 | (expectation.length << 1))
  bytes.set(expectation, FUNC_FIELDS.expectation + 1)
  return bytes
}

/** Reads the entry that starts at `at`; the caller has checked that it lies within `bytes`. */
export function readFunc(bytes: Uint8Array, at: number): FuncFields {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, FUNC_SIZE)
  const flags = view.getUint8(FUNC_FIELDS.expectation)
  const start = at + FUNC_FIELDS.expectation + 1
  return {
    newSize: view.getUint32(FUNC_FIELDS.newSize, true),
    oldSize: view.getUint32(FUNC_FIELDS.oldSize, true),
    oldAddress: view.getBigUint64(FUNC_FIELDS.oldAddress, true),
    version: view.getUint8(FUNC_FIELDS.version),
    expectation: (flags & 1) === 1 ? bytes.slice(start, start + ((flags >> 1) & EXPECTATION_LIMIT)) : undefined,
  }
}
