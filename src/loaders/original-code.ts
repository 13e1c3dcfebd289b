/**
 * What a payload tells its loader of the functions that it replaces, as they must be in the running system: a digest of
 * each one's bytes without those that a linker fills or rewrites, what these lead to by name, the same for its out-of-line
 * parts, and all names that the function has. So the code that runs is compared with the code that the patch was made for,
 * though whoever loads has no tree.
 *
 * A section of the payload that is not loaded, as text: one JSON value, in the order of the table of functions, and behind
 * these the functions that stay and of which the payload has a copy for all of their callers.
 */
import { createHash } from 'node:crypto'
import type { Machine, RelocationType } from '../machines/machine.ts'

export const ORIGINALS = '.hotsplice.originals'

/** A field that the linker fills: where it is, its type (R_*), a name of the running system, and the whole addend from there. */
export type ReachedName = readonly [offset: number, type: number, name: string, delta: number]

export interface LinkedCode {
  /** As the running system's symbols have it. */
  readonly name: string
  readonly size: number
  /** Stretches [start, end) that the linker decides, ascending; they may overlap. */
  readonly linked: readonly (readonly [number, number])[]
  /** SHA-256 of the bytes with those of `linked` as zeros. */
  readonly digest: string
  /** What the linker is to have put there, as far as names tell. Payloads of earlier versions do not say. */
  readonly reaches?: readonly ReachedName[]
}

export interface OriginalCode extends LinkedCode {
  /** All names of that place, in the spelling of the running system. */
  readonly names: readonly string[]
  /** What the compiler put elsewhere (`f.cold`). Payloads of earlier versions do not say. */
  readonly parts?: readonly LinkedCode[]
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

/**
 * Fields that lead where they say: not through a table of the linker, and not in a sequence for thread-local storage, of
 * which the linker makes another one.
 */
export function plainFields<R extends { readonly offset: number; readonly type: number }>(
  machine: Machine,
  relocations: readonly R[],
): readonly R[] {
  const [before, behind] = REWRITTEN.tls
  const rewritten = relocations.filter(({ type }) => machine.relocationType(type)?.indirect === 'tls')
  return relocations.filter(({ offset, type }) => {
    const known = machine.relocationType(type)
    if (known === undefined || known.field.bytes < 4) return false
    if (known.indirect !== undefined && known.indirect !== 'plt') return false
    return !rewritten.some(other => offset >= other.offset - before && offset < other.offset + behind)
  })
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
  if (!isLinkedCode(found) || !('names' in found && Array.isArray(found.names) && found.names.every(isText)))
    return false
  return !('parts' in found) || (Array.isArray(found.parts) && found.parts.every(isLinkedCode))
}

function isLinkedCode(found: unknown): found is LinkedCode {
  if (typeof found !== 'object' || found === null) return false
  if (!('name' in found && 'size' in found && 'linked' in found && 'digest' in found)) return false
  const { name, size, linked, digest } = found
  const reaches = 'reaches' in found ? found.reaches : []
  return (
    [name, digest].every(isText) &&
    isCount(size) &&
    Array.isArray(linked) &&
    linked.every(isStretch) &&
    Array.isArray(reaches) &&
    reaches.every(isReach)
  )
}

const isText = (found: unknown): boolean => typeof found === 'string'
const isCount = (found: unknown): boolean => typeof found === 'number' && Number.isSafeInteger(found) && found >= 0
const isStretch = (found: unknown): boolean => Array.isArray(found) && found.length === 2 && found.every(isCount)
const isReach = (found: unknown): boolean => {
  if (!Array.isArray(found) || found.length !== 4) return false
  const [offset, type, name, delta] = found
  return isCount(offset) && isCount(type) && isText(name) && Number.isSafeInteger(delta)
}
