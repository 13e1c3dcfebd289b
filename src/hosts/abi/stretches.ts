/**
 * How loaders put a payload's sections one after the other: each into one of three stretches of memory, in the order of the file,
 * at the next offset that its alignment allows.
 */
export const STRETCHES = ['code', 'readOnly', 'writable'] as const
export type Stretch = (typeof STRETCHES)[number]

export interface StretchedSection {
  readonly id: number
  readonly alignment: number
  readonly size: number
  readonly stretch: Stretch
}

export interface StretchLayout {
  readonly lengths: Readonly<Record<Stretch, number>>
  /** By section number. */
  readonly places: ReadonlyMap<number, { readonly stretch: Stretch; readonly offset: number }>
}

export function layOutStretches(sections: readonly StretchedSection[]): StretchLayout {
  const lengths = { code: 0, readOnly: 0, writable: 0 }
  const places = new Map<number, { stretch: Stretch; offset: number }>()
  for (const { id, alignment: wanted, size, stretch } of sections) {
    const alignment = Math.max(1, wanted)
    const offset = Math.ceil(lengths[stretch] / alignment) * alignment
    places.set(id, { stretch, offset })
    lengths[stretch] = offset + size
  }
  return { lengths, places }
}
