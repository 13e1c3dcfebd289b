/**
 * Functions that the starting kernel takes out of the targets of indirect branches, since no pointer of its own leads to them:
 * on a processor that tracks such branches (CET-IBT) it overwrites the mark at their beginning. Whoever takes the address of one
 * later, and calls it by that, stops the kernel.
 * Source: Linux 6.12 arch/x86/kernel/alternative.c, apply_seal_endbr() and poison_endbr(): distances of 4 bytes, each from itself.
 */
import type { Part } from './exports.ts'

export const SEALED = '.ibt_endbr_seal'
const DISTANCE = 4

export function sealedIn({ address, bytes }: Part): readonly bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: Math.floor(bytes.length / DISTANCE) }, (_, index) => {
    const at = index * DISTANCE
    return address + BigInt(at + view.getInt32(at, true))
  })
}
