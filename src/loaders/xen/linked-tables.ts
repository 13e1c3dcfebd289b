/**
 * The special tables of a linked hypervisor: where they lie, and how large their entries are. A linked image has no
 * relocations that would show the stride, so it is shown by what the entries are about: with the right size each of them
 * leads to code. A size that a probe told must do so too; what no size explains is an error, and is never read.
 */
import { InputError } from '../../base/errors.ts'
import type { EntryLayout } from '../entries.ts'
import type { ProbedSizes } from '../entry-size.ts'
import { xenEntryLayout } from './entries.ts'

/** An image as far as its tables need it. */
export interface LinkedImage {
  /** EM_*. */
  readonly machine: number | undefined
  /** What the compiler of its tree said. */
  readonly entrySizes: ProbedSizes | undefined
  addressOf(name: string): bigint | undefined
  bytesAt(address: bigint, size: number): Uint8Array | undefined
  /** Whether code is there, or was while the system booted. */
  isCode(address: bigint): boolean
}

/** An entry, and the place in the code that it is about. */
export interface LinkedEntry {
  readonly address: bigint
  readonly about: bigint
  readonly bytes: DataView
}

interface Bounds {
  readonly start: readonly string[]
  readonly end: readonly string[]
}

/** Between which symbols the linker puts the entries of a section. Source: arch/x86/xen.lds.S, 4.17 to 4.22. */
const TABLES: readonly (readonly [section: string, bounds: Bounds])[] = [
  ['.bug_frames.0', { start: ['__start_bug_frames_0', '__start_bug_frames'], end: ['__stop_bug_frames_0'] }],
  ['.bug_frames.1', { start: ['__start_bug_frames_1', '__stop_bug_frames_0'], end: ['__stop_bug_frames_1'] }],
  ['.bug_frames.2', { start: ['__start_bug_frames_2', '__stop_bug_frames_1'], end: ['__stop_bug_frames_2'] }],
  ['.bug_frames.3', { start: ['__start_bug_frames_3', '__stop_bug_frames_2'], end: ['__stop_bug_frames_3'] }],
  ['.altinstructions', { start: ['__alt_instructions'], end: ['__alt_instructions_end'] }],
  ['.alt_call_sites', { start: ['__alt_call_sites_start'], end: ['__alt_call_sites_end'] }],
  ['.ex_table', { start: ['__start___ex_table'], end: ['__stop___ex_table'] }],
]

/** Sections whose entries the image's tables hold. */
export const TABLE_SECTIONS: readonly string[] = TABLES.map(([section]) => section)

/** Where the table of a section begins and ends; undefined where the image has none. */
export function tableBounds(
  section: string,
  image: Pick<LinkedImage, 'addressOf'>,
): readonly [bigint, bigint] | undefined {
  const names = TABLES.find(([name]) => name === section)?.[1]
  const start = firstOf(names?.start ?? [], image)
  const end = firstOf(names?.end ?? [], image)
  return start === undefined || end === undefined || end < start ? undefined : [start, end]
}

function firstOf(names: readonly string[], { addressOf }: Pick<LinkedImage, 'addressOf'>): bigint | undefined {
  for (const name of names) {
    const address = addressOf(name)
    if (address !== undefined) return address
  }
  return undefined
}

/** The entries of a section's table in its order; undefined where the image has none, or its layout is not known. */
export function linkedEntries(section: string, image: LinkedImage): readonly LinkedEntry[] | undefined {
  const layout = image.machine === undefined ? undefined : xenEntryLayout(section, image.machine)
  const bounds = tableBounds(section, image)
  const bytes = bounds && image.bytesAt(bounds[0], Number(bounds[1] - bounds[0]))
  if (layout === undefined || bounds === undefined || bytes === undefined) return undefined
  const probed = image.entrySizes?.get(section)
  const sizes = probed === undefined ? [layout.size, ...layout.otherSizes] : [probed]
  const readings = sizes.flatMap(size => {
    const entries = entriesOf(layout, { size, start: bounds[0], bytes })
    return entries?.every(({ about }) => image.isCode(about)) === true ? [{ size, entries }] : []
  })
  // The size that is known counts before those that might be; of these there must be one alone.
  const usual = readings.find(({ size }) => size === sizes[0])
  const [only, second] = readings
  const found = usual ?? (second === undefined ? only : undefined)
  if (found !== undefined) return found.entries
  throw new InputError(
    'special/entry-size',
    `the table of ${section} in the image has ${bytes.length} bytes, which entries of ${sizes.join(', ')} bytes that lead to code do not explain${probed === undefined ? '' : ` (a probe says ${probed})`}`,
    'this version of the system may lay the section out in another way; please report it with the version',
  )
}

interface Reading {
  readonly size: number
  readonly start: bigint
  readonly bytes: Uint8Array
}

function entriesOf(layout: EntryLayout, { size, start, bytes }: Reading): readonly LinkedEntry[] | undefined {
  if (bytes.length % size !== 0) return undefined
  return Array.from({ length: bytes.length / size }, (_, index) => {
    const address = start + BigInt(index * size)
    const view = new DataView(bytes.buffer, bytes.byteOffset + index * size, size)
    return { address, about: address + BigInt(distanceIn(view, layout)), bytes: view }
  })
}

/** How far the place that the entry is about lies from it. */
function distanceIn(view: DataView, { fields }: EntryLayout): number {
  const bits = fields[0]?.line?.offsetBits ?? 32
  return (view.getInt32(0, true) << (32 - bits)) >> (32 - bits)
}
