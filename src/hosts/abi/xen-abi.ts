/**
 * Xen's interfaces as far as a rehearsal speaks them: the live patching operations (a sysctl), debug keys,
 * and the parts of xen_version. Pure: builds the structures, and reads what came back.
 *
 * The numbers are Xen's public interface, the same from 4.17 to 4.22 but for the sysctl interface's
 * version (0x15 to 4.20, 0x16 from 4.21), which is why it is probed.
 */

import type { Field, GuestBuffer } from '../rehearsal/record.ts'
import { buffer, cString, pointerTo, record, u16, u32, u64, zeros } from '../rehearsal/record.ts'

/** Hypercalls by name, for scripts. */
export const HYPERCALLS: Readonly<Record<string, number>> = {
  set_trap_table: 0,
  mmu_update: 1,
  platform_op: 7,
  memory_op: 12,
  multicall: 13,
  update_va_mapping: 14,
  set_timer_op: 15,
  xen_version: 17,
  console_io: 18,
  grant_table_op: 20,
  vm_assist: 21,
  vcpu_op: 24,
  mmuext_op: 26,
  xsm_op: 27,
  sched_op: 29,
  event_channel_op: 32,
  physdev_op: 33,
  hvm_op: 34,
  sysctl: 35,
  domctl: 36,
  kexec_op: 37,
  argo_op: 39,
  xenpmu_op: 40,
  dm_op: 41,
  hypfs_op: 42,
}

export const XEN_VERSION = 17n
export const SYSCTL = 35n

/** Newest first would be as good: a wrong one is refused with EACCES and has no effect. */
export const SYSCTL_VERSIONS: readonly number[] = [0x15, 0x16, 0x14, 0x17, 0x18, 0x19]

/** Xen refuses larger payloads before it looks at them. */
const LARGEST_PAYLOAD = 2 * 1024 * 1024

const SYSCTL_DEBUG_KEYS = 7
const SYSCTL_LIVEPATCH = 27
const SYSCTL_SIZE = 136

const OPERATION = { upload: 0, get: 1, list: 2, action: 3 } as const
const ACTION = { unload: 1, revert: 2, apply: 3, replace: 4 } as const
/** What can be done with a payload that was uploaded. */
export type ActionName = 'unload' | 'revert' | 'apply' | 'replace'

/** The state that a payload must be in for an action to do anything. */
export const ACTS_IN: Readonly<Record<ActionName, PayloadState>> = {
  unload: 'CHECKED',
  revert: 'APPLIED',
  apply: 'CHECKED',
  replace: 'CHECKED',
}

const APPLY_NODEPS = 1
const NAME_FIELDS = 16
/** Offsets in the whole sysctl structure: its header, the live patching operation's header, then the union. */
const UNION = 16
const GET_STATE = UNION + NAME_FIELDS
const LIST_NR = UNION + 8
const LIST_NAME_TOTAL = UNION + 16
const LIST_METADATA_TOTAL = UNION + 20

/** Where a payload is: uploaded and checked, or applied. What a host says otherwise is given as it is. */
export type PayloadState = 'CHECKED' | 'APPLIED' | `unknown (${number})`

/** How a payload is. */
export interface PayloadStatus {
  readonly state: PayloadState
  /** The result of its last action; -EAGAIN while one is under way. */
  readonly rc: number
}

/** A payload as the list of a host has it. */
export interface ListedPayload extends PayloadStatus {
  readonly name: string
  /** The strings of its .modinfo, separated by spaces. */
  readonly metadata: string
  /** Where the host tells it: Xen tells names only. */
  readonly buildId?: string | null
}

function sysctl(version: number, command: number, fields: readonly Field[]): GuestBuffer {
  const head = record(u32(command), u32(version), ...fields)
  const rest = zeros(SYSCTL_SIZE - head.bytes.length)
  return record(u32(command), u32(version), ...fields, rest)
}

function livepatch(version: number, operation: keyof typeof OPERATION, fields: readonly Field[]): GuestBuffer {
  return sysctl(version, SYSCTL_LIVEPATCH, [u32(OPERATION[operation]), u32(0), ...fields])
}

function nameFields(name: string): Field[] {
  const text = cString(name)
  return [pointerTo(text), u16(text.bytes.length), zeros(6)]
}

export function uploadRequest(version: number, name: string, payload: Uint8Array): GuestBuffer {
  // What is too large is refused by its size alone, so the size alone is enough to show.
  const shown = payload.length > LARGEST_PAYLOAD ? payload.subarray(0, 4096) : payload
  return livepatch(version, 'upload', [...nameFields(name), u64(payload.length), pointerTo(buffer(shown))])
}

export function getRequest(version: number, name: string): GuestBuffer {
  return livepatch(version, 'get', nameFields(name))
}

export function readGet(reply: Uint8Array): PayloadStatus {
  return statusAt(reply, GET_STATE)
}

export interface ActionRequest {
  readonly action: ActionName
  readonly name: string
  /** Zero: the hypervisor's default. */
  readonly timeoutNs: number
  readonly nodeps: boolean
}

export function actionRequest(version: number, { action, name, timeoutNs, nodeps }: ActionRequest): GuestBuffer {
  const flags = nodeps ? APPLY_NODEPS : 0
  return livepatch(version, 'action', [...nameFields(name), u32(ACTION[action]), u32(timeoutNs), u32(flags), u32(0)])
}

/** Asks only how many payloads there are, and how much room their names take. */
export function countRequest(version: number): GuestBuffer {
  return livepatch(version, 'list', [])
}

export interface ListSizes {
  readonly count: number
  readonly nameBytes: number
  readonly metadataBytes: number
}

export function readCount(reply: Uint8Array): ListSizes {
  const view = viewOf(reply)
  return {
    count: view.getUint32(LIST_NR, true),
    nameBytes: view.getUint32(LIST_NAME_TOTAL, true),
    metadataBytes: view.getUint32(LIST_METADATA_TOTAL, true),
  }
}

export interface ListRequest {
  readonly whole: GuestBuffer
  readonly statuses: GuestBuffer
  readonly names: GuestBuffer
  readonly nameLengths: GuestBuffer
  readonly metadata: GuestBuffer
  readonly metadataLengths: GuestBuffer
}

/** Asks for all rows from the one with the number `from`. */
export function listRequest(version: number, sizes: ListSizes, from: number): ListRequest {
  const { count, nameBytes, metadataBytes } = sizes
  const room = (size: number) => buffer(new Uint8Array(size))
  const statuses = room(8 * count)
  const names = room(nameBytes)
  const nameLengths = room(4 * count)
  const metadata = room(metadataBytes)
  const metadataLengths = room(4 * count)
  const arrays = [statuses, names, nameLengths, metadata, metadataLengths].map(pointerTo)
  const numbers = [u32(0), u32(from), u32(count - from), u32(0), u32(nameBytes), u32(metadataBytes)]
  const whole = livepatch(version, 'list', [...numbers, ...arrays])
  return { whole, statuses, names, nameLengths, metadata, metadataLengths }
}

/** The first `count` rows; `contents` tells what a buffer of the request holds after the call. */
export function readList(
  request: ListRequest,
  count: number,
  contents: (target: GuestBuffer) => Uint8Array,
): ListedPayload[] {
  const statuses = contents(request.statuses)
  const names = textPieces(contents(request.names), contents(request.nameLengths))
  const metadata = textPieces(contents(request.metadata), contents(request.metadataLengths))
  return Array.from({ length: count }, (_, index) => ({
    name: names[index] ?? '',
    ...statusAt(statuses, 8 * index),
    metadata: metadata[index] ?? '',
  }))
}

export function debugKeysRequest(version: number, keys: string): GuestBuffer {
  const text = buffer(new TextEncoder().encode(keys))
  return sysctl(version, SYSCTL_DEBUG_KEYS, [pointerTo(text), u32(text.bytes.length)])
}

function statusAt(bytes: Uint8Array, offset: number): PayloadStatus {
  const view = viewOf(bytes)
  const state = view.getUint32(offset, true)
  const rc = view.getInt32(offset + 4, true)
  if (state === 1) return { state: 'CHECKED', rc }
  if (state === 2) return { state: 'APPLIED', rc }
  return { state: `unknown (${state})`, rc }
}

/** Cuts an array of texts that lie one after the other; NULs in a text become spaces. */
function textPieces(text: Uint8Array, lengths: Uint8Array): string[] {
  const view = viewOf(lengths)
  const pieces: string[] = []
  let offset = 0
  for (let index = 0; 4 * index < lengths.length; index++) {
    const length = view.getUint32(4 * index, true)
    pieces.push(
      textOf(text.subarray(offset, offset + length))
        .replaceAll('\0', ' ')
        .trim(),
    )
    offset += length
  }
  return pieces
}

/** Text as Xen writes it; anything but ASCII comes out as something printable, never as an error. */
const textOf = (bytes: Uint8Array): string => new TextDecoder('utf-8').decode(bytes)

/** Text up to the first NUL. */
export const cText = (bytes: Uint8Array): string => textOf(bytes).split('\0', 1)[0] ?? ''

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** One thing that xen_version tells: the sub-operation, the buffer it fills, and the parts that lie in it. */
export interface VersionPart {
  readonly operation: number
  readonly size: number
  readonly fields: readonly { readonly name: string; readonly offset: number; readonly size: number }[]
}

const single = (name: string, operation: number, size: number): VersionPart => ({
  operation,
  size,
  fields: [{ name, offset: 0, size }],
})

/** Texts, in the order they are shown. Sub-operation 0 (the number) and 10 (the build-id) are not texts. */
export const VERSION_PARTS: readonly VersionPart[] = [
  single('extra-version', 1, 16),
  single('changeset', 4, 64),
  {
    operation: 2,
    size: 144,
    fields: [
      { name: 'compiler', offset: 0, size: 64 },
      { name: 'compiled-by', offset: 64, size: 16 },
      { name: 'compile-domain', offset: 80, size: 32 },
      { name: 'compile-date', offset: 112, size: 32 },
    ],
  },
  single('capabilities', 3, 1024),
  single('command-line', 9, 1024),
]

export const VERSION_NUMBER = 0n
export const VERSION_PAGE_SIZE = 7n
export const VERSION_BUILD_ID = 10n
const BUILD_ID_ROOM = 64

/** The build-id's structure: how much room there is, then the bytes. */
export const buildIdRequest = (): GuestBuffer => record(u32(BUILD_ID_ROOM), zeros(BUILD_ID_ROOM))
export const readBuildId = (reply: Uint8Array, length: number): string =>
  Buffer.from(reply.subarray(4, 4 + length)).toString('hex')
