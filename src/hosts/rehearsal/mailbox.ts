/**
 * The memory we share with the guest, as a file that QEMU maps into the machine: a device's memory of its own, or all that
 * the machine has, in which the guest says where our part is.
 *
 * Layout: rehearsal/shared/mailbox.h; keep both in step. The first page is the mailbox proper, the rest is
 * room for the buffers of one hypercall. We read and write through the file, QEMU through its mapping:
 * on Linux both are the same pages.
 */

import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { type Board, MAILBOX_SIZE } from './board.ts'
import type { Argument, GuestBuffer } from './record.ts'
import { layOut } from './record.ts'

const PAGE_SIZE = 4096
const MAGIC = 'hotsplic'
const ADDRESS = 0x08
const REQUESTED = 0x10
const COMPLETED = 0x14
const KIND = 0x18
const HEARTBEAT = 0x1c
const NUMBER = 0x20
const RESULT = 0x50
const PATIENCE = 0x58
const ARENA = 0x1000
const ARGUMENTS = 5

const KINDS = { hypercall: 1, nap: 2, 'power-off': 3 } as const

export type MachineRequest =
  | { readonly kind: 'hypercall'; readonly number: bigint; readonly args: readonly Argument[] }
  | { readonly kind: 'nap'; readonly nanoseconds: bigint }
  | { readonly kind: 'power-off' }

export interface Mailbox {
  /** The guest says in which page of the machine its part of the memory begins; false where there is none such. */
  open(page: number): boolean
  /** Posts a request; returns its number. The one before must have been answered. */
  post(request: MachineRequest): number
  /** How many requests the guest has answered. */
  completed(): number
  /** The result of the last request that was answered. */
  result(): bigint
  /** What a buffer of the last request holds now. */
  contents(buffer: GuestBuffer): Uint8Array
  /** Tells the guest that we live. */
  beat(): void
  close(): void
}

/** Creates the mailbox as a new file. The guest ends itself when nothing beat for `patienceMs`; 0 leaves the time to it. */
export function createMailbox(file: string, { size, begins }: Board['shared'], patienceMs = 0): Mailbox {
  const descriptor = openSync(file, 'wx+', 0o600)
  ftruncateSync(descriptor, size)
  let [requests, beats] = [0, 0]
  /** Where the mailbox is in the file; undefined as long as the guest has not said so. */
  let start = begins === undefined ? 0 : undefined
  let places: ReadonlyMap<GuestBuffer, number> = new Map()

  const read = (offset: number, length: number): Buffer => {
    const bytes = Buffer.alloc(length)
    if (start !== undefined) readSync(descriptor, bytes, 0, length, start + offset)
    return bytes
  }
  const write = (offset: number, bytes: Uint8Array) => {
    if (start !== undefined) writeSync(descriptor, bytes, 0, bytes.length, start + offset)
  }
  const begin = () => {
    write(PATIENCE, bigWords([BigInt(patienceMs) * 1_000_000n]))
    write(0, Buffer.from(MAGIC, 'latin1')) // last: it is what a guest waits for that says where
  }

  begin()
  return {
    open(page) {
      if (begins === undefined || start !== undefined) return false
      start = placeIn({ size, begins }, page)
      begin()
      return start !== undefined
    },
    post(request) {
      let number = 0n
      let words: readonly bigint[] = []
      if (request.kind === 'nap') words = [request.nanoseconds]
      if (request.kind === 'hypercall') {
        const base = read(ADDRESS, 8).readBigUInt64LE() + BigInt(ARENA)
        const laidOut = layOut(request.args, base, MAILBOX_SIZE - ARENA)
        for (const piece of laidOut.pieces) write(ARENA + piece.offset, piece.bytes)
        places = laidOut.places
        number = request.number
        words = laidOut.words
      }
      write(KIND, littleEndian32(KINDS[request.kind]))
      write(NUMBER, bigWords([number, ...padded(words)]))
      requests += 1
      write(REQUESTED, littleEndian32(requests)) // last: it is what the guest waits for
      return requests
    },
    completed: () => read(COMPLETED, 4).readUInt32LE(),
    result: () => read(RESULT, 8).readBigInt64LE(),
    contents(target) {
      const offset = places.get(target)
      return offset === undefined ? new Uint8Array(0) : new Uint8Array(read(ARENA + offset, target.bytes.length))
    },
    beat() {
      beats = (beats + 1) >>> 0
      write(HEARTBEAT, littleEndian32(beats))
    },
    close: () => closeSync(descriptor),
  }
}

/** Where the mailbox is in a file of a machine's memory; undefined for a page that is not in it. */
function placeIn({ size, begins }: { readonly size: number; readonly begins: bigint }, page: number | bigint) {
  const place = Number(BigInt(page) * BigInt(PAGE_SIZE) - begins)
  return place < 0 || place + MAILBOX_SIZE > size ? undefined : place
}

function padded(words: readonly bigint[]): bigint[] {
  return Array.from({ length: ARGUMENTS }, (_, index) => words[index] ?? 0n)
}

function littleEndian32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function bigWords(words: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(8 * words.length)
  for (const [index, word] of words.entries()) bytes.writeBigUInt64LE(BigInt.asUintN(64, word), 8 * index)
  return bytes
}
