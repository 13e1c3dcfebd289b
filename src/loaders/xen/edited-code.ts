/**
 * Alternatives are applied while a payload is loaded, before any of its hooks can run, and what they edit is made ready to
 * run at once. An entry may replace code by itself: an entry for a feature that every processor has changes nothing.
 *
 * Sources: xen/arch/arm/alternative.c, __apply_alternatives; common/livepatch.c, prepare_payload: what is edited has to lie
 * in the payload's code, and what it becomes in `.altinstr_replacement`, which is code as well. All of 4.17 to 4.22.
 */
import { AARCH64 } from '../../machines/aarch64/aarch64.ts'
import type { EditedCode } from '../loader.ts'

const ENTRY_SIZE = 12
/** LIVEPATCH_FEATURE, which Xen sets where it can be patched (arch/arm/livepatch.c, arch_livepatch_init). */
const ALWAYS = 4
/** A length is one byte. */
const MOST = 255

function entry(length: number): Uint8Array {
  if (length > MOST) throw new RangeError(`an alternative has at most ${MOST} bytes, not ${length}`)
  const bytes = new Uint8Array(ENTRY_SIZE)
  new DataView(bytes.buffer).setUint16(8, ALWAYS, true)
  bytes.fill(length, 10)
  return bytes
}

const ON_AARCH64: EditedCode = { code: '.altinstr_replacement', table: '.altinstructions', entry, fields: [0, 4] }

/** To add a machine: a row. */
const EDITED: ReadonlyMap<number, EditedCode> = new Map([[AARCH64.number, ON_AARCH64]])

export const xenEditedCode = (machine: number): EditedCode | undefined => EDITED.get(machine)
