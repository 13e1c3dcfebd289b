/**
 * Where AArch64 code goes by indirect jumps. A `switch` is compiled to a table of distances from a place in the code,
 * which is named by an `adr` right before the jump; every other `br` goes to what the code was given.
 */
import type { IndirectJumps, Surroundings } from '../machine.ts'
import { decode } from './decode.ts'
import { bitsOf, WORD, wordAt, wordsOf } from './words.ts'

/**
 * `adr base, place; [ldr]; add target, base, offset; br target`: gcc 12 prints the first two as one (casesi_dispatch,
 * aarch64.md), with the distance in words, sign-extended; clang loads in between. Anything else is not followed.
 */
export function indirectJumps(code: Uint8Array, { relocated }: Surroundings): IndirectJumps {
  const isElsewhere = [...wordsOf(code)].some(({ at, word }) => {
    const { flow } = decode(word)
    if (flow === 'unknown') return true
    if (flow !== 'indirect-jump') return false
    const base = baseOfSwitch(code, at, bitsOf(word, 5, 5))
    return base === undefined || relocated.has(base)
  })
  return { isElsewhere, tables: [] }
}

/**
 * See `CodeKnowledge.takesPlaces`. A `switch` takes one as well: what it counts from, and where it goes, is still in
 * registers there, and whether somebody keeps it is not followed.
 */
export function takesPlaces(code: Uint8Array, relocated: ReadonlySet<number>): boolean {
  return [...wordsOf(code)].some(({ at, word }) => {
    const { names } = decode(word)
    if (names === undefined || names.as === 'target' || names.as === 'contents' || relocated.has(at)) return false
    const place = at + names.distance
    return names.as === 'page' || (place > 0 && place < code.length)
  })
}

/** Where the `adr` stands that the jump at `at` through `register` goes by. */
function baseOfSwitch(code: Uint8Array, at: number, register: number): number | undefined {
  const sum = wordAt(code, at - WORD)
  if (sum === undefined || !isScaledSum(sum) || bitsOf(sum, 0, 5) !== register) return undefined
  const base = bitsOf(sum, 5, 5)
  for (const back of [2, 3]) {
    const start = at - back * WORD
    const word = wordAt(code, start)
    const names = word === undefined ? undefined : decode(word).names
    if (word !== undefined && names?.as === 'address' && bitsOf(word, 0, 5) === base) {
      const place = start + names.distance
      return place >= 0 && place < code.length ? start : undefined
    }
    // Between the two there is nothing but a load of the distance.
    if (word === undefined || !isLoad(word) || bitsOf(word, 0, 5) === base) return undefined
  }
  return undefined
}

/** add x, x, w, sxtb|sxth|sxtw #2, or the same of a whole register, lsl #2 */
const isScaledSum = (word: number): boolean =>
  ((word & 0xffe01c00) >>> 0 === 0x8b200800 && [4, 5, 6].includes(bitsOf(word, 13, 3))) ||
  (word & 0xffe0fc00) >>> 0 === 0x8b000800

/** ldr, ldrb, ldrh, ldrsw with a register for an index */
const isLoad = (word: number): boolean => (word & 0x3b200c00) === 0x38200800 && bitsOf(word, 22, 2) !== 0
