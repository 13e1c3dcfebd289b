/**
 * Structures as the hypervisor reads them: little-endian fields in order, and pointers to other structures.
 *
 * A record is built without knowing where it will lie; `layOut` gives every buffer its address and fills
 * the pointers in. The same record can be named twice and is then laid out once.
 */

import { InputError } from '../../base/errors.ts'

/** Bytes that a pointer can point to, with the places inside them that point on. */
export interface GuestBuffer {
  readonly bytes: Uint8Array
  readonly pointers: readonly { readonly offset: number; readonly to: GuestBuffer }[]
}

export type Field = { readonly bytes: Uint8Array } | { readonly pointer: GuestBuffer }

/** A hypercall's argument: a number (or a pointer of the caller's own making), or the address of a buffer. */
export type Argument = bigint | GuestBuffer

export interface LaidOut {
  /** The arguments, buffers replaced by their addresses. */
  readonly words: readonly bigint[]
  /** What to write where, as offsets from the start of the arena. */
  readonly pieces: readonly { readonly offset: number; readonly bytes: Uint8Array }[]
  /** Where each buffer came to lie, in the order they were met. */
  readonly places: ReadonlyMap<GuestBuffer, number>
}

const ALIGNMENT = 16

export const u16 = (value: number): Field => number(value, 2)
export const u32 = (value: number): Field => number(value, 4)
export const u64 = (value: bigint | number): Field => number(value, 8)
export const zeros = (count: number): Field => ({ bytes: new Uint8Array(count) })
export const raw = (bytes: Uint8Array): Field => ({ bytes })
export const pointerTo = (pointer: GuestBuffer): Field => ({ pointer })

/** A number of 1, 2, 4 or 8 bytes; negative ones in two's complement, bits above the width are lost. */
export function number(value: bigint | number, width: number): Field {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(value)), true)
  return { bytes: bytes.subarray(0, width) }
}

/** Fields one after the other, with no padding but what is given. */
export function record(...fields: readonly Field[]): GuestBuffer {
  const size = fields.reduce((total, field) => total + ('bytes' in field ? field.bytes.length : 8), 0)
  const bytes = new Uint8Array(size)
  const pointers: { offset: number; to: GuestBuffer }[] = []
  let offset = 0
  for (const field of fields) {
    if ('bytes' in field) {
      bytes.set(field.bytes, offset)
      offset += field.bytes.length
    } else {
      pointers.push({ offset, to: field.pointer })
      offset += 8
    }
  }
  return { bytes, pointers }
}

/** A buffer of plain bytes. */
export const buffer = (bytes: Uint8Array): GuestBuffer => ({ bytes, pointers: [] })

/** Text with the NUL that C wants. */
export const cString = (text: string): GuestBuffer => buffer(new TextEncoder().encode(`${text}\0`))

/** Gives every buffer reachable from `args` a place in an arena of `size` bytes that the guest sees at `base`. */
export function layOut(args: readonly Argument[], base: bigint, size: number): LaidOut {
  const places = new Map<GuestBuffer, number>()
  let next = 0
  const place = (target: GuestBuffer): void => {
    if (places.has(target)) return
    places.set(target, next)
    next += Math.ceil(Math.max(target.bytes.length, 1) / ALIGNMENT) * ALIGNMENT
    for (const pointer of target.pointers) place(pointer.to)
  }
  for (const arg of args) if (typeof arg !== 'bigint') place(arg)
  if (next > size) {
    throw new InputError(
      'rehearse/too-large',
      `the buffers of one hypercall take ${next} bytes, but ${size} are shared with the machine`,
      'use smaller buffers',
    )
  }

  const addressOf = (target: GuestBuffer) => base + BigInt(places.get(target) ?? 0)
  const pieces = [...places].map(([target, offset]) => ({ offset, bytes: withPointers(target, addressOf) }))
  return { words: args.map(arg => (typeof arg === 'bigint' ? arg : addressOf(arg))), pieces, places }
}

function withPointers(target: GuestBuffer, addressOf: (target: GuestBuffer) => bigint): Uint8Array {
  if (target.pointers.length === 0) return target.bytes
  const bytes = target.bytes.slice()
  const view = new DataView(bytes.buffer)
  for (const { offset, to } of target.pointers) view.setBigUint64(offset, addressOf(to), true)
  return bytes
}
