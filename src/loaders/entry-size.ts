/**
 * How large an entry of a special section is, found out rather than assumed.
 *
 * Xen's structures change between versions, and a wrong stride reads every later entry wrongly. The relocations show
 * the stride: every entry has its owner's field relocated, at the same offset. A size fits when the section is a whole
 * number of entries and the relocations sit exactly at the fields of each. When the size that we know does not fit,
 * the others are tried; only if exactly one fits is it taken, otherwise the object is not understood, by name.
 * It is tempting to use `sizeof` alone: it says 8 for an ASSERT's bug frame, which takes 16.
 */
import { InputError } from '../base/errors.ts'
import type { EntryLayout } from './entries.ts'

/** What is looked at: the section's size in bytes and the offsets of its relocations, ascending or not. */
export interface EntryEvidence {
  readonly size: number
  readonly relocationOffsets: readonly number[]
}

/** Entry sizes by section name, as a probe compiled with the unit's own flags printed them. */
export type ProbedSizes = ReadonlyMap<string, number>

/**
 * The size in bytes of the entries of `layout`'s section. A probed size that contradicts the relocations is an error,
 * as is a section that no known size fits (`special/entry-size`).
 */
export function entrySize(layout: EntryLayout, evidence: EntryEvidence, probed?: ProbedSizes): number {
  const found = fittingSize(layout, evidence, probed)
  if (found !== undefined) return found
  const known = probed?.get(layout.section)
  const first = known ?? layout.size
  throw new InputError(
    'special/entry-size',
    `${layout.section} has ${evidence.size} bytes and ${evidence.relocationOffsets.length} relocations, which entries of ` +
      `${[first, ...layout.otherSizes].join(', ')} bytes do not explain${known === undefined ? '' : ` (a probe says ${known})`}`,
    'this version of the system may lay the section out in another way; please report it with the version',
  )
}

/** The size; undefined where none fits, or several that are not the usual one do. */
export function fittingSize(layout: EntryLayout, evidence: EntryEvidence, probed?: ProbedSizes): number | undefined {
  const known = probed?.get(layout.section)
  const first = known ?? layout.size
  if (fits(layout, first, evidence)) return first
  const others = known === undefined ? layout.otherSizes.filter(size => fits(layout, size, evidence)) : []
  return others.length === 1 ? others[0] : undefined
}

function fits(layout: EntryLayout, size: number, { size: bytes, relocationOffsets }: EntryEvidence): boolean {
  if (bytes % size !== 0) return false
  const required = layout.fields.filter(field => field.optional !== true).length
  const allowed = new Set(layout.fields.map(field => field.offset))
  if (relocationOffsets.some(offset => offset >= bytes || !allowed.has(offset % size))) return false
  return relocationOffsets.length >= (bytes / size) * required
}
