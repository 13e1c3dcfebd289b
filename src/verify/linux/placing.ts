/**
 * Where a module's sections are once it is loaded. The loader takes any place in its range; sections that are not loaded
 * keep the place that they have in its copy of the file, and symbols in them lead there.
 */
import { ALLOC, type RawSection } from '../xen/raw.ts'

export interface Placed {
  /** By section index. */
  readonly addresses: readonly bigint[]
}

const MODULES = 0xffff_ffff_c010_0000n
const COPY = 0xffff_c900_0010_0000n
const PAGE = 4096n

export function placeModule(sections: readonly RawSection[]): Placed {
  let next = MODULES
  return {
    addresses: sections.map(({ flags, size, offset, index }) => {
      if (index === 0) return 0n
      if ((flags & ALLOC) === 0) return COPY + offset
      const address = next
      next += ((size + PAGE - 1n) / PAGE) * PAGE
      return address
    }),
  }
}
