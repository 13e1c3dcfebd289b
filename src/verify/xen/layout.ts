/**
 * Where the loader puts each section, and the copy it makes (xen/common/livepatch.c, "move_payload").
 *
 * Sections with SHF_ALLOC go, in the order of the file, to one of three stretches by their flags. The arithmetic is C's,
 * overflow included: an alignment of 0 makes the stretch forget what it already holds, and offsets are cut to 32 bits.
 */
import type { PayloadImage } from '../model.ts'
import { ALLOC, EXECUTE, type RawPayload, type RawSection, roundUp, u64, WRITE } from './raw.ts'

export const PAGE = 4096n
const NOBITS = 8

export interface Layout {
  readonly start: bigint
  readonly textSize: bigint
  readonly writableSize: bigint
  readonly readOnlySize: bigint
  /** Of all three stretches. */
  readonly pages: bigint
  /** By section index; sections that are not loaded, or refused, are missing. */
  readonly addresses: ReadonlyMap<number, bigint>
}

type Stretch = 'text' | 'writable' | 'readOnly'

/** Undefined for a section that is both writable and executable: the loader refuses it. */
function stretchOf({ flags }: RawSection): Stretch | undefined {
  if (flags & EXECUTE) return flags & WRITE ? undefined : 'text'
  return flags & WRITE ? 'writable' : 'readOnly'
}

export const isLoaded = ({ flags }: RawSection): boolean => (flags & ALLOC) !== 0

export function placeSections(sections: readonly RawSection[], start: bigint): Layout {
  const sizes: Record<Stretch, bigint> = { text: 0n, writable: 0n, readOnly: 0n }
  const placed: { index: number; stretch: Stretch; offset: bigint }[] = []
  for (const section of sections) {
    const stretch = isLoaded(section) ? stretchOf(section) : undefined
    if (stretch === undefined) continue
    const offset = roundUp(sizes[stretch], section.alignment)
    placed.push({ index: section.index, stretch, offset: BigInt.asUintN(32, offset) })
    sizes[stretch] = u64(offset + section.size)
  }
  const writable = u64(start + roundUp(sizes.text, PAGE))
  const readOnly = u64(writable + roundUp(sizes.writable, PAGE))
  const bases: Record<Stretch, bigint> = { text: start, writable, readOnly }
  return {
    start,
    textSize: sizes.text,
    writableSize: sizes.writable,
    readOnlySize: sizes.readOnly,
    pages: roundUp(u64(readOnly - start + sizes.readOnly), PAGE) / PAGE,
    addresses: new Map(placed.map(({ index, stretch, offset }) => [index, u64(bases[stretch] + offset)])),
  }
}

export interface Copied {
  readonly image: PayloadImage
  /** Sections that would be written past the memory that was made. */
  readonly outside: readonly RawSection[]
  /** Sections that overwrite part of an earlier one. */
  readonly overlapping: readonly (readonly [RawSection, RawSection])[]
}

/** Makes the memory and fills it; `layout.pages` is known to be reasonable. */
export function copySections(layout: Layout, sections: readonly RawSection[], raw: RawPayload): Copied {
  const { start, textSize, writableSize, readOnlySize } = layout
  const bytes = new Uint8Array(Number(layout.pages * PAGE))
  const outside: RawSection[] = []
  const overlapping: (readonly [RawSection, RawSection])[] = []
  const written: { section: RawSection; from: bigint; to: bigint }[] = []
  for (const section of sections) {
    const address = layout.addresses.get(section.index)
    if (address === undefined || section.size === 0n) continue
    const from = address - start
    const to = from + section.size
    if (to > BigInt(bytes.length)) {
      outside.push(section)
      continue
    }
    const hit = written.find(earlier => earlier.from < to && from < earlier.to)
    if (hit !== undefined) overlapping.push([hit.section, section])
    written.push({ section, from, to })
    if (section.type === NOBITS && hit !== undefined) bytes.fill(0, Number(from), Number(to))
    if (section.type !== NOBITS)
      bytes.set(raw.bytes.subarray(Number(section.offset), Number(section.offset + section.size)), Number(from))
  }
  return { image: { start, textSize, writableSize, readOnlySize, bytes }, outside, overlapping }
}
