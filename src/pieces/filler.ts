/**
 * What may be padding by its bytes and its place: it fills up to the next symbol or the section's end, has no relocation,
 * and is no longer than aligning what follows can take; nops that a function has in front of it for tracers come on top. Whether something leads to it is another question
 * (`padding.ts`).
 *
 * The object does not say how what follows was to be aligned. It is at most what its place is a multiple of, and at most
 * the section's alignment.
 */

import type { Side } from '../base/side.ts'
import type { ElfSection } from '../elf/model.ts'
import { SHF_EXECINSTR, SHT_NOBITS } from '../elf/spec/constants.ts'
import { machineOf } from '../machines/machines.ts'

/** A section that is being cut. */
export interface Ground<S extends Side> {
  readonly section: ElfSection<S>
  /** EM_* number. */
  readonly machine: number
  /** Offsets of the section's relocations. */
  readonly relocated: ReadonlySet<number>
  /** Places in front of functions that are there for tracers (`prefix.ts`). */
  readonly listed: ReadonlySet<number>
}

/** Whether the bytes from `start` to `end`, which are in no symbol's extent, look like padding. */
export function isFiller<S extends Side>(ground: Ground<S>, start: number, end: number): boolean {
  const { section, machine, relocated, listed } = ground
  // What is aligned is the first of the nops that a list names, or what follows.
  let aligned = start
  while (aligned < end && !listed.has(aligned)) aligned++
  if (aligned - start >= Math.min(alignmentOf(aligned), section.alignment)) return false
  for (let at = start; at < end; at++) if (relocated.has(at)) return false
  if (section.type === SHT_NOBITS) return true
  const bytes = section.bytes.subarray(start, end)
  if ((section.flags & SHF_EXECINSTR) !== 0) {
    const { code, isPadding } = machineOf(machine)
    // Without a decoder nobody can say that nothing runs into it, or jumps there.
    return code !== undefined && isPadding?.(bytes) === true
  }
  return bytes.every(byte => byte === 0)
}

/** The largest power of two that divides `offset`. */
function alignmentOf(offset: number): number {
  let alignment = 1
  while (offset % (alignment * 2) === 0 && alignment < offset) alignment *= 2
  return alignment
}
