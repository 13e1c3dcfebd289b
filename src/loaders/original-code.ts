/**
 * What a payload tells its loader of the functions that it replaces, as they must be in the running system: a digest of
 * each one's bytes without those that a linker fills or rewrites, and all names that the function has. So the code that
 * runs is compared with the code that the patch was made for, though whoever loads has no tree.
 *
 * A section of the payload that is not loaded, as text: one JSON value, in the order of the table of functions.
 */
import { createHash } from 'node:crypto'
import type { Machine, RelocationType } from '../machines/machine.ts'

export const ORIGINALS = '.hotsplice.originals'

export interface OriginalCode {
  /** As the table of functions has it. */
  readonly name: string
  readonly size: number
  /** All names of that place, in the spelling of the running system. */
  readonly names: readonly string[]
  /** Stretches [start, end) that the linker decides, ascending; they may overlap. */
  readonly linked: readonly (readonly [number, number])[]
  /** SHA-256 of the bytes with those of `linked` as zeros. */
  readonly digest: string
}

/**
 * The bytes before and behind a field that a linker may rewrite with it (System V ABI for x86-64, "Optimize GOTPCRELX
 * Relocations", and "ELF Handling for Thread-Local Storage", whose sequences have 16 bytes).
 */
const REWRITTEN: Readonly<Record<NonNullable<RelocationType['indirect']>, readonly [number, number]>> = {
  got: [3, 0],
  plt: [1, 0],
  tls: [4, 12],
  ifunc: [0, 0],
}

/** Which bytes the linker decides; undefined where a relocation is not known, so that nothing can be said. */
export function linkedBytes(
  machine: Machine,
  relocations: readonly { readonly offset: number; readonly type: number }[],
  size: number,
): OriginalCode['linked'] | undefined {
  const stretches: (readonly [number, number])[] = []
  for (const { offset, type } of relocations) {
    const known = machine.relocationType(type)
    if (known === undefined) return undefined
    const [before, behind] = known.indirect === undefined ? [0, 0] : REWRITTEN[known.indirect]
    stretches.push([Math.max(0, offset - before), Math.min(size, offset + Math.max(known.field.bytes, behind))])
  }
  return stretches
}

/** The digest of a function's bytes; `linked` is not part of it. */
export function digestOf(bytes: Uint8Array, linked: OriginalCode['linked']): string {
  const rest = bytes.slice()
  for (const [start, end] of linked) rest.fill(0, start, end)
  return createHash('sha256').update(rest).digest('hex')
}

export function encodeOriginals(originals: readonly OriginalCode[]): Uint8Array {
  return Buffer.from(JSON.stringify(originals), 'utf8')
}

/** Undefined where it is something else. */
export function decodeOriginals(bytes: Uint8Array): readonly OriginalCode[] | undefined {
  let found: unknown
  try {
    found = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
  return Array.isArray(found) && found.every(isOriginal) ? found : undefined
}

function isOriginal(found: unknown): found is OriginalCode {
  if (typeof found !== 'object' || found === null) return false
  if (!('name' in found && 'size' in found && 'names' in found && 'linked' in found && 'digest' in found)) return false
  const { name, size, names, linked, digest } = found
  return (
    [name, digest].every(isText) &&
    Number.isSafeInteger(size) &&
    Array.isArray(names) &&
    names.every(isText) &&
    Array.isArray(linked) &&
    linked.every(isStretch)
  )
}

const isText = (found: unknown): boolean => typeof found === 'string'
const isStretch = (found: unknown): boolean =>
  Array.isArray(found) && found.length === 2 && found.every(each => Number.isSafeInteger(each) && each >= 0)
